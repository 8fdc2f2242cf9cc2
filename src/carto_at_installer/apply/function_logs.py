"""What the Lambda functions of an installation have logged, of this release and of those before it."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from carto_at_installer.aws.log_events import filter_events
from carto_at_installer.core.errors import TargetError, UsageError

if TYPE_CHECKING:
    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.aws.log_events import LogEvent

# Where functions share a log group, Lambda names streams YYYY/MM/DD/<function>[<version>]<environment>.
_STREAM = re.compile(r"\d{4}/\d{2}/\d{2}/(?P<function>[^\[]+)\[")
# Python's runtime writes [LEVEL] <tab> time <tab> request id <tab> message; its own failures lack the tabs.
_LINE = re.compile(r"\[(?P<level>[A-Z]+)\]\s*(?:\S+Z\t(?P<request>\S+)\t)?(?P<text>.*)", re.DOTALL)
_PLATFORM = re.compile(
    r"(?:\S+Z )?(?P<request>[0-9a-f-]{36}) (?P<text>Task timed out.*)", re.DOTALL
)
_PROBLEMS = '?"[WARNING]" ?"[ERROR]" ?"[CRITICAL]" ?"Task timed out" ?"Runtime exited"'


@dataclass(frozen=True, slots=True)
class FunctionEvent:
    """One thing that a Lambda function logged. `request` is the id of the Lambda request, or empty."""

    time: datetime
    module: str
    function: str
    level: str
    request: str
    message: str


@dataclass(frozen=True, slots=True)
class LogWish:
    """Which events are wanted: of one module or all, problems or everything, the newest `limit` since a time."""

    since: datetime
    module: str | None = None
    everything: bool = False
    limit: int = 100


def read_events(connection: Connection, wish: LogWish) -> tuple[str, list[FunctionEvent]]:
    """The log group and its events, oldest first.

    Raises TargetError when the installation has no Lambda functions, UsageError for a module it does not have.
    """
    installation = connection.installation()
    modules: dict[str, str] = {}
    for release in installation.kept:
        modules |= {name: module for module, name in release.resources.functions.items()}
    group = next((r.resources.log_group for r in installation.kept if r.resources.log_group), "")
    if not group:
        raise TargetError(
            f"The installation in schema {connection.schema} has no Lambda functions",
            hint="It is made of plain SQL alone; there are no logs.",
        )
    _check_module(wish.module, sorted(set(modules.values())))
    pattern = "" if wish.everything else _PROBLEMS
    since_ms = int(wish.since.timestamp() * 1000)
    newest: deque[FunctionEvent] = deque(maxlen=wish.limit)
    for event in filter_events(connection.session, group, pattern, since_ms=since_ms):
        found = _function_event(event, modules)
        if found.module and wish.module in {None, found.module}:
            newest.append(found)
    return group, sorted(newest, key=lambda event: event.time)


def _check_module(module: str | None, known: list[str]) -> None:
    if module is not None and module not in known:
        close = get_close_matches(module, known, 1)
        hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
        raise UsageError(f"There are no Lambda functions of a module {module!r} here", hint=hint)


def _function_event(event: LogEvent, modules: dict[str, str]) -> FunctionEvent:
    """The parts of an event; `module` is empty for functions of other installations with the same prefix."""
    stream = _STREAM.match(event.stream)
    function = stream["function"] if stream else ""
    line = _PLATFORM.match(event.message) or _LINE.match(event.message)
    parts = line.groupdict() if line else {}
    return FunctionEvent(
        time=datetime.fromtimestamp(event.time_ms / 1000, UTC),
        module=modules.get(function, ""),
        function=function,
        level=parts.get("level") or ("ERROR" if "Task timed out" in event.message else "INFO"),
        request=parts.get("request") or "",
        message=(parts.get("text") or event.message).strip(),
    )
