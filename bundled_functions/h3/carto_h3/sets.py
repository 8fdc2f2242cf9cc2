"""Sets of cells: merged into as few as possible, and spread out to one resolution.

A batch is one column of cells with the number of the row that each belongs to. Cells of one row are a set: what is
there twice, or lies inside another cell of the set, counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from carto_at_runtime import RowError, check_fits, reject
from carto_at_runtime.errors import abridged
from carto_h3.cells import (
    MAX_RESOLUTION,
    children,
    children_count,
    from_texts,
    is_pentagon,
    is_valid,
    parent,
    resolution,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from carto_h3.cells import Integers

QUOTE = "~"
"""What stands for a quote in answers, until the SQL wrapper puts quotes back: they would have to be escaped twice."""

QUOTED_BYTES = 18
"""A cell's text in an array: 15 digits, two quotes, a comma."""


@dataclass(frozen=True, slots=True)
class CellSets:
    """The cells of all rows, ordered by row and cell, none twice; `textual` says which rows are written as texts."""

    rows: Integers
    cells: Integers
    textual: NDArray[np.bool_]

    @property
    def counts(self) -> Integers:
        """How many cells each row has."""
        return np.bincount(self.rows, minlength=len(self.textual))

    def with_cells(self, rows: Integers, cells: Integers) -> CellSets:
        """Return the sets with other cells."""
        rows, cells = _ordered(rows, cells)
        return CellSets(rows, cells, self.textual)


def _ordered(rows: Integers, cells: Integers) -> tuple[Integers, Integers]:
    """Return (row, cell) pairs ordered, none twice."""
    further = (rows[1:] > rows[:-1]) | ((rows[1:] == rows[:-1]) & (cells[1:] > cells[:-1]))
    if further.all():
        return rows, cells
    order = np.lexsort((cells, rows))
    rows, cells = rows[order], cells[order]
    fresh = np.ones(len(cells), np.bool_)
    fresh[1:] = (rows[1:] != rows[:-1]) | (cells[1:] != cells[:-1])
    return rows[fresh], cells[fresh]


def read_sets(arrays: Sequence[str]) -> CellSets:
    """Read a JSON array per row, of texts or integers. Raises `RowError` for anything that is not an array of cells."""
    lists = [_array(row, array) for row, array in enumerate(arrays)]
    counts = np.fromiter(map(len, lists), np.int64, len(lists))
    rows = np.repeat(np.arange(len(lists)), counts)
    items = list(chain.from_iterable(lists))
    cells, is_text = _numbers(items)
    bad = ~is_valid(cells)
    if bad.any():
        place = int(bad.argmax())
        raise RowError(int(rows[place]), f"Invalid input cell: {abridged(items[place], 40)}")
    textual = np.zeros(len(lists), np.bool_)
    textual[rows[is_text]] = True
    return CellSets(*_ordered(rows, cells), textual)


def _numbers(items: list[Any]) -> tuple[Integers, NDArray[np.bool_]]:
    """Return the cells of texts and integers, 0 for what is neither, and which are texts."""
    kinds = set(map(type, items))
    if kinds == {str}:
        return from_texts(items), np.ones(len(items), np.bool_)
    is_text = np.fromiter((type(item) is str for item in items), np.bool_, len(items))
    cells = np.zeros(len(items), np.int64)
    cells[is_text] = from_texts([item for item in items if type(item) is str])
    cells[~is_text] = [_integer(item) for item in items if type(item) is not str]
    return cells, is_text


def _array(row: int, text: str) -> list[Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise RowError(row, f"Invalid input: {abridged(text, 40)} is not an array of cells")
    return found


def _integer(item: Any) -> int:
    return item if type(item) is int and 0 <= item < 1 << 63 else 0


def compact(sets: CellSets) -> CellSets:
    """Replace cells that fill their parent by the parent, as often as that is possible."""
    rows, cells = _outermost(sets)
    done_rows, done_cells = [], []
    finest = int(resolution(cells).max(initial=0))
    for level in range(finest, 0, -1):
        here = resolution(cells) == level
        row, cell = _ordered(rows[here], cells[here])
        above = parent(cell, np.full(len(cell), level - 1))
        starts = np.ones(len(cell), np.bool_)
        starts[1:] = (row[1:] != row[:-1]) | (above[1:] != above[:-1])
        first = np.flatnonzero(starts)
        sizes = np.diff(np.append(first, len(cell)))
        full = sizes == np.where(is_pentagon(above[first]), 6, 7)
        kept = np.repeat(~full, sizes)
        done_rows.append(row[kept])
        done_cells.append(cell[kept])
        rows = np.concatenate((rows[~here], row[first[full]]))
        cells = np.concatenate((cells[~here], above[first[full]]))
    return sets.with_cells(np.concatenate([rows, *done_rows]), np.concatenate([cells, *done_cells]))


def _outermost(sets: CellSets) -> tuple[Integers, Integers]:
    """Leave out cells that lie inside others of their set."""
    rows, cells = sets.rows, sets.cells
    own = resolution(cells)
    levels = np.unique(own)
    inside = np.zeros(len(cells), np.bool_)
    for level in levels[:-1].tolist():
        coarse = own == level
        finer = np.flatnonzero(own > level)
        above = parent(cells[finer], np.full(len(finer), level))
        inside[finer] |= _members(rows[finer], above, rows[coarse], cells[coarse])
    return rows[~inside], cells[~inside]


def _members(
    rows: Integers, cells: Integers, among_rows: Integers, among_cells: Integers
) -> NDArray[np.bool_]:
    """Tell which (row, cell) pairs are among others."""
    known, numbers = np.unique(np.concatenate((cells, among_cells)), return_inverse=True)
    keys = np.concatenate((rows, among_rows)) * len(known) + numbers
    return np.isin(keys[: len(rows)], keys[len(rows) :])


def uncompact(sets: CellSets, resolutions: Integers) -> CellSets:
    """Replace cells by their descendants at each row's resolution.

    Raises `RowError` for a resolution that is over 15 or coarser than a cell, and for too many cells.
    """
    own = resolution(sets.cells)
    finest = np.zeros(len(resolutions), np.int64)
    np.maximum.at(finest, sets.rows, own)
    reject(
        (resolutions < finest) | (resolutions > MAX_RESOLUTION),
        lambda row: (
            f"Invalid resolution: should be between {finest[row]} (that of the finest cell) and {MAX_RESOLUTION}"
        ),
    )
    rows, cells = _outermost(sets)
    targets = resolutions[rows]
    counts = children_count(cells, targets)
    check_fits(
        np.bincount(rows, counts, len(resolutions)).astype(np.int64),
        QUOTED_BYTES,
        lambda row, count: (
            f"the cells are {count} at resolution {resolutions[row]}, more than one response of Lambda (6 MB) holds"
        ),
    )
    return sets.with_cells(np.repeat(rows, counts), children(cells, targets)[0])


def written(sets: CellSets) -> list[str]:
    """Return an array for each row, of texts or integers as it was read: JSON but for its quotes."""
    offsets = np.concatenate(([0], np.cumsum(sets.counts)))
    as_texts = texts(sets.cells, offsets)
    found = []
    for row, textual in enumerate(sets.textual.tolist()):
        if textual:
            items = as_texts[row].replace(",", f"{QUOTE},{QUOTE}")
            found.append(f"[{QUOTE}{items}{QUOTE}]")
        else:
            cells = sets.cells[offsets[row] : offsets[row + 1]]
            found.append(
                orjson.dumps(
                    np.ascontiguousarray(cells), option=orjson.OPT_SERIALIZE_NUMPY
                ).decode()
            )
    return found
