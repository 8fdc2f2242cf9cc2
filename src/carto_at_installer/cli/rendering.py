"""Prints results: the only place that does.

Data goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, assert_never

from carto_at_installer.core.result import Code, Paragraph, Problem, Result, Table

if TYPE_CHECKING:
    from rich.console import Console

    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.result import Block

_STYLES = {"plain": "", "title": "bold", "good": "green", "bad": "red", "muted": "dim"}
_EMPTY = "-"


def render(result: Result, terminal: Terminal) -> None:
    """Print a result: one JSON document, or text with its errors and warnings on standard error.

    A stream of events ends with the result; where it is standard output, nothing else is printed there.
    """
    if terminal.events:
        terminal.events.end(result)
    if terminal.streams_events:
        pass
    elif terminal.json_output:
        document = json.dumps(result.envelope(), indent=2, default=str)
        sys.stdout.write(document + "\n")
    elif result.blocks and not (terminal.quiet and not result.errors):
        _print_blocks(result.blocks, terminal.console())
    if result.errors or result.warnings:
        console = terminal.console(error=True)
        for warning in result.warnings:
            _print_problem(console, "Warning", "yellow", warning)
        for error in result.errors:
            _print_problem(console, "Error", "red", error)


def _print_blocks(blocks: tuple[Block, ...], console: Console) -> None:
    for block in blocks:
        match block:
            case Paragraph(text, style):
                console.print(text, style=_STYLES[style], markup=False)
            case Code(text, _):
                console.print(text, markup=False, soft_wrap=True)
            case Table():
                _print_table(block, console)
            case _ as never:
                assert_never(never)


def _print_table(table: Table, console: Console) -> None:
    if not sys.stdout.isatty():
        _print_plain_table(table, console)
        return
    from rich import box  # noqa: PLC0415 - rich is slow to import
    from rich.table import Table as RichTable  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    drawn = RichTable(
        title=table.title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for index, name in enumerate(table.columns):
        values = [row[index] for row in table.rows if row[index] is not None]
        numbers = bool(values) and all(_is_number(value) for value in values)
        drawn.add_column(Text(name), overflow="fold", justify="right" if numbers else "left")
    for row in table.rows:
        drawn.add_row(*(Text(_text(value)) for value in row))
    console.print(drawn)
    if table.caption:
        console.print(table.caption, style="dim", markup=False)


def _print_plain_table(table: Table, console: Console) -> None:
    """Aligned columns without frames or colours, never cut: for pipes and logs."""
    rows = [table.columns, *(tuple(_text(value) for value in row) for row in table.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    if table.title:
        console.print(table.title, markup=False, soft_wrap=True)
    for row in rows:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        console.print(line.rstrip(), markup=False, soft_wrap=True)
    if table.caption:
        console.print(table.caption, markup=False, soft_wrap=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if value is None:
        return _EMPTY
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _print_problem(console: Console, word: str, color: str, problem: Problem) -> None:
    from rich.text import Text  # noqa: PLC0415 - rich is slow to import

    console.print(Text(f"{word}: ", style=f"bold {color}") + Text(problem.message))
    for line in problem.hint.splitlines():
        console.print(Text(f"  {line}"))
