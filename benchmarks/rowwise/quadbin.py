"""The quadbin module row by row, with the quadbin library, mercantile and shapely."""

from __future__ import annotations

import json

import mercantile
import quadbin
import shapely
from shapely.prepared import prep


def kring(origin: int, size: int) -> str:
    """Answer __QUADBIN_KRING."""
    return json.dumps(quadbin.k_ring(origin, size))


def kring_distances(origin: int, size: int) -> str:
    """Answer __QUADBIN_KRING_DISTANCES."""
    return json.dumps(quadbin.k_ring_distances(origin, size))


def tochildren(cell: int, resolution: int) -> str:
    """Answer __QUADBIN_TOCHILDREN."""
    return json.dumps(quadbin.cell_to_children(cell, resolution))


def polyfill(hexewkb: str, resolution: int) -> str:
    """Answer __QUADBIN_POLYFILL. Of tiles along the border, those that the edges only just reach may differ."""
    shape = shapely.from_wkb(hexewkb)
    touches = prep(shape).intersects
    return json.dumps(
        [
            quadbin.tile_to_cell((tile.x, tile.y, tile.z))
            for tile in mercantile.tiles(*shape.bounds, resolution)
            if touches(shapely.box(*mercantile.bounds(tile)))
        ]
    )


FUNCTIONS = {
    "__quadbin_kring": kring,
    "__quadbin_kring_distances": kring_distances,
    "__quadbin_tochildren": tochildren,
    "__quadbin_polyfill": polyfill,
}
