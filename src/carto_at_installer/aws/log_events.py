"""Reads what Lambda functions have written to a CloudWatch log group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.aws.failures import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_at_installer.aws.session import AwsSession


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event; `time_ms` counts from 1970 in UTC."""

    stream: str
    time_ms: int
    message: str


def filter_events(
    session: AwsSession, group: str, pattern: str, *, since_ms: int
) -> Iterator[LogEvent]:
    """The events of all streams since a time that fit CloudWatch's filter pattern, as CloudWatch pages through them."""
    with translated(f"read the log group {group}"):
        pages = (
            session.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, filterPattern=pattern, startTime=since_ms)
        )
        for page in pages:
            for event in page["events"]:
                yield LogEvent(event["logStreamName"], event["timestamp"], event["message"])
