"""The h3 module row by row, with the texts of the H3 library and shapely."""

from __future__ import annotations

import json

import h3
import shapely


def kring(origin: str, size: int) -> str:
    """Answer __H3_KRING."""
    return json.dumps(h3.grid_disk(origin, size))


def kring_distances(origin: str, size: int) -> str:
    """Answer __H3_KRING_DISTANCES."""
    found = []
    inner: set[str] = set()
    for distance in range(size + 1):
        disk = h3.grid_disk(origin, distance)
        found += [{"index": cell, "distance": distance} for cell in disk if cell not in inner]
        inner.update(disk)
    return json.dumps(found)


def hexring(origin: str, size: int) -> str:
    """Answer __H3_HEXRING."""
    return json.dumps(h3.grid_ring(origin, size))


def distance(origin: str, destination: str) -> int:
    """Answer __H3_DISTANCE."""
    return h3.grid_distance(origin, destination)


def tochildren(index: str, resolution: int) -> str:
    """Answer __H3_TOCHILDREN."""
    return json.dumps(h3.cell_to_children(index, resolution))


def compact(indexes: str) -> str:
    """Answer __H3_COMPACT."""
    return json.dumps(h3.compact_cells(json.loads(indexes)))


def uncompact(indexes: str, resolution: int) -> str:
    """Answer __H3_UNCOMPACT."""
    return json.dumps(h3.uncompact_cells(json.loads(indexes), resolution))


_CONTAINMENT = {"center": "center", "intersects": "overlap", "contains": "full"}


def polyfill(hexewkb: str, resolution: int, mode: str) -> str:
    """Answer __H3_POLYFILL of polygons."""
    shape = shapely.from_wkb(hexewkb)
    outline = h3.LatLngPoly(
        [(latitude, longitude) for longitude, latitude in shape.exterior.coords]
    )
    if mode == "center":
        return json.dumps(h3.h3shape_to_cells(outline, resolution))
    found = h3.h3shape_to_cells_experimental(outline, resolution, _CONTAINMENT[mode])
    return json.dumps(found)


FUNCTIONS = {
    f"__h3_{function.__name__}": function
    for function in (
        kring,
        kring_distances,
        hexring,
        distance,
        tochildren,
        compact,
        uncompact,
        polyfill,
    )
}
