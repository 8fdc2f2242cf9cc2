"""Rings of cells around a cell, and the cells below it.

The grid is a ring from west to east, and ends at its first and last tile row. Each cell of a ring is given once, also
when the ring is as wide as the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray, check_fits
from carto_at_runtime.tiles.rings import Reach, half_around
from carto_quadbin.grid import cell_frame, cells_to_tiles, resolution, spread

if TYPE_CHECKING:
    from carto_quadbin.grid import Integers

CELL_BYTES = 20
"""A cell in a JSON array: 19 digits and a comma."""

DISTANCE_BYTES = 56
"""A cell with its distance as an escaped JSON object, at least."""


def _reach(y: Integers, z: Integers, k: Integers) -> Reach:
    """Return how far rings reach on a grid that is a ring from west to east."""
    tiles = np.left_shift(1, z)
    return Reach(*half_around(tiles, k), np.minimum(k, y), np.minimum(k, tiles - 1 - y))


def k_ring(origins: Integers, k: Integers, item_bytes: int = CELL_BYTES) -> RaggedArray:
    """Return the cells at most k tiles from each origin, row by row from the north-west.

    Raises `RowError` or `ResponseTooLargeError` when cells of `item_bytes` bytes each do not fit into a response.
    """
    x, y, z = cells_to_tiles(origins)
    reach = _reach(y, z, k)
    _check(reach.sizes, item_bytes, k)
    shift = 52 - 2 * z
    frame = cell_frame(z)
    last = np.left_shift(1, z) - 1

    def block(rows: Integers | slice, columns: Integers, lines: Integers) -> Integers:
        columns = (x[rows, None] + columns) & last[rows, None]
        lines = y[rows, None] + lines
        columns = spread(columns) << shift[rows, None]
        lines = (spread(lines) << 1 << shift[rows, None]) | frame[rows, None]
        return lines[:, :, None] | columns[:, None, :]

    return reach.assembled(block)


def k_ring_distances(origins: Integers, k: Integers) -> tuple[RaggedArray, Integers]:
    """Return `k_ring` and the distance in tiles of each of its cells from its origin."""
    cells = k_ring(origins, k, DISTANCE_BYTES)
    _, y, z = cells_to_tiles(origins)
    return cells, _reach(y, z, k).distances().values


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
