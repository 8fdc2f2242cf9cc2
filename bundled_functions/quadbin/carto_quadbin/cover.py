"""Which quadbin cells geometries touch: the tiles of the cover, written as cells."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray
from carto_at_runtime.tiles import cover as tiles
from carto_at_runtime.tiles.modes import Window
from carto_at_runtime.tiles.modes import fill as tiles_in_modes
from carto_quadbin.grid import cell_frame, cells_to_tiles, spread, tiles_to_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_runtime.wkb import Geometries
    from carto_quadbin.grid import Integers

CELL_BYTES = 20
"""A cell in a JSON array: 19 digits and a comma."""

_WORTH_NARROWING = 500
_WORLD = int(tiles_to_cells(np.int64(0), np.int64(0), 0))


def cover(geometries: Geometries, resolutions: Integers) -> RaggedArray:
    """Return the cells of every geometry, ascending, none twice; `resolutions` holds one (0 to 26) per geometry.

    Raises what `tiles.cover` does for geometries that are not in degrees or cover too much.
    """
    return _cells(tiles.cover(geometries, _demand(resolutions)), resolutions)


def fill(
    geometries: Geometries, resolutions: Integers, modes: Sequence[str], parents: Integers
) -> RaggedArray:
    """Return the cells of every geometry in one of `tiles.modes`, only those below its parent where that is a cell.

    `parents` are coarser cells than `resolutions`, or 0 for the whole grid.
    """
    window = None
    if parents.any():
        whole = parents == 0
        x, y, z = cells_to_tiles(np.where(whole, _WORLD, parents))
        window = Window.below(x, y, resolutions - z)
    return _cells(tiles_in_modes(geometries, _demand(resolutions), modes, window), resolutions)


def cover_on_grid(geometries: Geometries, resolutions: Integers) -> RaggedArray:
    """Do as `cover` does for geometries whose coordinates are positions on the grid, in tiles, x east and y south."""
    return _cells(tiles.cover_on_grid(geometries, _demand(resolutions)), resolutions)


def _demand(resolutions: Integers) -> tiles.Demand:
    return tiles.Demand(resolutions, np.full(len(resolutions), CELL_BYTES))


def _cells(covered: tiles.Cover, resolutions: Integers) -> RaggedArray:
    """Write out tiles as cells, ascending for each geometry."""
    counts, runs = covered.counts, covered.runs
    offsets = np.concatenate(([0], np.cumsum(counts)))
    cells = spread(covered.columns())
    cells |= np.repeat(spread(runs.row) << 1, runs.lengths)
    _sort_each(cells, offsets)
    if (resolutions == resolutions[0]).all():
        cells <<= 52 - 2 * resolutions[0]
        cells |= cell_frame(resolutions[0])
    else:
        cells <<= np.repeat(52 - 2 * resolutions, counts)
        cells |= np.repeat(cell_frame(resolutions), counts)
    return RaggedArray(cells, offsets)


def _sort_each(values: Integers, offsets: Integers) -> None:
    """Sort `values[offsets[i]:offsets[i + 1]]` for each i, in place."""
    for start, stop in pairwise(offsets.tolist()):
        piece = values[start:stop]
        if stop - start > _WORTH_NARROWING:
            least = piece.min()
            if piece.max() - least < 1 << 32:
                # Half as wide is twice as fast, and most geometries are small parts of the grid.
                narrow = (piece - least).astype(np.uint32)
                narrow.sort()
                np.add(narrow, least, out=piece)
                continue
        piece.sort()
