"""Rings of quadints around a quadint, and the quadints below it.

The quadint grid is a ring in both directions: as QUADINT_SIBLING does, rings go on at the other side of the grid. Each
cell of a ring is given once, also when the ring is as wide as the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray, check_fits
from carto_at_runtime.tiles.rings import Reach, half_around
from carto_quadkey.grid import item_bytes, quadints_to_tiles, tiles_to_quadints

if TYPE_CHECKING:
    from carto_quadkey.grid import Integers

_OBJECT_BYTES = 35
"""What an item of K-ring distances takes beside its index and its comma, at least, quotes escaped."""


def k_ring(origins: Integers, k: Integers) -> RaggedArray:
    """Return the cells at most k tiles from each origin, row by row from the north-west.

    Raises `RowError` or `ResponseTooLargeError` when they do not fit into a response.
    """
    return _ring(origins, k, 0)[0]


def k_ring_distances(origins: Integers, k: Integers) -> tuple[RaggedArray, Integers]:
    """Return `k_ring` and the distance in tiles of each of its cells from its origin."""
    cells, reach = _ring(origins, k, _OBJECT_BYTES)
    return cells, reach.distances().values


def _ring(origins: Integers, k: Integers, more_bytes: int) -> tuple[RaggedArray, Reach]:
    x, y, z = quadints_to_tiles(origins)
    tiles = np.left_shift(1, z)
    west, east = half_around(tiles, k)
    reach = Reach(west, east, west, east)
    sizes = reach.sizes
    # Rings are as large as the grid at most, 2^58 cells: too many to be multiplied.
    check_fits(
        np.minimum(sizes, 1 << 40) * (item_bytes(z) + more_bytes),
        1,
        lambda row, _: (
            f"a ring of size {k[row]} has {sizes[row]} cells, more than one response of Lambda (6 MB) holds"
        ),
    )
    last = tiles - 1

    def block(rows: Integers | slice, columns: Integers, lines: Integers) -> Integers:
        columns = (x[rows, None] + columns) & last[rows, None]
        lines = (y[rows, None] + lines) & last[rows, None]
        return tiles_to_quadints(columns[:, None, :], lines[:, :, None], z[rows, None, None])

    return reach.assembled(block), reach


def children(quadints: Integers, zooms: Integers) -> RaggedArray:
    """Return the descendants of each quadint at a finer zoom, column by column from the west.

    Raises `RowError` or `ResponseTooLargeError` when they do not fit into a response.
    """
    x, y, z = quadints_to_tiles(quadints)
    deeper = zooms - z
    counts = np.left_shift(1, 2 * deeper)
    check_fits(
        counts * item_bytes(zooms),
        1,
        lambda row, _: (
            f"a quadint of zoom {z[row]} has {counts[row]} descendants at resolution {zooms[row]}, "
            "more than one response of Lambda (6 MB) holds"
        ),
    )
    first = tiles_to_quadints(x << deeper, y << deeper, zooms)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    if (deeper == deeper[0]).all() and (zooms == zooms[0]).all():
        steps = _steps(np.arange(int(counts[0])), int(deeper[0]), int(zooms[0]))
        return RaggedArray((first[:, None] | steps).reshape(-1), offsets)
    owner = np.repeat(np.arange(len(quadints)), counts)
    place = np.arange(len(owner)) - offsets[owner]
    return RaggedArray(first[owner] | _steps(place, deeper[owner], zooms[owner]), offsets)


def _steps(place: Integers, deeper: Integers | int, zooms: Integers | int) -> Integers:
    """Return the bits that make the first descendant, in the north-west, the one at `place` of the list."""
    row = place & (np.left_shift(1, deeper) - 1)
    steps: Integers = (row << (np.asarray(zooms) + 5)) | (place >> deeper << 5)
    return steps
