"""Arithmetic between quadints and the tiles of the Web Mercator grid, over arrays.

A quadint is 63 bits: the zoom z (0 to 29) in the lowest 5, above them z bits of the tile's column x and z bits of its
row y. So cells of one zoom are in the order of their tiles, row by row from the north-west.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

MAX_ZOOM = 29

_ITEM_BYTES = np.array([len(f"{1 << (5 + 2 * z)},") for z in range(MAX_ZOOM + 1)])


def zoom(quadints: Integers) -> Integers:
    """Return the zoom field of quadints: 0 to 31."""
    return quadints & 31


def is_on_grid(quadints: Integers) -> NDArray[np.bool_]:
    """Return which integers are quadints: their zoom is at most 29, and their row is one of its grid."""
    z = zoom(quadints)
    beyond = quadints >> (5 + 2 * np.minimum(z, MAX_ZOOM))
    on_grid: NDArray[np.bool_] = (z <= MAX_ZOOM) & (beyond == 0)
    return on_grid


def quadints_to_tiles(quadints: Integers) -> tuple[Integers, Integers, Integers]:
    """Return x, y and zoom of quadints that are on the grid."""
    z = zoom(quadints)
    return (quadints >> 5) & (np.left_shift(1, z) - 1), quadints >> (5 + z), z


def tiles_to_quadints(x: Integers, y: Integers, z: Integers | int) -> Integers:
    """Return the quadints of tiles that are on the grid; the arrays may be of any shapes that broadcast."""
    rows = (y << (np.asarray(z) + 5)) | z
    quadints: Integers = rows | (x << 5)
    return quadints


def item_bytes(z: Integers) -> Integers:
    """Return how many bytes a quadint of a zoom and a comma take in a JSON array, at most."""
    sizes: Integers = _ITEM_BYTES[z]
    return sizes
