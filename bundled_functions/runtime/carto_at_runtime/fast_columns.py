"""Columns straight from JSON text: integers without a Python object per value, other types through typed decoding.

Whatever is unusual here is left to `columns.columns_from_rows`: this module never guesses, and never reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from carto_at_runtime.columns import EXACT_FLOAT, INT64_MAX, ROOM, Column, Kind, as_column

if TYPE_CHECKING:
    from carto_at_runtime.columns import Argument

_NULL = -INT64_MAX
_QUOTE = ord('"')
_END = ord("]")
_LONG_ROW = 1000
_NULL_TEXT = str(_NULL).encode()
_VALUE_BYTES = b'0123456789-" \t\r\n'
_STRUCTURE_BYTES = b'[]" \t\r\n'


def columns_from_text(
    arguments: tuple[Argument, ...], text: bytes, rows: int
) -> list[Column] | None:
    """Decode the JSON text of `rows` rows; return None when it needs the careful way.

    The text must be JSON already, and `rows` the true number of rows.
    """
    if not 0 < rows <= len(text):
        return None
    has_room = len(arguments) > 1 and arguments[-1].name == ROOM.name
    numbers = arguments[:-1] if has_room else arguments
    if all(argument.kind.integral for argument in numbers):
        digits = _without_room(text, rows) if has_room else text
        columns = _integer_columns(numbers, digits, rows)
        if columns is not None:
            return [*columns, Column([""] * rows, None)] if has_room else columns
    return _typed_columns(arguments, text, rows)


def _without_room(text: bytes, rows: int) -> bytes:
    """Take the last values of rows away: blanks, or, in long rows, what are the only texts with nothing escaped."""
    even = _without_even_room(text, rows)
    if even is not None:
        return even
    if len(text) < _LONG_ROW * rows:
        return text.translate(None, b" ").replace(b',""]', b"]")
    octets = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(octets == _QUOTE)
    if len(quotes) != 2 * rows or b"\\" in text or (octets[quotes[1::2] + 1] != _END).any():
        return text
    # Each text goes with the comma before it.
    starts, ends = (quotes[0::2] - 1).tolist(), (quotes[1::2] + 1).tolist()
    view = memoryview(text)
    return b"".join([view[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True)])


def _without_even_room(text: bytes, rows: int) -> bytes | None:
    """Take the last values of rows away, in one cut through all of them; None unless all are the same blanks.

    In JSON, blanks in quotes after a comma are a value of their own.
    """
    stride, rest = divmod(len(text) - 1, rows)
    first = text[1 : stride + 1]
    start = first.rfind(b',"', 0, -2)
    if rest or start < 0 or not first.endswith(b'"],') or first[start + 2 : -3].strip(b" "):
        return None
    table = np.frombuffer(text, np.uint8, offset=1).reshape(rows, stride)
    room = slice(start, stride - 2)
    if not (table[:, room] == table[0, room]).all():
        return None
    return b"[" + np.delete(table, room, axis=1).tobytes()


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
