r"""Results that are a JSON array per row, kept as flat arrays and written without a Python object per row.

All numbers are rendered in one go, separated by commas; then the commas that end a field, an item or a row are
overwritten with a mark of one byte, and each mark replaced by what belongs there (`]\",\"[` between rows, for one).
Replacing single bytes runs at the speed of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_COMMA = ord(",")
_ROW = b"R"
_ITEM = b"I"
_FIELDS = b"abcdfghijklmnopqrstuvwxyz"  # bytes that no number has, so without "e"


def render_numbers(values: NDArray[Any]) -> bytes:
    """Return the array's numbers as JSON text, separated by commas, without brackets."""
    return orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]


@dataclass(frozen=True, slots=True)
class RaggedArray:
    """A JSON array of numbers per row: row i holds `values[offsets[i]:offsets[i + 1]]` (int64 or float64)."""

    values: NDArray[Any]
    offsets: NDArray[np.int64]

    @classmethod
    def of_table(cls, table: NDArray[Any]) -> RaggedArray:
        """Make one of a two-dimensional array, a row of it per row."""
        rows, width = table.shape
        return cls(table.reshape(-1), np.arange(rows + 1, dtype=np.int64) * width)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def joined(self) -> bytes:
        """Return the escaped JSON of all rows, separated by commas."""
        return _joined(self._marked(), self.offsets, b"", b"")

    def pieces(self) -> list[bytes]:
        """Return the escaped JSON of each row."""
        return _pieces(self._marked(), self.offsets, b"", b"")

    def _marked(self) -> bytearray:
        text = bytearray(render_numbers(self.values))
        _mark(text, _commas(text, self.values)[_row_ends(self.offsets)], _ROW)
        return text


@dataclass(frozen=True, slots=True)
class RaggedRecords:
    """A JSON array of objects per row: `fields` maps names to int64 arrays, which `offsets` cuts into rows."""

    fields: Mapping[str, NDArray[np.int64]]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def joined(self) -> bytes:
        """Return the escaped JSON of all rows, separated by commas."""
        return _joined(self._marked(), self.offsets, self._opening(), b"}")

    def pieces(self) -> list[bytes]:
        """Return the escaped JSON of each row."""
        return _pieces(self._marked(), self.offsets, self._opening(), b"}")

    def _keys(self) -> list[bytes]:
        return [
            orjson.dumps(orjson.dumps(orjson.dumps(name).decode()).decode())[3:-3] + b":"
            for name in self.fields
        ]

    def _opening(self) -> bytes:
        return b"{" + self._keys()[0]

    def _marked(self) -> bytearray:
        width = len(self.fields)
        values = np.stack(tuple(self.fields.values()), axis=1).reshape(-1)
        text = bytearray(render_numbers(values))
        commas = _commas(text, values)
        for place in range(1, width):
            _mark(text, commas[place - 1 :: width], _FIELDS[place : place + 1])
        item_ends = commas[width - 1 :: width]
        _mark(text, item_ends, _ITEM)
        _mark(text, item_ends[_row_ends(self.offsets)], _ROW)
        for place, key in enumerate(self._keys()[1:], start=1):
            text = text.replace(_FIELDS[place : place + 1], b"," + key)
        return text.replace(_ITEM, b"}," + self._opening())


def _commas(text: bytearray, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return where the commas are."""
    if len(values) and values.dtype == np.int64 and values.min() > 0:
        width = len(str(values.min()))
        if width == len(str(values.max())):
            return np.arange(width, len(text), width + 1, dtype=np.int64)
    return np.flatnonzero(np.frombuffer(text, np.uint8) == _COMMA)


def _row_ends(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the commas between one row that has items and the next such row."""
    ends = offsets[1:][np.diff(offsets) > 0]
    return ends[:-1] - 1


def _mark(text: bytearray, places: NDArray[np.int64], mark: bytes) -> None:
    if len(places):
        np.frombuffer(text, np.uint8)[places] = ord(mark)


def _joined(marked: bytearray, offsets: NDArray[np.int64], opening: bytes, closing: bytes) -> bytes:
    if not (np.diff(offsets) > 0).all():
        return b",".join(_pieces(marked, offsets, opening, closing))
    between = b'%b]\\",\\"[%b' % (closing, opening)
    return b'\\"[%b%b%b]\\"' % (opening, marked.replace(_ROW, between), closing)


def _pieces(
    marked: bytearray, offsets: NDArray[np.int64], opening: bytes, closing: bytes
) -> list[bytes]:
    filled = np.flatnonzero(np.diff(offsets) > 0).tolist()
    rows = [b'\\"[]\\"'] * (len(offsets) - 1)
    if filled:
        for row, part in zip(filled, marked.split(_ROW), strict=True):
            rows[row] = b'\\"[%b%b%b]\\"' % (opening, part, closing)
    return rows
