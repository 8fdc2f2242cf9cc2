"""Measurements against the sandbox: calls of an installation, and plain SQL against Lambda for the same function.

Run with `python -m benchmarks.sandbox`. Rates are by wall time on the machine at hand; only their ratio, taken in turns
in one run, means something.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.both_ways import Rates, measure_rates
from benchmarks.throughput import Throughput, cpu_seconds, measure_throughput
from carto_at_installer.apply.installation import Installer
from carto_at_installer.apply.operation import Conduct
from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.session import AwsSession
from carto_at_installer.bundle.resources import bundle_root
from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions
from carto_at_installer.core.progress import SilentProgress
from carto_at_installer.sandbox import daemon

ROOT = Path(__file__).parents[1]
TARGET = TargetOptions("demo", None, "dev")


@dataclass(frozen=True)
class InstallationCalls:
    """How many calls to AWS were made, and how many of them can change something."""

    what: str
    total: int
    mutating: int
    seconds: float


@dataclass(frozen=True)
class SandboxFigures:
    """All that is measured in one sandbox; `start_cpu` are the CPU seconds until its first answer to a query."""

    start_cpu: float
    installations: list[InstallationCalls]
    rates: list[Rates]
    throughput: list[Throughput]


def measure_sandbox() -> SandboxFigures:
    """Measure in a sandbox of its own, which ends with the measurement."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        info = daemon.start(home)
        before = dict(os.environ)
        try:
            os.environ.update(client_environment(info.endpoint))
            sql = DataApi(AwsSession(AwsOptions()), TARGET)
            sql.query("SELECT 1")
            start = cpu_seconds(info.pid)
            installations = [_install("first installation"), _install("unchanged repetition")]
            rates = measure_rates(AwsSession(AwsOptions()), sql)
            return SandboxFigures(start, installations, rates, measure_throughput(sql, info.pid))
        finally:
            os.environ.clear()
            os.environ.update(before)
            daemon.stop(home)


def _install(what: str) -> InstallationCalls:
    begin = time.perf_counter()
    installer = Installer(InstallOptions(AwsOptions(), TARGET), bundle_root())
    preparation = installer.prepare(SilentProgress())
    if not preparation.plan.empty:
        installer.apply(preparation, Conduct(SilentProgress()))
    calls = preparation.connection.session.ledger.count()
    return InstallationCalls(what, calls.total, calls.mutating, time.perf_counter() - begin)


def main() -> None:
    """Print the figures."""
    found = measure_sandbox()
    print(f"first start and first query: {found.start_cpu:.2f} s of CPU")
    for one in found.installations:
        print(
            f"{one.what}: {one.total} AWS calls, {one.mutating} of them changes, {one.seconds:.1f} s"
        )
    for rate in found.rates:
        print(f"{rate.name}: {rate.in_sql:,.0f} rows/s in SQL, {rate.in_lambda:,.0f} in Lambda")
    for case in found.throughput:
        print(
            f"{case.function}: {case.batches} batches; directly {case.direct.wall:.3f} s (CPU {case.direct.cpu:.3f}),"
            f" through the sandbox {case.sandbox.wall:.3f} s (CPU {case.sandbox.cpu:.3f}): {case.ratio:.2f}"
        )


if __name__ == "__main__":
    main()
