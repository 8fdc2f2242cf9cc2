"""Log streams and their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.logs_service import patterns
from carto_at_installer.sandbox.logs_service.records import (
    LogRecords,
    named_group,
    now,
    offset,
    paged,
    stream_prefix,
)
from carto_at_installer.sandbox.services import arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.services import Call, Operation


class StreamOperations:
    """Streams and events. `flush` waits for what functions have written."""

    def __init__(self, records: LogRecords, flush: Callable[[], None]) -> None:
        self._records = records
        self._flush = flush

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "CreateLogStream": self.create_stream,
            "DeleteLogStream": self.delete_stream,
            "DescribeLogStreams": self.describe_streams,
            "PutLogEvents": self.put_events,
            "GetLogEvents": self.get_events,
            "FilterLogEvents": self.filter_events,
        }

    def create_stream(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateLogStream."""
        group, name = request["logGroupName"], request["logStreamName"]
        with self._records.store.transaction():
            self._records.group(group, call)
            if self._records.store.get("logs.stream", stream_prefix(call.region, group) + name):
                raise AwsServiceError(
                    "ResourceAlreadyExistsException", "The specified log stream already exists"
                )
            self._records.new_stream(call.region, group, name)
        return {}

    def delete_stream(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteLogStream."""
        group, name = request["logGroupName"], request["logStreamName"]
        with self._records.store.transaction() as connection:
            self._records.stream(group, name, call)
            self._records.store.delete("logs.stream", stream_prefix(call.region, group) + name)
            connection.execute(
                "DELETE FROM log_event WHERE region = ? AND log_group = ? AND stream = ?",
                (call.region, group, name),
            )
        return {}

    def describe_streams(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DescribeLogStreams: by name, or by the time of the last event."""
        self._flush()
        group = named_group(request)
        self._records.group(group, call)
        prefix = stream_prefix(call.region, group) + (request.get("logStreamNamePrefix") or "")
        times = {
            name: (first, last, ingested)
            for name, first, last, ingested in self._records.store.query(
                "SELECT stream, min(at), max(at), max(ingested) FROM log_event "
                "WHERE region = ? AND log_group = ? GROUP BY stream",
                (call.region, group),
            )
        }
        streams = [
            _stream(stream, times.get(stream["name"]))
            for _, stream in self._records.store.items("logs.stream", prefix)
        ]
        if request.get("orderBy") == "LastEventTime":
            streams.sort(key=lambda stream: stream.get("lastEventTimestamp", 0))
        if request.get("descending"):
            streams.reverse()
        return paged("logStreams", streams, request)

    def put_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PutLogEvents."""
        group, stream = request["logGroupName"], request["logStreamName"]
        self._records.stream(group, stream, call)
        rows = [(event["timestamp"], event["message"]) for event in request["logEvents"]]
        if rows != sorted(rows, key=lambda row: row[0]):
            raise AwsServiceError(
                "InvalidParameterException",
                "Log events in a single PutLogEvents request must be in chronological order.",
            )
        self._records.insert(call.region, group, stream, rows)
        return {"nextSequenceToken": str(now())}

    def get_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetLogEvents of one stream."""
        self._flush()
        group = named_group(request)
        self._records.stream(group, request["logStreamName"], call)
        events = self._records.events(call.region, group, [request["logStreamName"]], request)
        limit = request.get("limit") or 10_000
        token = request.get("nextToken") or ""
        newest = 0 if request.get("startFromHead") else max(0, len(events) - limit)
        start = offset(token[2:]) if token else newest
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
        self._flush()
        group = named_group(request)
        self._records.group(group, call)
        matches = patterns.compiled(request.get("filterPattern") or "")
        prefix, names = request.get("logStreamNamePrefix") or "", request.get("logStreamNames")
        events = [
            event
            for event in self._records.events(call.region, group, names, request)
            if event["logStreamName"].startswith(prefix) and matches(event["message"])
        ]
        return {**paged("events", events, request, default=10_000), "searchedLogStreams": []}


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
