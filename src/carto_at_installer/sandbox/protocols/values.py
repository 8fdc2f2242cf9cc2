"""Timestamps and numbers as the wire formats spell them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

Shape = Any
"""A shape of a service model. botocore declares the members of its kinds of shapes on subclasses only."""


def moment(value: Any) -> datetime:
    """A timestamp of a response (datetime or seconds since 1970) as an aware datetime."""
    if isinstance(value, datetime):
        return value
    return datetime.fromtimestamp(float(value), tz=UTC)


def iso8601(value: Any) -> str:
    """`2026-11-23T06:15:00.123Z`."""
    return moment(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def timestamp(value: Any, form: str) -> Any:
    """A timestamp in the named form of the service models."""
    if form == "iso8601":
        return iso8601(value)
    if form == "rfc822":
        return format_datetime(moment(value).astimezone(UTC), usegmt=True)
    return round(moment(value).timestamp(), 3)


def from_text(kind: str, text: str) -> Any:
    """A scalar that came as text (query string, header, form field). Raises ValueError."""
    if kind in {"integer", "long"}:
        return int(text)
    if kind in {"float", "double"}:
        return float(text)
    if kind == "boolean":
        return {"true": True, "false": False}[text.lower()]
    if kind == "blob":
        return base64.b64decode(text, validate=True)
    return text


def to_text(kind: str, value: Any, form: str = "iso8601") -> str:
    """A scalar as text, for XML and headers."""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return str(timestamp(value, form))
    if kind == "blob":
        return base64.b64encode(value).decode()
    return str(value)
