"""Measures installations at the pace of AWS: 100 ms more for every call, 2 s until a Lambda function is active.

Run with `python -m benchmarks.installation`. Figures of calls are exact; seconds depend on the machine, which runs the
sandbox too: the time of a whole installation is compared with that of its own slowest chain of steps that have to
follow each other (layer, Lambda function, SQL of one module).
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.apply.installation import Installer
from carto_at_installer.apply.operation import Conduct
from carto_at_installer.bundle.resources import bundle_root
from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions
from carto_at_installer.sandbox import daemon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.apply.installation import Preparation
    from carto_at_installer.core.progress import Task

PACE = {"latency_seconds": 0.1, "lambda_pending_seconds": 2, "lambda_update_seconds": 2}
TARGET = TargetOptions("demo", None, "dev")
UNCHANGED_GOAL = 12
CHAIN_GOAL = 3


@dataclass(frozen=True, slots=True)
class InstallationRun:
    """One installation: its calls, and the seconds until its SQL was in place, and until it was verified too."""

    what: str
    calls: int
    mutating: int
    modules: int
    installed_s: float
    verified_s: float
    chain_s: float

    @property
    def mutating_goal(self) -> int:
        """As many changing calls as a first installation may make."""
        return 3 * self.modules + 12


class _StopWatch:
    """Notes how long each step took, and when the last one of the plan ended."""

    def __init__(self) -> None:
        self.begin = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.planned = 0.0
        self._starts: dict[str, float] = {}
        self._lock = threading.Lock()
        self._phase = ""

    def phase(self, title: str, total: int, tasks: Sequence[Task] = ()) -> None:  # noqa: ARG002 - a listener's
        """Note the phase."""
        self._phase = title

    def started(self, step: str) -> None:
        """Begin to count."""
        with self._lock:
            self._starts[step] = time.perf_counter()

    def finished(self, step: str, *, failed: bool = False) -> None:  # noqa: ARG002 - a listener's
        """End to count."""
        now = time.perf_counter()
        with self._lock:
            self.seconds[step] = now - self._starts.pop(step, now)
            if self._phase == "Install":
                self.planned = now - self.begin

    def waiting(self, step: str, reason: str) -> None:
        """Nothing is noted."""


def measure_installation() -> list[InstallationRun]:
    """A first installation of everything and an unchanged repetition, in a sandbox of their own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "settings.json").write_text(json.dumps(PACE))
        info = daemon.start(home)
        before = dict(os.environ)
        try:
            os.environ.update(client_environment(info.endpoint))
            return [_install("first installation"), _install("unchanged repetition")]
        finally:
            os.environ.clear()
            os.environ.update(before)
            daemon.stop(home)


def _install(what: str) -> InstallationRun:
    watch = _StopWatch()
    installer = Installer(InstallOptions(AwsOptions(), TARGET), bundle_root())
    preparation = installer.prepare(watch)
    if not preparation.plan.empty:
        installer.apply(preparation, Conduct(watch))
    verified = time.perf_counter() - watch.begin
    calls = preparation.connection.session.ledger.count()
    return InstallationRun(
        what,
        calls.total,
        calls.mutating,
        len(preparation.desired.modules),
        watch.planned or verified,
        verified,
        _slowest_chain(preparation, watch.seconds),
    )


def _slowest_chain(preparation: Preparation, seconds: dict[str, float]) -> float:
    """The seconds of the steps of the slowest module: the layer, its Lambda function, its SQL."""
    steps = preparation.plan.steps
    layer = sum(seconds.get(step.summary, 0.0) for step in steps if step.key == "layer")
    chains: dict[str, float] = {}
    for step in steps:
        if step.module:
            chains[step.module] = chains.get(step.module, layer) + seconds.get(step.summary, 0.0)
    return max(chains.values(), default=0.0)


def main() -> None:
    """Print the figures."""
    for run in measure_installation():
        print(
            f"{run.what}: {run.calls} calls, {run.mutating} of them changes (goal {run.mutating_goal}), installed after"
            f" {run.installed_s:.1f} s, verified after {run.verified_s:.1f} s, slowest chain {run.chain_s:.1f} s"
        )


if __name__ == "__main__":
    main()
