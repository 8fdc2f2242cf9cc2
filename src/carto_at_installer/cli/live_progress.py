"""Progress on a terminal: a bar for the phase, and under it a row for each module that moves while it is worked on.

What is drawn is made from a small state, under a lock: steps report from several threads while rich redraws. Nothing is
printed under that lock, because rich holds its own while it draws.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from carto_at_installer.core.progress import Task

SHARED = "roles, logs, state"
"""The name of the row of steps that are about no single module."""
_FRAMES_PER_S = 8
_BAR_WIDTH = 24
_NARROW = 60
_WIDEST = 110
_INDENT = 2
_WORTH_SHOWING_S = 0.05


@dataclass(slots=True)
class _Row:
    """What is known of one module, or of one step of a phase whose steps are not known beforehand."""

    total: int = 0
    done: int = 0
    failed: bool = False
    running: dict[str, str] = field(default_factory=dict)
    began: float | None = None
    ended: float | None = None

    @property
    def complete(self) -> bool:
        return self.done >= self.total and not self.running

    def seconds(self, now: float) -> float | None:
        """How long the row has been worked on."""
        if self.began is None:
            return None
        return (self.ended if self.ended is not None and not self.running else now) - self.began


@dataclass(slots=True)
class _Phase:
    title: str
    total: int
    began: float
    modules: dict[str, str] = field(default_factory=dict)
    rows: dict[str, _Row] = field(default_factory=dict)
    done: int = 0
    failed: bool = False
    ended: float | None = None

    @property
    def by_module(self) -> bool:
        return bool(self.modules)


class LiveProgress:
    """The drawing of the running phase. A context: it leaves the last state of each phase on the screen."""

    def __init__(
        self,
        console: Console,
        *,
        every_step: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._every_step = every_step
        self._now = now
        self._phase: _Phase | None = None
        self._lock = threading.Lock()
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            self, console=console, refresh_per_second=_FRAMES_PER_S, vertical_overflow="crop"
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_phase()
        self._live.stop()

    def phase(self, title: str, total: int, tasks: Sequence[Task] = ()) -> None:
        """Leave the phase before on the screen, and draw this one."""
        self._end_phase()
        with self._lock:
            phase = _Phase(title, total, self._now())
            if any(task.module for task in tasks):
                for task in tasks:
                    module = task.module or SHARED
                    phase.modules[task.step] = module
                    phase.rows.setdefault(module, _Row()).total += 1
            self._phase = phase

    def _end_phase(self) -> None:
        with self._lock:
            phase, self._phase = self._phase, None
            if phase is None:
                return
            phase.ended = self._now()
            last = self._drawn(phase)
        self._console.print(last)

    def started(self, step: str) -> None:
        """Show the step in its row."""
        with self._lock:
            row = self._row(step)
            row.running[step] = ""
            row.began = self._now() if row.began is None else row.began

    def finished(self, step: str, *, failed: bool = False) -> None:
        """Count the step; its line stays on the screen when it failed outside a row, or every step is wanted."""
        with self._lock:
            phase, row = self._phase, self._row(step)
            row.running.pop(step, None)
            row.done, row.failed, row.ended = row.done + 1, row.failed or failed, self._now()
            by_module = phase is not None and phase.by_module
            if phase is not None:
                phase.done += 1
                phase.failed = phase.failed or failed
                if not by_module:
                    phase.rows.pop(step, None)
            seconds = row.seconds(self._now())
        if self._every_step or (failed and not by_module):
            self._console.print(_line(_mark(row), Text(step), seconds, self._console.width))

    def waiting(self, step: str, reason: str) -> None:
        """Show what the step waits for."""
        with self._lock:
            self._row(step).running[step] = reason

    def _row(self, step: str) -> _Row:
        if self._phase is None:
            self._phase = _Phase("", 0, self._now())
        key = self._phase.modules.get(step, SHARED if self._phase.by_module else step)
        return self._phase.rows.setdefault(key, _Row(total=0 if self._phase.by_module else 1))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the running phase."""
        with self._lock:
            drawn = self._drawn(self._phase) if self._phase is not None else None
        if drawn is not None:
            yield drawn

    def _drawn(self, phase: _Phase) -> RenderableType:
        parts: list[RenderableType] = [self._head(phase)] if phase.title else []
        parts += [self._drawn_row(phase, name, row) for name, row in phase.rows.items()]
        return Group(*parts)

    def _head(self, phase: _Phase) -> RenderableType:
        """The phase's title, its bar while it runs, how many steps are done, the time."""
        seconds = (self._now() if phase.ended is None else phase.ended) - phase.began
        total = max(phase.total, phase.done)
        head = Table.grid(padding=(0, 1))
        cells: list[RenderableType] = [self._head_mark(phase), Text(phase.title, style="bold")]
        if phase.ended is None and self._console.width >= _NARROW:
            cells.append(ProgressBar(total=max(total, 1), completed=phase.done, width=_BAR_WIDTH))
        count = f"{phase.done} of {total}" if total else ""
        head.add_row(*cells, Text(count), Text(f"{seconds:.1f} s", style="dim"))
        return head

    def _head_mark(self, phase: _Phase) -> RenderableType:
        if phase.ended is None:
            return self._spinner.render(self._now())
        complete = phase.done >= phase.total and not phase.failed
        return Text("✓", style="green") if complete else Text("✗", style="red")

    def _drawn_row(self, phase: _Phase, name: str, row: _Row) -> RenderableType:
        now = self._now()
        mark = (
            self._spinner.render(now) if row.running and phase.ended is None else _mark(row, phase)
        )
        text = Text(f"{name:<{_name_width(phase)}}")
        if phase.by_module:
            text = text + Text("  ") + _state(row)
        elif row.running.get(name):
            text = Text(f"{row.running[name]} ({name})")
        line = _line(mark, text, row.seconds(now), self._console.width - _INDENT)
        return Padding(line, (0, 0, 0, _INDENT))


def _name_width(phase: _Phase) -> int:
    return max((len(name) for name in phase.rows), default=0) if phase.by_module else 0


def _state(row: _Row) -> Text:
    """What a module's row says: what runs, or how much is done."""
    if row.running:
        return Text("; ".join(f"{why} ({s})" if why else s for s, why in row.running.items()))
    if row.began is None:
        return Text("waits", style="dim")
    if row.complete or row.failed:
        word = "step" if row.done == 1 else "steps"
        return Text(f"{row.done} {word}" + (", failed" if row.failed else ""), style="dim")
    return Text(f"{row.done} of {row.total} steps", style="dim")


def _mark(row: _Row, phase: _Phase | None = None) -> Text:
    if row.failed:
        return Text("✗", style="red")
    if row.began is not None and (phase is None or row.complete):
        return Text("✓", style="green")
    return Text("·", style="dim")


def _duration(seconds: float | None) -> str:
    """A time worth showing."""
    return f"{seconds:.1f} s" if seconds is not None and seconds >= _WORTH_SHOWING_S else ""


def _line(mark: RenderableType, text: Text, seconds: float | None, width: int) -> Table:
    """One row of the screen, never more: what does not fit ends with an ellipsis, the time stays."""
    line = Table.grid(padding=(0, 1), expand=True)
    line.width = min(width, _WIDEST)
    line.add_column(width=1)
    line.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    line.add_column(no_wrap=True, justify="right", width=8)
    line.add_row(mark, text, Text(_duration(seconds), style="dim"))
    return line
