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

from benchmarks.throughput import Throughput, cpu_seconds, measure_throughput
from carto_at_installer.apply.installation import Installer
from carto_at_installer.apply.operation import Conduct
from carto_at_installer.aws import functions
from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.functions import FunctionSettings
from carto_at_installer.aws.session import AwsSession
from carto_at_installer.bundle.archives import Member, pack
from carto_at_installer.bundle.resources import bundle_root
from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions
from carto_at_installer.core.progress import SilentProgress
from carto_at_installer.sandbox import daemon

ROOT = Path(__file__).parents[1]
TARGET = TargetOptions("demo", None, "dev")
ROWS = 100_000
ROUNDS = 5
PACKAGES = (
    ROOT / "bundled_functions/runtime/carto_at_runtime",
    ROOT / "bundled_functions/quadbin/carto_quadbin",
    ROOT / "benchmarks/lambda_variant/carto_benchmark",
)
POINTS = f"""CREATE TABLE public.points AS
SELECT CAST((CAST(i AS BIGINT) * 7919) % 360000 AS DOUBLE PRECISION) / 1000 - 180 AS longitude,
       CAST((CAST(i AS BIGINT) * 104729) % 170000 AS DOUBLE PRECISION) / 1000 - 85 AS latitude
FROM generate_series(1, {ROWS}) AS s(i)"""
QUERIES = {
    "plain SQL": "SELECT SUM(carto.QUADBIN_FROMLONGLAT(longitude, latitude, 15) % 1000003) FROM public.points",
    "Lambda": "SELECT SUM(carto.__BENCHMARK_FROMLONGLAT(longitude, latitude, 15) % 1000003) FROM public.points",
}


@dataclass(frozen=True)
class InstallationCalls:
    """How many calls to AWS were made, and how many of them can change something."""

    what: str
    total: int
    mutating: int
    seconds: float


@dataclass(frozen=True)
class Rate:
    """Rows per second of one way to answer, the best of the rounds."""

    way: str
    rows_per_second: float


@dataclass(frozen=True)
class SandboxFigures:
    """All that is measured in one sandbox; `start_cpu` are the CPU seconds until its first answer to a query."""

    start_cpu: float
    installations: list[InstallationCalls]
    rates: list[Rate]
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
            return SandboxFigures(start, installations, _rates(), measure_throughput(sql, info.pid))
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


def _rates() -> list[Rate]:
    session = AwsSession(AwsOptions())
    sql = DataApi(session, TARGET)
    _add_lambda_variant(session, sql)
    sql.execute(POINTS)
    best = dict.fromkeys(QUERIES, 0.0)
    answers = set()
    for _ in range(ROUNDS):
        for way, query in QUERIES.items():
            begin = time.perf_counter()
            answers.add(str(sql.query(query).rows[0][0]))
            best[way] = max(best[way], ROWS / (time.perf_counter() - begin))
    assert len(answers) == 1, f"the two ways disagree: {answers}"
    return [Rate(way, rate) for way, rate in best.items()]


def _add_lambda_variant(session: AwsSession, sql: DataApi) -> None:
    """Upload the variant with the installed quadbin function's settings, and declare it in SQL."""
    name = sql.query(
        "SELECT MAX(lambda_name) FROM carto.__at_object WHERE module = 'quadbin'"
    ).rows[0][0]
    installed = functions.find_function(session, name)
    assert installed is not None
    settings = FunctionSettings(
        name="carto-at-redshift-benchmark",
        runtime=installed.runtime,
        handler="carto_benchmark.handler",
        role=installed.role,
        architecture=installed.architecture,
        memory_mb=installed.memory_mb,
        timeout_s=installed.timeout_s,
        layers=installed.layers,
        environment=installed.environment,
        log_group=installed.log_group,
        description="benchmark",
        tags={},
    )
    functions.create_function(session, settings, _variant_zip())
    role = sql.query("SELECT MAX(role) FROM carto.__at_object").rows[0][0]
    sql.execute(
        "CREATE OR REPLACE EXTERNAL FUNCTION carto.__BENCHMARK_FROMLONGLAT(DOUBLE PRECISION, DOUBLE PRECISION, INTEGER)"
        f" RETURNS BIGINT STABLE LAMBDA '{settings.name}' IAM_ROLE '{role}' MAX_BATCH_ROWS 50000"
    )


def _variant_zip() -> bytes:
    members = [
        Member(f"{package.name}/{path.relative_to(package).as_posix()}", 0o644, path.read_bytes())
        for package in PACKAGES
        for path in sorted(package.rglob("*.py"))
    ]
    return pack(members)


def main() -> None:
    """Print the figures."""
    found = measure_sandbox()
    print(f"first start and first query: {found.start_cpu:.2f} s of CPU")
    for one in found.installations:
        print(
            f"{one.what}: {one.total} AWS calls, {one.mutating} of them changes, {one.seconds:.1f} s"
        )
    for rate in found.rates:
        print(f"QUADBIN_FROMLONGLAT by {rate.way}: {rate.rows_per_second:,.0f} rows/s")
    for case in found.throughput:
        print(
            f"{case.function}: {case.batches} batches; directly {case.direct.wall:.3f} s (CPU {case.direct.cpu:.3f}),"
            f" through the sandbox {case.sandbox.wall:.3f} s (CPU {case.sandbox.cpu:.3f}): {case.ratio:.2f}"
        )


if __name__ == "__main__":
    main()
