"""Arithmetic between quadbin cells and the tiles of the Web Mercator grid, over arrays.

A quadbin is 64 bits: a header (0, 1, mode 1 = cell), 5 bits of resolution z (0 to 26), and 52 bits that hold the tile's
x and y interleaved (Morton order, x in the even bits), left-aligned, with ones in the rest. Specification:
https://docs.carto.com/data-and-analysis/analytics-toolbox-for-redshift/key-concepts/spatial-indexes#quadbin
Tile x counts east from longitude -180, y counts south from latitude 85.0511.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.tiles.mercator import project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

__all__ = [
    "MAX_RESOLUTION",
    "cell_frame",
    "cells_to_tiles",
    "is_valid",
    "project",
    "resolution",
    "spread",
    "tiles_to_cells",
]

MAX_RESOLUTION = 26
_HEADER = 0x4800000000000000
_MODE_BITS = ~0x07FFFFFFFFFFFFFF
_ONES = 0xFFFFFFFFFFFFF


def _spread_table() -> Integers:
    """Return for each 16-bit number its bits moved to the even places."""
    bits = np.arange(1 << 16, dtype=np.int64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << shift)) & mask
    return bits


_SPREAD = _spread_table()


def spread(values: Integers) -> Integers:
    """Move the bits of tile coordinates (26 bits at most) to the even places."""
    if values.size and values.max() < 1 << 16:
        return _SPREAD.take(values)
    low = _SPREAD.take(values & 0xFFFF)
    high = _SPREAD.take(values >> 16)
    high <<= 32
    high |= low
    return high


def _compact(bits: Integers) -> Integers:
    """Undo `spread`: gather the even bits."""
    bits = bits & 0x5555555555555555
    for shift, mask in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
        (16, 0x00000000FFFFFFFF),
    ):
        bits = (bits | (bits >> shift)) & mask
    return bits


def resolution(cells: Integers) -> Integers:
    """Return the resolution field of cells."""
    return (cells >> 52) & 31


def is_valid(cells: Integers) -> NDArray[np.bool_]:
    """Return which integers are quadbin cells: header, mode, resolution and trailing ones are right."""
    z = resolution(cells)
    unused = np.right_shift(_ONES, 2 * np.minimum(z, MAX_RESOLUTION))
    headed = (cells & _MODE_BITS) == _HEADER
    valid: NDArray[np.bool_] = headed & (z <= MAX_RESOLUTION) & ((cells & unused) == unused)
    return valid


def cell_frame(z: Integers | int) -> Integers:
    """Return the bits of a cell of resolution z other than its tile: header, resolution, trailing ones."""
    frame: Integers = np.right_shift(_ONES, 2 * np.asarray(z)) | (np.asarray(z) << 52) | _HEADER
    return frame


def cells_to_tiles(cells: Integers) -> tuple[Integers, Integers, Integers]:
    """Return x, y and resolution of cells."""
    z = resolution(cells)
    bits = (cells & _ONES) >> (52 - 2 * z)
    return _compact(bits), _compact(bits >> 1), z


def tiles_to_cells(x: Integers, y: Integers, z: Integers | int) -> Integers:
    """Return the cells of tiles that are on the grid."""
    bits = spread(x) | (spread(y) << 1)
    cells: Integers = (bits << (52 - 2 * np.asarray(z))) | cell_frame(z)
    return cells
