"""Groups, streams and events as they are stored: documents `logs.group` and `logs.stream`, rows of `log_event`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Call
    from carto_at_installer.sandbox.state import Store


class LogRecords:
    """Reads and writes the log documents of one home directory. At most `kept` events stay."""

    def __init__(self, store: Store, kept: int) -> None:
        self.store = store
        self._kept = kept

    def group(self, name: str, call: Call) -> dict[str, Any]:
        """A log group. Raises AwsServiceError when there is none."""
        group = self.store.get("logs.group", f"{call.region}/{name}")
        if group is None:
            raise missing("log group")
        return group

    def stream(self, group: str, name: str, call: Call) -> dict[str, Any]:
        """A log stream of a group. Raises AwsServiceError when there is none."""
        self.group(group, call)
        stream = self.store.get("logs.stream", stream_prefix(call.region, group) + name)
        if stream is None:
            raise missing("log stream")
        return stream

    def new_group(self, region: str, name: str, tags: dict[str, str]) -> None:
        """Make a log group."""
        group = {"name": name, "region": region, "created": now(), "retention": None, "tags": tags}
        self.store.put("logs.group", f"{region}/{name}", group)

    def new_stream(self, region: str, group: str, name: str) -> None:
        """Make a log stream."""
        stream = {"name": name, "group": group, "region": region, "created": now()}
        self.store.put("logs.stream", stream_prefix(region, group) + name, stream)

    def insert(self, region: str, group: str, stream: str, rows: list[tuple[int, str]]) -> None:
        """Write events, (time in ms, message), and drop the oldest ones of all groups beyond the bound."""
        ingested = now()
        with self.store.transaction() as connection:
            connection.executemany(
                "INSERT INTO log_event (region, log_group, stream, at, ingested, message) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [(region, group, stream, at, ingested, message) for at, message in rows],
            )
            connection.execute(
                "DELETE FROM log_event WHERE number <= (SELECT max(number) FROM log_event) - ?",
                (self._kept,),
            )

    def events(
        self, region: str, group: str, streams: list[str] | None, request: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The events of some or all streams of a group within a span of time, oldest first."""
        rows = self.store.query(
            "SELECT number, stream, at, ingested, message FROM log_event "
            "WHERE region = ? AND log_group = ? AND at >= ? AND at < ? ORDER BY at, number",
            (region, group, request.get("startTime") or 0, request.get("endTime") or 2**62),
        )
        return [
            {
                "eventId": f"{number:056d}",
                "logStreamName": stream,
                "timestamp": at,
                "ingestionTime": ingested,
                "message": message,
            }
            for number, stream, at, ingested, message in rows
            if streams is None or stream in streams
        ]


def now() -> int:
    """The present time in ms since 1970."""
    return int(time.time() * 1000)


def stream_prefix(region: str, group: str) -> str:
    """What the keys of the streams of a group begin with."""
    return f"{region}/{group}\n"


def group_name(text: str) -> str:
    """The group in an ARN (with or without `:*`), or the name itself."""
    return text.partition(":log-group:")[2].removesuffix(":*") or text


def named_group(request: dict[str, Any]) -> str:
    """The group that a request names. Raises AwsServiceError."""
    text = request.get("logGroupName") or request.get("logGroupIdentifier")
    if not text:
        raise invalid("Either logGroupName or logGroupIdentifier must be given")
    return group_name(text)


def paged(
    key: str, items: list[dict[str, Any]], request: dict[str, Any], default: int = 50
) -> dict[str, Any]:
    """One page of a list, under its key, with the token of the next one."""
    start = offset(request.get("nextToken") or "0")
    end = start + (request.get("limit") or default)
    return {key: items[start:end], "nextToken": str(end) if end < len(items) else None}


def offset(token: str) -> int:
    """The position in a token. Raises AwsServiceError."""
    if not token.isdecimal():
        raise invalid("The specified nextToken is invalid.")
    return int(token)


def invalid(message: str) -> AwsServiceError:
    """`InvalidParameterException`."""
    return AwsServiceError("InvalidParameterException", message)


def missing(what: str) -> AwsServiceError:
    """`ResourceNotFoundException`."""
    return AwsServiceError("ResourceNotFoundException", f"The specified {what} does not exist.")
