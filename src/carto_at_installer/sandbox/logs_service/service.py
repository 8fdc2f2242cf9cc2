"""Log groups, streams and events; functions write here through `append`."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.logs_service import patterns
from carto_at_installer.sandbox.services import Call, arn
from carto_at_installer.sandbox.state import StateError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Operation
    from carto_at_installer.sandbox.settings import Settings
    from carto_at_installer.sandbox.state import Store

_log = logging.getLogger(__name__)
_RETENTIONS = frozenset(
    {
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
        3288, 3653,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    """Lines that wait to be written."""

    region: str
    group: str
    stream: str
    at: int
    lines: list[str]


@dataclass(frozen=True, slots=True)
class _Marker:
    """Put into the queue to learn when everything before it was written."""

    done: threading.Event


class LogsService:
    """The `logs` service of one home directory. Documents: `logs.group` (region/name), `logs.stream`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._kept = settings.log_events_kept
        self._waiting: queue.SimpleQueue[_Entry | _Marker | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_waiting, name="logs", daemon=True)
        self._writer.start()

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "CreateLogGroup": self.create_group,
            "DeleteLogGroup": self.delete_group,
            "DescribeLogGroups": self.describe_groups,
            "PutRetentionPolicy": self.put_retention,
            "DeleteRetentionPolicy": self.delete_retention,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
            "CreateLogStream": self.create_stream,
            "DeleteLogStream": self.delete_stream,
            "DescribeLogStreams": self.describe_streams,
            "PutLogEvents": self.put_events,
            "GetLogEvents": self.get_events,
            "FilterLogEvents": self.filter_events,
        }

    # groups

    def create_group(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateLogGroup."""
        unsupported = sorted(request.keys() - {"logGroupName", "tags"})
        if unsupported:
            raise _invalid(f"The sandbox does not emulate {', '.join(unsupported)}")
        name = request["logGroupName"]
        with self._store.transaction():
            if self._store.get("logs.group", f"{call.region}/{name}") is not None:
                raise AwsServiceError(
                    "ResourceAlreadyExistsException", "The specified log group already exists"
                )
            self._new_group(call.region, name, request.get("tags") or {})
        return {}

    def _new_group(self, region: str, name: str, tags: dict[str, str]) -> None:
        group = {"name": name, "region": region, "created": _now(), "retention": None, "tags": tags}
        self._store.put("logs.group", f"{region}/{name}", group)

    def delete_group(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteLogGroup: with its streams and events."""
        name = request["logGroupName"]
        with self._store.transaction() as connection:
            self._group(name, call)
            self._store.delete("logs.group", f"{call.region}/{name}")
            for key, _ in self._store.items("logs.stream", _stream_prefix(call.region, name)):
                self._store.delete("logs.stream", key)
            connection.execute(
                "DELETE FROM log_event WHERE region = ? AND log_group = ?", (call.region, name)
            )
        return {}

    def describe_groups(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DescribeLogGroups."""
        prefix, pattern = (
            request.get("logGroupNamePrefix") or "",
            request.get("logGroupNamePattern"),
        )
        if prefix and pattern:
            raise _invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive")
        groups = [
            _group(group)
            for _, group in self._store.items("logs.group", f"{call.region}/{prefix}")
            if not pattern or pattern.lower() in group["name"].lower()
        ]
        return _paged("logGroups", groups, request)

    def put_retention(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PutRetentionPolicy."""
        days = request["retentionInDays"]
        if days not in _RETENTIONS:
            raise _invalid(
                f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy "
                f"constraint: Member must satisfy enum value set: {sorted(_RETENTIONS)}"
            )
        self._change_group(request["logGroupName"], call, retention=days)
        return {}

    def delete_retention(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteRetentionPolicy."""
        self._change_group(request["logGroupName"], call, retention=None)
        return {}

    def tag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """TagResource."""
        name = _group_name(request["resourceArn"])
        tags = {**self._group(name, call)["tags"], **request["tags"]}
        self._change_group(name, call, tags=tags)
        return {}

    def untag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """UntagResource."""
        name = _group_name(request["resourceArn"])
        gone = set(request["tagKeys"])
        tags = {k: v for k, v in self._group(name, call)["tags"].items() if k not in gone}
        self._change_group(name, call, tags=tags)
        return {}

    def list_tags(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListTagsForResource."""
        return {"tags": self._group(_group_name(request["resourceArn"]), call)["tags"]}

    def _change_group(self, name: str, call: Call, **changes: Any) -> None:
        with self._store.transaction():
            group = {**self._group(name, call), **changes}
            self._store.put("logs.group", f"{call.region}/{name}", group)

    def _group(self, name: str, call: Call) -> dict[str, Any]:
        group = self._store.get("logs.group", f"{call.region}/{name}")
        if group is None:
            raise _missing("log group")
        return group

    # streams

    def create_stream(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateLogStream."""
        group, name = request["logGroupName"], request["logStreamName"]
        with self._store.transaction():
            self._group(group, call)
            if self._store.get("logs.stream", _stream_prefix(call.region, group) + name):
                raise AwsServiceError(
                    "ResourceAlreadyExistsException", "The specified log stream already exists"
                )
            self._new_stream(call.region, group, name)
        return {}

    def _new_stream(self, region: str, group: str, name: str) -> None:
        stream = {"name": name, "group": group, "region": region, "created": _now()}
        self._store.put("logs.stream", _stream_prefix(region, group) + name, stream)

    def delete_stream(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteLogStream."""
        group, name = request["logGroupName"], request["logStreamName"]
        with self._store.transaction() as connection:
            self._stream(group, name, call)
            self._store.delete("logs.stream", _stream_prefix(call.region, group) + name)
            connection.execute(
                "DELETE FROM log_event WHERE region = ? AND log_group = ? AND stream = ?",
                (call.region, group, name),
            )
        return {}

    def _stream(self, group: str, name: str, call: Call) -> dict[str, Any]:
        self._group(group, call)
        stream = self._store.get("logs.stream", _stream_prefix(call.region, group) + name)
        if stream is None:
            raise _missing("log stream")
        return stream

    def describe_streams(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DescribeLogStreams: by name, or by the time of the last event."""
        self.flush()
        group = _named_group(request)
        self._group(group, call)
        prefix = _stream_prefix(call.region, group) + (request.get("logStreamNamePrefix") or "")
        times = {
            name: (first, last, ingested)
            for name, first, last, ingested in self._store.query(
                "SELECT stream, min(at), max(at), max(ingested) FROM log_event "
                "WHERE region = ? AND log_group = ? GROUP BY stream",
                (call.region, group),
            )
        }
        streams = [
            _stream(stream, times.get(stream["name"]))
            for _, stream in self._store.items("logs.stream", prefix)
        ]
        if request.get("orderBy") == "LastEventTime":
            streams.sort(key=lambda stream: stream.get("lastEventTimestamp", 0))
        if request.get("descending"):
            streams.reverse()
        return _paged("logStreams", streams, request)

    # events

    def put_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PutLogEvents."""
        group, stream = request["logGroupName"], request["logStreamName"]
        self._stream(group, stream, call)
        rows = [(event["timestamp"], event["message"]) for event in request["logEvents"]]
        if rows != sorted(rows, key=lambda row: row[0]):
            raise AwsServiceError(
                "InvalidParameterException",
                "Log events in a single PutLogEvents request must be in chronological order.",
            )
        self._insert(call.region, group, stream, rows)
        return {"nextSequenceToken": str(_now())}

    def get_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetLogEvents of one stream."""
        self.flush()
        group = _named_group(request)
        self._stream(group, request["logStreamName"], call)
        events = self._events(call.region, group, [request["logStreamName"]], request)
        limit = request.get("limit") or 10_000
        token = request.get("nextToken") or ""
        newest = 0 if request.get("startFromHead") else max(0, len(events) - limit)
        start = _offset(token[2:]) if token else newest
        if token.startswith("b/"):
            start, limit = max(0, start - limit), min(limit, start)
        shown = events[start : start + limit]
        return {
            "events": [
                {key: event[key] for key in ("timestamp", "message", "ingestionTime")}
                for event in shown
            ],
            "nextForwardToken": f"f/{start + len(shown)}",
            "nextBackwardToken": f"b/{start}",
        }

    def filter_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """FilterLogEvents: patterns of words, quoted phrases and excluded words."""
        self.flush()
        group = _named_group(request)
        self._group(group, call)
        matches = patterns.compiled(request.get("filterPattern") or "")
        prefix, names = request.get("logStreamNamePrefix") or "", request.get("logStreamNames")
        events = [
            event
            for event in self._events(call.region, group, names, request)
            if event["logStreamName"].startswith(prefix) and matches(event["message"])
        ]
        return {**_paged("events", events, request, default=10_000), "searchedLogStreams": []}

    def _events(
        self, region: str, group: str, streams: list[str] | None, request: dict[str, Any]
    ) -> list[dict[str, Any]]:
        rows = self._store.query(
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

    # the way in for functions

    def append(self, region: str, group: str, stream: str, text: str) -> None:
        """Write lines to a stream, making group and stream where needed; returns before they are written."""
        self._waiting.put(_Entry(region, group, stream, _now(), text.splitlines(keepends=True)))

    def flush(self) -> None:
        """Wait until everything appended so far can be read."""
        done = threading.Event()
        self._waiting.put(_Marker(done))
        if self._writer.is_alive():
            done.wait(5)

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._waiting.put(None)
        self._writer.join(5)

    def _write_waiting(self) -> None:
        while (entry := self._waiting.get()) is not None:
            if isinstance(entry, _Marker):
                entry.done.set()
                continue
            try:
                self._write(entry)
            except StateError:
                _log.exception("the log of a function is lost")

    def _write(self, entry: _Entry) -> None:
        region, group, stream = entry.region, entry.group, entry.stream
        with self._store.transaction():
            if self._store.get("logs.group", f"{region}/{group}") is None:
                self._new_group(region, group, {})
            if self._store.get("logs.stream", _stream_prefix(region, group) + stream) is None:
                self._new_stream(region, group, stream)
            self._insert(region, group, stream, [(entry.at, line) for line in entry.lines])

    def _insert(self, region: str, group: str, stream: str, rows: list[tuple[int, str]]) -> None:
        now = _now()
        with self._store.transaction() as connection:
            connection.executemany(
                "INSERT INTO log_event (region, log_group, stream, at, ingested, message) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [(region, group, stream, at, now, message) for at, message in rows],
            )
            connection.execute(
                "DELETE FROM log_event WHERE number <= (SELECT max(number) FROM log_event) - ?",
                (self._kept,),
            )


def _now() -> int:
    return int(time.time() * 1000)


def _stream_prefix(region: str, group: str) -> str:
    return f"{region}/{group}\n"


def _group(group: dict[str, Any]) -> dict[str, Any]:
    group_arn = arn("logs", group["region"], f"log-group:{group['name']}")
    return {
        "logGroupName": group["name"],
        "creationTime": group["created"],
        "retentionInDays": group["retention"],
        "metricFilterCount": 0,
        "arn": f"{group_arn}:*",
        "logGroupArn": group_arn,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }


def _stream(stream: dict[str, Any], times: tuple[int, int, int] | None) -> dict[str, Any]:
    place = f"log-group:{stream['group']}:log-stream:{stream['name']}"
    shown = {
        "logStreamName": stream["name"],
        "creationTime": stream["created"],
        "arn": arn("logs", stream["region"], place),
        "storedBytes": 0,
    }
    if times:
        first, last, ingested = times
        shown |= {
            "firstEventTimestamp": first,
            "lastEventTimestamp": last,
            "lastIngestionTime": ingested,
        }
    return shown


def _group_name(text: str) -> str:
    """The group in an ARN (with or without `:*`), or the name itself."""
    return text.partition(":log-group:")[2].removesuffix(":*") or text


def _named_group(request: dict[str, Any]) -> str:
    text = request.get("logGroupName") or request.get("logGroupIdentifier")
    if not text:
        raise _invalid("Either logGroupName or logGroupIdentifier must be given")
    return _group_name(text)


def _paged(
    key: str, items: list[dict[str, Any]], request: dict[str, Any], default: int = 50
) -> dict[str, Any]:
    start = _offset(request.get("nextToken") or "0")
    end = start + (request.get("limit") or default)
    return {key: items[start:end], "nextToken": str(end) if end < len(items) else None}


def _offset(token: str) -> int:
    if not token.isdecimal():
        raise _invalid("The specified nextToken is invalid.")
    return int(token)


def _invalid(message: str) -> AwsServiceError:
    return AwsServiceError("InvalidParameterException", message)


def _missing(what: str) -> AwsServiceError:
    return AwsServiceError("ResourceNotFoundException", f"The specified {what} does not exist.")
