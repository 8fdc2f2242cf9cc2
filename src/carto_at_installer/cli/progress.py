"""Shows long work on standard error: moving rows on a terminal, plain lines in a pipe or a CI log."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carto_at_installer.core.progress import SharedProgress, SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.progress import Progress, Task


@contextmanager
def shown(terminal: Terminal) -> Iterator[Progress]:
    """A progress listener that suits the terminal; the stream of events, if there is one, hears the same."""
    with _display(terminal) as display:
        yield SharedProgress(display, terminal.events) if terminal.events else display


@contextmanager
def _display(terminal: Terminal) -> Iterator[Progress]:
    if terminal.quiet:
        yield SilentProgress()
    elif terminal.animated:
        from carto_at_installer.cli.live_progress import LiveProgress  # noqa: PLC0415 - only on a terminal

        with LiveProgress(terminal.console(error=True), every_step=terminal.verbose) as live:
            yield live
    else:
        yield ProgressLines(terminal.console(error=True))


class StepClock:
    """Remembers when each step started; safe in several threads."""

    def __init__(self) -> None:
        self._starts: dict[str, float] = {}
        self._lock = threading.Lock()

    def start(self, step: str) -> None:
        """Note that a step starts now."""
        with self._lock:
            self._starts[step] = time.monotonic()

    def stop(self, step: str) -> float:
        """Seconds since the step started."""
        with self._lock:
            return time.monotonic() - self._starts.pop(step, time.monotonic())


class ProgressLines:
    """One line for each phase, each finished step and each change of what is waited for."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = StepClock()
        self._reasons: dict[str, str] = {}

    def phase(self, title: str, total: int, tasks: Sequence[Task] = ()) -> None:  # noqa: ARG002 - the protocol's
        """Print the phase's title."""
        self._say(f"{title}" + (f" ({total})" if total else ""))

    def started(self, step: str) -> None:
        """Note the time."""
        self._clock.start(step)

    def finished(self, step: str, *, failed: bool = False) -> None:
        """Print the step with the seconds that it took."""
        mark = "FAILED" if failed else "ok"
        self._say(f"  {mark:6} {step} ({self._clock.stop(step):.1f} s)")

    def waiting(self, step: str, reason: str) -> None:
        """Print a reason when it is another than before."""
        if self._reasons.get(step) != reason:
            self._reasons[step] = reason
            self._say(f"  wait   {step}: {reason}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)
