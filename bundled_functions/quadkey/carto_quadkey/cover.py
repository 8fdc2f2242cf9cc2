"""Which quadints geometries touch: the tiles of the cover, written as quadints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray
from carto_at_runtime.tiles import cover as tiles
from carto_at_runtime.tiles.modes import Window
from carto_at_runtime.tiles.modes import fill as tiles_in_modes
from carto_quadkey.grid import item_bytes, quadints_to_tiles, tiles_to_quadints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_runtime.wkb import Geometries
    from carto_quadkey.grid import Integers


_SHIFT = 1e-14
"""As QUADINT_FROMLONGLAT does, for positions that are on the border of a tile but for their rounding."""


def cover(geometries: Geometries, zooms: Integers) -> RaggedArray:
    """Return the quadints of every geometry, ascending, none twice; `zooms` holds one (0 to 29) per geometry.

    Raises what `tiles.cover` does for geometries that are not in degrees or cover too much.
    """
    return _quadints(tiles.cover(geometries, _demand(zooms)), zooms)


def fill(
    geometries: Geometries, zooms: Integers, modes: Sequence[str], parents: Integers
) -> RaggedArray:
    """Return the quadints of every geometry in one of `tiles.modes`, only those below its parent where that is one.

    `parents` are coarser quadints than `zooms`, or -1 for the whole grid.
    """
    window = None
    if (parents >= 0).any():
        x, y, z = quadints_to_tiles(np.maximum(parents, 0))
        window = Window.below(x, y, zooms - z)
    return _quadints(tiles_in_modes(geometries, _demand(zooms), modes, window), zooms)


def _demand(zooms: Integers) -> tiles.Demand:
    return tiles.Demand(zooms, item_bytes(zooms), _SHIFT)


def _quadints(covered: tiles.Cover, zooms: Integers) -> RaggedArray:
    runs = covered.runs
    # Runs are in the order of quadints: by row, then by column.
    z = zooms[runs.owner]
    starts = tiles_to_quadints(np.zeros_like(runs.row), runs.row, z)
    quadints = covered.columns()
    quadints <<= 5
    quadints |= np.repeat(starts, runs.lengths)
    return RaggedArray(quadints, np.concatenate(([0], np.cumsum(covered.counts))))
