"""Which quadints geometries touch: the tiles of the cover, written as quadints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray
from carto_at_runtime.tiles import cover as tiles
from carto_quadkey.grid import item_bytes, tiles_to_quadints

if TYPE_CHECKING:
    from carto_at_runtime.wkb import Geometries
    from carto_quadkey.grid import Integers


_SHIFT = 1e-14
"""As QUADINT_FROMLONGLAT does, for positions that are on the border of a tile but for their rounding."""


def cover(geometries: Geometries, zooms: Integers) -> RaggedArray:
    """Return the quadints of every geometry, ascending, none twice; `zooms` holds one (0 to 29) per geometry.

    Raises what `tiles.cover` does for geometries that are not in degrees or cover too much.
    """
    covered = tiles.cover(geometries, tiles.Demand(zooms, item_bytes(zooms), _SHIFT))
    runs = covered.runs
    # Runs are in the order of quadints: by row, then by column.
    z = zooms[runs.owner]
    starts = tiles_to_quadints(np.zeros_like(runs.row), runs.row, z)
    quadints = covered.columns()
    quadints <<= 5
    quadints |= np.repeat(starts, runs.lengths)
    return RaggedArray(quadints, np.concatenate(([0], np.cumsum(covered.counts))))
