"""Shows checks while they run: a table that fills itself on a terminal, a line for each answer in a pipe or a log."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carto_at_installer.checks.outcome import NoListener, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

    from carto_at_installer.checks.outcome import Check, CheckListener, Outcome
    from carto_at_installer.cli.terminal import Terminal

_MARKS = {
    Status.PASS: ("✓ pass", "green"),
    Status.WARN: ("! warn", "yellow"),
    Status.FAIL: ("✗ fail", "red"),
    Status.UNKNOWN: ("? unknown", "magenta"),
    Status.SKIPPED: ("- skipped", "dim"),
}


@contextmanager
def checks_shown(terminal: Terminal) -> Iterator[CheckListener]:
    """A listener that suits the terminal; the finished table stays on it."""
    if terminal.quiet:
        yield NoListener()
    elif terminal.animated:
        from rich.live import Live  # noqa: PLC0415 - rich is slow to import

        with Live(console=terminal.console(error=True), refresh_per_second=8) as live:
            yield CheckTable(live)
    else:
        yield CheckLines(terminal.console(error=True))


class CheckLines:
    """One line for each answer, as it comes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()

    def began(self, checks: Sequence[Check]) -> None:
        """Print how many there are."""
        self._console.print(f"Checks ({len(checks)})", markup=False)

    def answered(self, outcome: Outcome) -> None:
        """Print an answer."""
        line = (
            f"  {outcome.status.value:8} {outcome.plane.value} - {outcome.check}: {outcome.reason}"
        )
        with self._lock:
            self._console.print(line.replace("\n", " "), markup=False, soft_wrap=True)


class CheckTable:
    """A table with a row for each check, which are running until they have their answer."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._checks: tuple[Check, ...] = ()
        self._answers: dict[tuple[str, str], Outcome] = {}
        self._lock = threading.Lock()

    def began(self, checks: Sequence[Check]) -> None:
        """Draw all rows."""
        with self._lock:
            self._checks = tuple(checks)
            self._live.update(self._table())

    def answered(self, outcome: Outcome) -> None:
        """Fill a row."""
        with self._lock:
            self._answers[outcome.plane, outcome.check] = outcome
            self._live.update(self._table())

    def _table(self) -> Table:
        from rich import box  # noqa: PLC0415 - rich is slow to import
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("", "check", "", "what was seen"):
            table.add_column(Text(name), overflow="fold", no_wrap=False)
        plane = None
        for check in self._checks:
            answer = self._answers.get((check.plane, check.name))
            mark, style = _MARKS[answer.status] if answer else ("… running", "cyan")
            head = check.plane.value if check.plane is not plane else ""
            plane = check.plane
            seen = answer.reason if answer else ""
            table.add_row(Text(head, "bold"), Text(check.name), Text(mark, style), Text(seen))
        return table
