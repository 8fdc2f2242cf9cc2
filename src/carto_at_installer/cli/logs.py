"""`carto-at logs`: what went wrong in the Lambda functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.completion_names import module_names
from carto_at_installer.cli.flags import output_flags
from carto_at_installer.cli.installed import opened, place_flags
from carto_at_installer.cli.times import since_flag

if TYPE_CHECKING:
    from datetime import datetime

    from carto_at_installer.apply.function_logs import FunctionEvent
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.result import Block, Result


@click.command()
@click.argument("module", required=False, shell_complete=module_names)
@place_flags
@since_flag("1h", "How far back:")
@click.option("--all", "everything", is_flag=True, help="Everything, not only what went wrong.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="The newest so many.",
)
@output_flags
@click.pass_obj
def logs(
    terminal: Terminal,
    /,
    *,
    module: str | None,
    since: datetime,
    everything: bool,
    limit: int,
    **flags: Any,
) -> Result:
    """Show what went wrong in the Lambda functions.

    Warnings, errors and timeouts that the functions of MODULE, or of all modules, have written to CloudWatch: of this
    release and of those before it. --verbose shows them whole, with tracebacks.

    \b
    carto-at logs --cluster-id my-cluster --database dev
    carto-at logs quadbin --since 2d --cluster-id my-cluster --database dev --output json
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.function_logs import LogWish, read_events  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.core.result import Result  # noqa: PLC0415

    connection = opened(flags)
    group, events = read_events(connection, LogWish(since, module, everything, limit))
    data = {
        **reports.place(connection),
        "log_group": group,
        "since": since.isoformat(timespec="seconds"),
        "events": [_document(event) for event in events],
    }
    blocks = _whole(events) if terminal.verbose else _short(events)
    return Result("logs", data=data, blocks=(*blocks, _more(group, events)))


def _document(event: FunctionEvent) -> dict[str, Any]:
    return {
        "time": event.time.isoformat(timespec="milliseconds"),
        "module": event.module,
        "function": event.function,
        "level": event.level,
        "request": event.request or None,
        "message": event.message,
    }


def _short(events: list[FunctionEvent]) -> tuple[Block, ...]:
    from carto_at_installer.core.result import Table  # noqa: PLC0415 - keeps --help quick

    rows = tuple(
        (e.time.strftime("%Y-%m-%d %H:%M:%S"), e.module, e.level, _first_and_last(e.message))
        for e in events
    )
    return (Table(("time (UTC)", "module", "level", "message"), rows),) if rows else ()


def _first_and_last(message: str) -> str:
    """A message in one line: of a traceback the first line and the last, which names the error."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]}" if lines else ""


def _whole(events: list[FunctionEvent]) -> tuple[Block, ...]:
    from carto_at_installer.core.result import Code, Paragraph  # noqa: PLC0415 - keeps --help quick

    return tuple(
        block
        for e in events
        for block in (
            Paragraph(
                f"{e.time.isoformat(timespec='milliseconds')} {e.level} {e.function}", "title"
            ),
            Code(e.message, "text"),
        )
    )


def _more(group: str, events: list[FunctionEvent]) -> Block:
    from carto_at_installer.core.result import Paragraph  # noqa: PLC0415 - keeps --help quick

    count = "1 event" if len(events) == 1 else f"{len(events)} events"
    found = count if events else "Nothing of that kind is logged"
    return Paragraph(f"{found} in {group}. To watch: aws logs tail {group} --follow", "muted")
