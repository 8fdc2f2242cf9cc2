"""From the event that Redshift sends to columns.

Two ways lead there. Events that arrive as bytes (see `marshaller`) are decoded without a Python object per row or value
where their text allows it; everything else (a decoded event, NULL rows, bare values, numbers in strings, anything
wrong) goes through `columns.columns_from_rows`, which is slower and exact about what is wrong. Both give equal columns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from carto_at_runtime.columns import (
    EXACT_FLOAT,
    INT64_MAX,
    Column,
    Kind,
    as_column,
    columns_from_rows,
)
from carto_at_runtime.errors import InvocationError, abridged

if TYPE_CHECKING:
    from carto_at_runtime.columns import Argument
    from carto_at_runtime.registry import ExternalFunction

PROBE_KEY = "carto_at_probe"
_NULL = -INT64_MAX
_NULL_TEXT = str(_NULL).encode()
_VALUE_BYTES = b'0123456789-" \t\r\n'
_STRUCTURE_BYTES = b'[]" \t\r\n'


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
        columns = _fast_columns(function.arguments, event.arguments, event.num_records or 0)
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


def _fast_columns(arguments: tuple[Argument, ...], text: bytes, rows: int) -> list[Column] | None:
    """Decode without an object per value; None when the text needs the careful way."""
    if not rows:
        return None
    if all(argument.kind.integral for argument in arguments):
        columns = _integer_columns(arguments, text, rows)
        if columns is not None:
            return columns
    return _typed_columns(arguments, text, rows)


def _integer_columns(
    arguments: tuple[Argument, ...], text: bytes, rows: int
) -> list[Column] | None:
    """Parse rows of integers as one run of numbers.

    The text is JSON already. Without its digits it must be exactly `rows` lists of the right length: then nothing else
    was in it, and reading the numbers in order is safe.
    """
    row = b"[" + b"," * (len(arguments) - 1) + b"],"
    skeleton = b"[" + (row * rows)[:-1] + b"]"
    has_nulls = False
    if text.translate(None, _VALUE_BYTES) != skeleton:
        has_nulls = b"null" in text and b'"null' not in text and _NULL_TEXT not in text
        text = text.replace(b"null", _NULL_TEXT)
        if not has_nulls or text.translate(None, _VALUE_BYTES) != skeleton:
            return None
    try:
        flat = np.fromstring(text.translate(None, _STRUCTURE_BYTES), np.int64, sep=",")
    except ValueError:
        return None
    # The parser answers the largest (or smallest) integer for numbers that are out of range.
    if flat.size != rows * len(arguments) or flat.max() == INT64_MAX or flat.min() < _NULL:
        return None
    table = np.ascontiguousarray(flat.reshape(rows, len(arguments)).T)
    columns = []
    for place, argument in enumerate(arguments):
        values = table[place]
        nulls = values == _NULL if has_nulls else None
        if nulls is not None:
            values = np.where(nulls, 0, values)
            nulls = nulls if nulls.any() else None
        if not _in_range(argument.kind, values):
            return None
        columns.append(Column(values, nulls))
    return columns


def _in_range(kind: Kind, values: Any) -> bool:
    return kind is Kind.INT64 or bool(
        values.max() <= kind.bound and values.min() >= -kind.bound - 1
    )


_PYTHON_TYPES: dict[Kind, Any] = {
    Kind.INT64: int | None,
    Kind.INT32: int | None,
    Kind.FLOAT64: float | None,
    Kind.BOOLEAN: bool | None,
    Kind.TEXT: str | None,
}
_decoders: dict[tuple[Kind, ...], msgspec.json.Decoder[Any]] = {}


def _decoder(kinds: tuple[Kind, ...]) -> msgspec.json.Decoder[Any]:
    found = _decoders.get(kinds)
    if found is None:
        row: Any = tuple.__class_getitem__(tuple(_PYTHON_TYPES[kind] for kind in kinds))
        # Floats usually come as VARCHAR, which keeps their last digits: the lax decoder reads numbers in strings.
        found = msgspec.json.Decoder(list[row | None], strict=Kind.FLOAT64 not in kinds)
        _decoders[kinds] = found
    return found


def _typed_columns(arguments: tuple[Argument, ...], text: bytes, rows: int) -> list[Column] | None:
    kinds = tuple(argument.kind for argument in arguments)
    try:
        table = _decoder(kinds).decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if len(table) != rows:
        return None
    if None in table:
        empty = (None,) * len(kinds)
        table = [empty if row is None else row for row in table]
    columns = []
    for place, kind in enumerate(kinds):
        column = _typed_column(kind, [row[place] for row in table], text)
        if column is None:
            return None
        columns.append(column)
    return columns


def _typed_column(kind: Kind, values: list[Any], text: bytes) -> Column | None:
    nulls = None
    if None in values:
        if b'"null' in text.lower():
            return None  # the lax decoder reads the text "null" as NULL
        nulls = np.fromiter((value is None for value in values), np.bool_, len(values))
        filler: Any = "" if kind is Kind.TEXT else 0
        values = [filler if value is None else value for value in values]
    try:
        column = as_column(kind, values, nulls)
    except OverflowError:
        return None
    checked = column.values
    if kind is Kind.FLOAT64 and not np.isfinite(checked).all():
        return None
    # The lax decoder also takes 1.0 for an integer; where that could have lost digits, look again.
    if kind.integral and not (_in_range(kind, checked) and _exact(checked, text)):
        return None
    return column


def _exact(values: Any, text: bytes) -> bool:
    small = values.max() <= EXACT_FLOAT and values.min() >= -EXACT_FLOAT
    return bool(small) or not (b"." in text or b"e" in text or b"E" in text)
