"""Runs the steps of a plan in the order that their dependencies allow, several at a time.

The one place below the command line that catches everything: a step that fails lets the running ones finish, starts no
new ones, and its error is raised with its name.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.core.progress import Progress
    from carto_at_installer.plan.steps import Plan, Step

PARALLEL_STEPS = 16


class StoppedError(Exception):
    """The user asked to stop; the running steps have ended, `done` are the keys of those that were completed."""

    def __init__(self, done: tuple[str, ...]) -> None:
        super().__init__("stopped")
        self.done = done


class StepFailedError(Exception):
    """A step raised; the cause is `__cause__`, `done` are the keys of the steps that were completed."""

    def __init__(self, step: Step, done: tuple[str, ...]) -> None:
        super().__init__(step.summary)
        self.step = step
        self.done = done


def execute(
    plan: Plan,
    perform: Callable[[Step], None],
    progress: Progress,
    *,
    workers: int = PARALLEL_STEPS,
    stopping: Callable[[], bool] = lambda: False,
) -> tuple[str, ...]:
    """Perform every step once, after those it depends on; return the keys in the order of their ends.

    Raises StepFailedError when a step raises, after the steps that were running have ended. While `stopping` answers
    true no step is started; StoppedError is raised when the running ones have ended and some are left.
    """
    waiting = {step.key: step for step in plan.steps}
    running: dict[Future[None], Step] = {}
    done: list[str] = []
    failed: tuple[Step, BaseException] | None = None
    with ThreadPoolExecutor(max_workers=workers) as pool:
        while running or (waiting and failed is None and not stopping()):
            if failed is None and not stopping():
                for step in _ready(waiting, done):
                    running[pool.submit(_observed, step, perform, progress)] = waiting.pop(step.key)
            if not running and not stopping():
                raise AssertionError(
                    f"the plan waits for steps it does not have: {sorted(waiting)}"
                )
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                if error := future.exception():
                    failed = failed or (step, error)
                else:
                    done.append(step.key)
    if failed:
        raise StepFailedError(failed[0], tuple(done)) from failed[1]
    if waiting:
        raise StoppedError(tuple(done))
    return tuple(done)


def _ready(waiting: dict[str, Step], done: list[str]) -> list[Step]:
    return [step for step in waiting.values() if all(key in done for key in step.after)]


def _observed(step: Step, perform: Callable[[Step], None], progress: Progress) -> None:
    progress.started(step.summary)
    failed = True
    try:
        perform(step)
        failed = False
    finally:
        progress.finished(step.summary, failed=failed)
