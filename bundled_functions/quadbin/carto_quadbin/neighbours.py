"""Rings of cells around a cell, and the cells below it.

The grid is a ring from west to east, and ends at its first and last tile row. Each cell of a ring is given once, also
when the ring is as wide as the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray, check_fits
from carto_quadbin.grid import cell_frame, cells_to_tiles, resolution, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carto_quadbin.grid import Integers

CELL_BYTES = 20
"""A cell in a JSON array: 19 digits and a comma."""

DISTANCE_BYTES = 56
"""A cell with its distance as an escaped JSON object, at least."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far the rings of size k reach from their origins, in tiles: west, east, north, south (all >= 0)."""

    west: Integers
    east: Integers
    north: Integers
    south: Integers

    @classmethod
    def around(cls, y: Integers, z: Integers, k: Integers) -> _Reach:
        tiles = np.left_shift(1, z)
        return cls(
            np.minimum(k, tiles >> 1),
            np.minimum(k, (tiles - 1) >> 1),
            np.minimum(k, y),
            np.minimum(k, tiles - 1 - y),
        )

    @property
    def sizes(self) -> Integers:
        """How many cells each ring has."""
        return (self.west + self.east + 1) * (self.north + self.south + 1)

    def groups(self) -> Iterator[tuple[Integers | slice, tuple[int, int, int, int]]]:
        """Yield the rows that reach equally far, with their reach."""
        table = np.stack((self.west, self.east, self.north, self.south), axis=1)
        if (table == table[0]).all():
            west, east, north, south = table[0].tolist()
            yield slice(None), (west, east, north, south)
            return
        kinds, group = np.unique(table, axis=0, return_inverse=True)
        order = np.argsort(group.reshape(-1), kind="stable")
        ends = np.cumsum(np.bincount(group.reshape(-1)))
        for number, (west, east, north, south) in enumerate(kinds.tolist()):
            yield (
                order[ends[number - 1] if number else 0 : ends[number]],
                (west, east, north, south),
            )


def k_ring(origins: Integers, k: Integers, item_bytes: int = CELL_BYTES) -> RaggedArray:
    """Return the cells at most k tiles from each origin, row by row from the north-west.

    Raises `RowError` or `ResponseTooLargeError` when cells of `item_bytes` bytes each do not fit into a response.
    """
    x, y, z = cells_to_tiles(origins)
    reach = _Reach.around(y, z, k)
    _check(reach.sizes, item_bytes, k)
    shift = 52 - 2 * z
    frame = cell_frame(z)
    last = np.left_shift(1, z) - 1

    def block(rows: Integers | slice, west: int, east: int, north: int, south: int) -> Integers:
        columns = (x[rows, None] + np.arange(-west, east + 1)) & last[rows, None]
        lines = y[rows, None] + np.arange(-north, south + 1)
        columns = spread(columns) << shift[rows, None]
        lines = (spread(lines) << 1 << shift[rows, None]) | frame[rows, None]
        made = np.empty((*lines.shape, columns.shape[1]), np.int64)
        # Rings are small: a pass per column is faster than numpy's loop over many short rows.
        for place in range(columns.shape[1]):
            np.bitwise_or(lines, columns[:, place, None], out=made[:, :, place])
        return made

    return _assembled(reach, block)


def k_ring_distances(origins: Integers, k: Integers) -> tuple[RaggedArray, Integers]:
    """Return `k_ring` and the distance in tiles of each of its cells from its origin."""
    cells = k_ring(origins, k, DISTANCE_BYTES)
    _, y, z = cells_to_tiles(origins)

    def block(rows: Integers | slice, west: int, east: int, north: int, south: int) -> Integers:
        columns = np.abs(np.arange(-west, east + 1))
        lines = np.abs(np.arange(-north, south + 1))
        one = np.maximum(lines[:, None], columns)
        return np.broadcast_to(one, (len(y[rows]), *one.shape))

    return cells, _assembled(_Reach.around(y, z, k), block).values


def _assembled(reach: _Reach, block: Callable[..., Integers]) -> RaggedArray:
    """Put the blocks of equal rings (shape: rings, lines, columns) where they belong in the order of the rows."""
    sizes = reach.sizes
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    values = np.empty(int(offsets[-1]), np.int64)
    for rows, extent in reach.groups():
        if isinstance(rows, slice):
            return RaggedArray(block(rows, *extent).reshape(-1), offsets)
        width = int(sizes[rows[0]])
        places = offsets[rows][:, None] + np.arange(width)
        values[places] = block(rows, *extent).reshape(len(rows), width)
    return RaggedArray(values, offsets)


def _check(sizes: Integers, item_bytes: int, k: Integers) -> None:
    check_fits(
        sizes,
        item_bytes,
        lambda row, cells: (
            f"a ring of size {k[row]} has {cells} cells, more than one response of Lambda (6 MB) holds"
        ),
    )


def children(cells: Integers, resolutions: Integers) -> RaggedArray:
    """Return the descendants of each cell at a finer resolution, ascending (which is Morton order).

    Raises `RowError` or `ResponseTooLargeError` when they do not fit into a response.
    """
    z = resolution(cells)
    deeper = resolutions - z
    counts = np.left_shift(1, 2 * deeper)
    check_fits(
        counts,
        CELL_BYTES,
        lambda row, count: (
            f"a cell of resolution {z[row]} has {count} descendants at resolution {resolutions[row]}, "
            "more than one response of Lambda (6 MB) holds"
        ),
    )
    offsets = np.concatenate(([0], np.cumsum(counts)))
    # The ones that fill the cell's unused bits make way for the descendants' bits.
    tile = cells & ~np.right_shift(0xFFFFFFFFFFFFF, 2 * z) & 0xFFFFFFFFFFFFF
    first = tile | cell_frame(resolutions)
    shift = 52 - 2 * resolutions
    if (deeper == deeper[0]).all() and (resolutions == resolutions[0]).all():
        steps = np.arange(int(counts[0])) << int(shift[0])
        return RaggedArray((first[:, None] | steps).reshape(-1), offsets)
    owner = np.repeat(np.arange(len(cells)), counts)
    place = np.arange(len(owner)) - offsets[owner]
    return RaggedArray(first[owner] | (place << shift[owner]), offsets)
