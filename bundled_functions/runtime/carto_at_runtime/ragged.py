r"""Results that are a JSON array per row, kept as flat arrays and written without a Python object per number.

All numbers are rendered in one go, separated by commas. Long rows are then cut out of that text; where rows are short,
the commas that end a field, an item or a row are overwritten with a mark of one byte, and each mark is replaced by what
belongs there (`]\",\"[` between rows, for one): replacing single bytes runs at the speed of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Chunk = bytes | bytearray | memoryview
"""Escaped JSON is passed on as a list of chunks, which are copied once, into the response."""

_COMMA = ord(",")
_ROW = b"R"
_ITEM = b"I"
_FIELDS = b"abcdfghijklmnopqrstuvwxyz"  # bytes that no number has, so without "e"
_BETWEEN_ROWS = b']\\",\\"['
_LONG_ROW = 100


def render_numbers(values: NDArray[Any]) -> bytes:
    """Return the array's numbers as a JSON array."""
    return orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)


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

    def joined(self) -> list[Chunk]:
        """Return the escaped JSON of all rows, separated by commas."""
        sizes = np.diff(self.offsets)
        if not sizes.all():
            return [b",".join(self.pieces())]
        text = render_numbers(self.values)
        ends = _commas(text, self.values)[self.offsets[1:-1] - 1]
        if len(self.values) > _LONG_ROW * len(self):
            return [b'\\"', *_cut(text, ends), b'\\"']
        spread = _spread_out(text, ends)
        if spread is not None:
            return [b'\\"[', spread, b']\\"']
        marked = bytearray(text)
        _mark(marked, ends, _ROW)
        return [b'\\"', marked.replace(_ROW, _BETWEEN_ROWS), b'\\"']

    def pieces(self) -> list[bytes]:
        """Return the escaped JSON of each row."""
        marked = bytearray(render_numbers(self.values))
        _mark(marked, _commas(marked, self.values)[_row_ends(self.offsets)], _ROW)
        return _pieces(marked, self.offsets)


@dataclass(frozen=True, slots=True)
class RaggedRecords:
    """A JSON array of objects per row: `fields` maps names to int64 arrays, which `offsets` cuts into rows."""

    fields: Mapping[str, NDArray[np.int64]]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def joined(self) -> list[Chunk]:
        """Return the escaped JSON of all rows, separated by commas."""
        if not np.diff(self.offsets).all():
            return [b",".join(self.pieces())]
        filled = self._filled_in()
        if filled is not None:
            return [b'\\"[', filled, b']\\"']
        between = b"}%b%b" % (_BETWEEN_ROWS, self._opening())
        return [b'\\"', self._marked().replace(_ROW, between), b'\\"']

    def pieces(self) -> list[bytes]:
        """Return the escaped JSON of each row."""
        return _pieces(self._marked(), self.offsets, self._opening(), b"}")

    def _filled_in(self) -> memoryview | None:
        """Fill numbers into a form; return None unless rows have as many items, and fields as many digits, each."""
        rows = len(self)
        items, rest = divmod(int(self.offsets[-1]), rows)
        widths = [_digits(values) for values in self.fields.values()]
        if rest or None in widths or not (np.diff(self.offsets) == items).all():
            return None
        parts = [key + bytes(width or 0) for key, width in zip(self._keys(), widths, strict=True)]
        item = b"{%b}," % b",".join(parts)
        row = (item * items)[:-1] + _BETWEEN_ROWS
        table = np.empty((rows, len(row)), np.uint8)
        table[:] = np.frombuffer(row, np.uint8)
        # The comma after a row's last item is where the text between rows begins.
        places = table[:, : len(item) * items].reshape(rows, items, len(item))
        end = 0
        for values, part, width in zip(self.fields.values(), parts, widths, strict=True):
            end += 1 + len(part)
            digits = np.frombuffer(render_numbers(values), np.uint8)[1:]
            places[:, :, end - (width or 0) : end] = digits.reshape(rows, items, -1)[:, :, :-1]
        return table.reshape(-1).data[: -len(_BETWEEN_ROWS)]

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
        opening = self._opening()
        for place, key in enumerate(self._keys()[1:], start=1):
            text = text.replace(_FIELDS[place : place + 1], b"," + key)
        text = text.replace(_ITEM, b"}," + opening)
        if len(values):
            text[1:1] = opening
            text[-1:-1] = b"}"
        return text


def _commas(text: bytes | bytearray, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return where the commas are in the rendered array `text`."""
    width = _digits(values)
    if width is not None:
        return np.arange(width + 1, len(text) - 1, width + 1, dtype=np.int64)
    return np.flatnonzero(np.frombuffer(text, np.uint8) == _COMMA)


def _digits(values: NDArray[Any]) -> int | None:
    """Return how many digits all numbers have, if they are integers, none below 0, and have as many."""
    if not len(values) or values.dtype != np.int64 or (least := values.min()) < 0:
        return None
    width = len(str(least))
    return width if width == len(str(values.max())) else None


def _row_ends(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the comma between each row that has items and the next such row."""
    ends = offsets[1:][np.diff(offsets) > 0]
    return ends[:-1] - 1


def _mark(text: bytearray, places: NDArray[np.int64], mark: bytes) -> None:
    if len(places):
        np.frombuffer(text, np.uint8)[places] = ord(mark)


def _cut(text: bytes, ends: NDArray[np.int64]) -> list[Chunk]:
    """Return the rows of a rendered array, which end before the commas `ends`, with what stands between them."""
    view = memoryview(text)
    bounds = [-1, *ends.tolist(), len(text)]
    chunks: list[Chunk] = []
    for before, end in pairwise(bounds):
        chunks += (view[before + 1 : end], _BETWEEN_ROWS)
    return chunks[:-1]


def _spread_out(text: bytes, ends: NDArray[np.int64]) -> memoryview | None:
    """Put what stands between rows after each row but the last; return None when rows differ in length."""
    rows = len(ends) + 1
    stride, rest = divmod(len(text) - 1, rows)
    if rest or not (ends == np.arange(1, rows) * stride).all():
        return None
    table = np.empty((rows, stride - 1 + len(_BETWEEN_ROWS)), np.uint8)
    table[:, : stride - 1] = np.frombuffer(text, np.uint8)[1:].reshape(rows, stride)[:, :-1]
    table[:, stride - 1 :] = np.frombuffer(_BETWEEN_ROWS, np.uint8)
    return table.reshape(-1).data[: -len(_BETWEEN_ROWS)]


def _pieces(
    marked: bytearray, offsets: NDArray[np.int64], opening: bytes = b"", closing: bytes = b""
) -> list[bytes]:
    """Return the rows of an array with marks between those that are not empty."""
    filled = np.flatnonzero(np.diff(offsets) > 0).tolist()
    rows = [b'\\"[]\\"'] * (len(offsets) - 1)
    if filled:
        parts = bytes(marked[1 + len(opening) : len(marked) - 1 - len(closing)]).split(_ROW)
        for row, part in zip(filled, parts, strict=True):
            rows[row] = b'\\"[%b%b%b]\\"' % (opening, part, closing)
    return rows
