"""From the event that Redshift sends to columns.

Two ways lead there. Events that arrive as bytes (see `marshaller`) are decoded by `fast_columns` where their text
allows it. Everything else (a decoded event, bare values, rows that are too short, anything wrong) goes through
`columns.columns_from_rows`, which is slower and exact about what is wrong. Both give equal columns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from carto_at_runtime.columns import Column, columns_from_rows
from carto_at_runtime.errors import InvocationError, abridged
from carto_at_runtime.fast_columns import columns_from_text

if TYPE_CHECKING:
    from carto_at_runtime.registry import ExternalFunction

PROBE_KEY = "carto_at_probe"


@dataclass(frozen=True, slots=True)
class Event:
    """One invocation. `arguments` is JSON text (bytes), decoded rows (list), or None when the event has none."""

    external_function: str
    num_records: int | None
    arguments: bytes | list[Any] | None
    request_id: str = ""
    query_id: str = ""
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """The decoded arguments of an invocation: `rows` rows in one column per argument."""

    rows: int
    columns: list[Column]


class _Envelope(msgspec.Struct, gc=False):
    external_function: str
    num_records: int
    arguments: msgspec.Raw
    request_id: str = ""
    query_id: int = 0


_decode_envelope = msgspec.json.Decoder(_Envelope).decode


def read_event(payload: Any) -> Event:
    """Read an invocation's payload: JSON bytes, or the dict that a runtime made of them.

    Raises `InvocationError` for what is not an event of Redshift.
    """
    if not isinstance(payload, (bytes, bytearray, memoryview)):
        return _from_mapping(payload)
    try:
        envelope = _decode_envelope(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _from_mapping(_loads(bytes(payload)))
    return Event(
        envelope.external_function,
        _record_count(envelope.num_records),
        bytes(envelope.arguments),
        envelope.request_id,
        str(envelope.query_id),
    )


def _loads(payload: bytes) -> Any:
    # The standard library keeps integers of any size and reads NaN and Infinity, which reach the value checks so.
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvocationError(f"the event is not JSON: {error}") from None


def _from_mapping(payload: Any) -> Event:
    if not isinstance(payload, dict):
        raise InvocationError(f"the event is not a JSON object: {abridged(payload)}")
    if payload.get(PROBE_KEY) is True:
        return Event("", 0, None, probe=True)
    name = payload.get("external_function")
    if not isinstance(name, str):
        raise InvocationError(
            "this is not an event of Amazon Redshift: it names no external_function"
        )
    arguments = payload.get("arguments")
    if not isinstance(arguments, (list, type(None))):
        raise InvocationError(f"the event's arguments are not a list: {abridged(arguments)}")
    return Event(
        name,
        _record_count(payload.get("num_records")),
        arguments,
        str(payload.get("request_id", "")),
        str(payload.get("query_id", "")),
    )


def _record_count(count: Any) -> int | None:
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise InvocationError(f"the event's num_records is not a number of rows: {abridged(count)}")
    return count


def decode(function: ExternalFunction, event: Event) -> Batch:
    """Decode an event's rows into the columns that `function` declares.

    Raises `InvocationError` when the rows and num_records disagree, `RowError` for a bad row or value.
    """
    if isinstance(event.arguments, bytes) and function.arguments:
        columns = columns_from_text(function.arguments, event.arguments, event.num_records or 0)
        if columns is not None:
            return Batch(event.num_records or 0, columns)
    rows = _loads(event.arguments) if isinstance(event.arguments, bytes) else event.arguments
    if rows is None:
        rows = _absent_rows(function, event)
    if not isinstance(rows, list):
        raise InvocationError(f"the event's arguments are not a list: {abridged(rows)}")
    if event.num_records is not None and len(rows) != event.num_records:
        if function.arguments or rows:
            raise InvocationError(
                f"the event has {len(rows)} rows of arguments, but says num_records {event.num_records}"
            )
        rows = [None] * event.num_records
    return Batch(len(rows), columns_from_rows(function.arguments, rows))


def _absent_rows(function: ExternalFunction, event: Event) -> list[Any]:
    if event.num_records is None:
        raise InvocationError("the event has neither arguments nor num_records")
    if function.arguments and event.num_records:
        raise InvocationError(
            f"the event has no arguments, but the function takes {len(function.arguments)} "
            f"({', '.join(one.name for one in function.arguments)})"
        )
    return [None] * event.num_records
