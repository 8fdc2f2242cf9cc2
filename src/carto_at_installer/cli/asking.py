"""Asks the user on standard error, when somebody is there to answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from carto_at_installer.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carto_at_installer.cli.terminal import Terminal


def confirm(terminal: Terminal, question: str, *, default: bool = False) -> None:
    """Go on only after a yes. Raises Abort after a no, and UsageError when nobody can be asked."""
    if not terminal.interactive:
        raise UsageError(
            f"This needs a confirmation: {question}", hint="Add --yes to go on without being asked."
        )
    words = "Y/n" if default else "y/N"
    answer = ask(terminal, f"{question} [{words}]", check=_check_yes_or_no).lower()
    if not (answer.startswith("y") if answer else default):
        raise click.Abort


def ask(
    terminal: Terminal,
    question: str,
    *,
    default: str = "",
    check: Callable[[str], None] = lambda _: None,
) -> str:
    """One line from the user, or the default; asked again until `check` is content. Raises Abort when input ends."""
    console = terminal.console(error=True)
    shown = f"{question} [{default}]" if default else question
    while True:
        console.print(f"{shown}: ", end="", markup=False, style="bold")
        line = sys.stdin.readline()
        if not line:
            raise click.Abort
        answer = line.strip() or default
        try:
            check(answer)
        except UsageError as error:
            reason = error.message.rstrip(".")
            console.print(f"{reason}. {error.hint}", style="red", markup=False)
            continue
        return answer


def choose(
    terminal: Terminal, title: str, rows: Sequence[tuple[str, ...]], *, default: int = 1
) -> int:
    """Show rows with numbers; returns the index (from 0) of the one whose number or first column is answered."""
    console = terminal.console(error=True)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    console.print(title, markup=False)
    for number, row in enumerate(rows, 1):
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        console.print(f"  {number:>2}  {cells}".rstrip(), markup=False)
    names = {row[0].lower(): index for index, row in enumerate(rows)}
    numbers = {str(index + 1): index for index in range(len(rows))}
    known = {**names, **numbers}

    def check(answer: str) -> None:
        if answer.lower() not in known:
            raise UsageError(
                f"{answer!r} is not in the list", hint=f"Answer 1 to {len(rows)}, or a name."
            )

    return known[ask(terminal, "Which one?", default=str(default), check=check).lower()]


def _check_yes_or_no(answer: str) -> None:
    if answer.lower() not in {"", "y", "yes", "n", "no"}:
        raise UsageError("Please answer y or n", hint="Ctrl-C ends the command.")
