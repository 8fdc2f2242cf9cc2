"""The quadkey module row by row, with mercantile and shapely."""

from __future__ import annotations

import json

import mercantile
import shapely
from shapely.prepared import prep


def _quadint(tile: mercantile.Tile) -> int:
    return tile.y << (tile.z + 5) | tile.x << 5 | tile.z


def _tile(quadint: int) -> mercantile.Tile:
    z = quadint & 31
    return mercantile.Tile(quadint >> 5 & (1 << z) - 1, quadint >> (z + 5), z)


def _ring(origin: int, size: int) -> list[tuple[int, int]]:
    x, y, z = _tile(origin)
    last = (1 << z) - 1
    found: dict[int, int] = {}
    for dy in range(-size, size + 1):
        for dx in range(-size, size + 1):
            cell = _quadint(mercantile.Tile((x + dx) & last, (y + dy) & last, z))
            distance = max(abs(dx), abs(dy))
            found[cell] = min(distance, found.get(cell, distance))
    return list(found.items())


def kring(origin: int, size: int) -> str:
    """Answer __QUADINT_KRING."""
    return json.dumps([cell for cell, _ in _ring(origin, size)])


def kring_distances(origin: int, size: int) -> str:
    """Answer __QUADINT_KRING_DISTANCES."""
    ring = _ring(origin, size)
    return json.dumps([{"index": cell, "distance": distance} for cell, distance in ring])


def tochildren(quadint: int, resolution: int) -> str:
    """Answer __QUADINT_TOCHILDREN."""
    return json.dumps(
        [_quadint(each) for each in mercantile.children(_tile(quadint), zoom=resolution)]
    )


def polyfill(hexewkb: str, resolution: int) -> str:
    """Answer __QUADINT_POLYFILL. Of tiles along the border, those that the edges only just reach may differ."""
    shape = shapely.from_wkb(hexewkb)
    touches = prep(shape).intersects
    return json.dumps(
        [
            _quadint(tile)
            for tile in mercantile.tiles(*shape.bounds, resolution)
            if touches(shapely.box(*mercantile.bounds(tile)))
        ]
    )


FUNCTIONS = {
    "__quadint_kring": kring,
    "__quadint_kring_distances": kring_distances,
    "__quadint_tochildren": tochildren,
    "__quadint_polyfill": polyfill,
}
