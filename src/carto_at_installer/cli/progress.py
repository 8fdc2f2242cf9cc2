"""Shows long work: moving rows on a terminal, plain lines in a pipe or a CI log, on standard error."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carto_at_installer.core.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.progress import Progress


@contextmanager
def shown(terminal: Terminal) -> Iterator[Progress]:
    """A progress listener that suits the terminal; what moves is cleared away at the end."""
    if terminal.quiet:
        yield SilentProgress()
    elif terminal.animated:
        with _bars(terminal.console(error=True)) as bars:
            yield _Animated(bars)
    else:
        yield _Lines(terminal.console(error=True))


class _Clock:
    """Remembers when each step started; safe in several threads."""

    def __init__(self) -> None:
        self._starts: dict[str, float] = {}
        self._lock = threading.Lock()

    def start(self, step: str) -> None:
        with self._lock:
            self._starts[step] = time.monotonic()

    def stop(self, step: str) -> float:
        """Seconds since the step started."""
        with self._lock:
            return time.monotonic() - self._starts.pop(step, time.monotonic())


class _Lines:
    """One line for each phase, each finished step and each change of what is waited for."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = _Clock()
        self._reasons: dict[str, str] = {}

    def phase(self, title: str, total: int) -> None:
        self._say(f"{title}" + (f" ({total})" if total else ""))

    def started(self, step: str) -> None:
        self._clock.start(step)

    def finished(self, step: str, *, failed: bool = False) -> None:
        mark = "FAILED" if failed else "ok"
        self._say(f"  {mark:6} {step} ({self._clock.stop(step):.1f} s)")

    def waiting(self, step: str, reason: str) -> None:
        if self._reasons.get(step) != reason:
            self._reasons[step] = reason
            self._say(f"  wait   {step}: {reason}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


def _bars(console: Console) -> RichProgress:
    from rich.progress import (  # noqa: PLC0415 - rich is slow to import
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("[bold]{task.fields[title]}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
    )


class _Animated:
    """A bar for each phase with what runs now beside it; finished steps scroll by above."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._clock = _Clock()
        self._task: TaskID | None = None
        self._running: dict[str, str] = {}
        self._lock = threading.Lock()

    def phase(self, title: str, total: int) -> None:
        self._complete()
        self._task = self._bars.add_task("", title=title, total=max(total, 1))

    def _complete(self) -> None:
        if self._task is not None:
            total = next(task.total for task in self._bars.tasks if task.id == self._task)
            self._bars.update(self._task, completed=total, description="")

    def started(self, step: str) -> None:
        self._clock.start(step)
        self._change(step, "")

    def finished(self, step: str, *, failed: bool = False) -> None:
        from rich.text import Text  # noqa: PLC0415 - rich is slow to import

        mark = Text("✗ ", style="red") if failed else Text("✓ ", style="green")
        seconds = Text(f"  {self._clock.stop(step):.1f} s", style="dim")
        self._bars.console.print(mark + Text(step) + seconds)
        with self._lock:
            self._running.pop(step, None)
        if self._task is not None:
            self._bars.advance(self._task)
        self._describe()

    def waiting(self, step: str, reason: str) -> None:
        self._change(step, reason)

    def _change(self, step: str, reason: str) -> None:
        with self._lock:
            self._running[step] = reason
        self._describe()

    def _describe(self) -> None:
        with self._lock:
            texts = [
                f"{step}: {reason}" if reason else step for step, reason in self._running.items()
            ]
        if self._task is not None:
            self._bars.update(self._task, description="; ".join(texts)[:120])
