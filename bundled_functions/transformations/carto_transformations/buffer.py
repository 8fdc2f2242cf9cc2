"""Geodesic buffers: everything within a distance in meters, on the sphere.

A small part of a geometry is projected around its middle, where distances are true, and buffered in the plane. A part
that reaches farther than `_NARROW` from its middle is buffered in runs of its outline, each around its own middle,
which are then joined (or taken away, for a negative distance). The projection's error at an angle c from the middle is
c^2 / 6: less than 0.05 % here.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from carto_at_runtime.antimeridian import cut_polygons
from carto_transformations.sphere import angular_distance, from_plane, to_plane
from carto_transformations.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

Shapes = Any
"""A numpy array of shapely geometries, of dtype object."""

_NARROW = np.radians(3.0)
_RUN_DEGREES = 2.0
_EDGE_DEGREES = 1.0
_POLYGON = shapely.GeometryType.POLYGON
_FIRST_COLLECTION = shapely.GeometryType.MULTIPOINT
_HALVES = {1: shapely.box(0, -4, 4, 4), -1: shapely.box(-4, -4, 0, 4)}
"""East and west of the middle's meridian, in the plane."""
_ON_SEAM = 1e-12


def buffers(shapes: Shapes, meters: Floats, segments: Integers) -> list[Any]:
    """Return the buffer of each shape as a polygon or multipolygon in degrees, None where nothing is left.

    `segments` is how many edges stand for a quarter of a circle. Shapes are plane ones in degrees.
    """
    parts, owner = simple_parts(shapely.force_2d(shapes))
    parts = shapely.segmentize(parts, _EDGE_DEGREES)
    angles = meters / EARTH_RADIUS_M
    grown = np.full(len(parts), None, object)
    wide = _reach(parts) > _NARROW
    small = np.flatnonzero(~wide)
    grown[small] = _grown(parts[small], angles[owner[small]], segments[owner[small]])
    for place in np.flatnonzero(wide).tolist():
        row = owner[place]
        grown[place] = _wide(parts[place], angles[row], segments[row])
    ends = np.searchsorted(owner, np.arange(len(shapes) + 1)).tolist()
    return [_joined(grown[start:end]) for start, end in pairwise(ends)]


def simple_parts(shapes: Shapes) -> tuple[Shapes, Integers]:
    """Return the points, lines and polygons that shapes consist of, and the row of each."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) >= _FIRST_COLLECTION).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    filled = ~shapely.is_empty(parts)
    parts, owner = parts[filled], owner[filled]
    # GEOS does not take lines and rings whose vertices are all one point.
    places = np.flatnonzero(shapely.length(parts) == 0)
    parts[places] = shapely.points(shapely.bounds(parts[places])[:, :2])
    return parts, owner


def _middles(parts: Shapes) -> Floats:
    bounds = shapely.bounds(parts)
    return (bounds[:, :2] + bounds[:, 2:]) / 2


def _reach(parts: Shapes) -> Floats:
    """The angle from each part's middle to its farthest vertex."""
    xy, owner = shapely.get_coordinates(parts, return_index=True)
    farthest = np.zeros(len(parts))
    np.maximum.at(farthest, owner, angular_distance(_middles(parts)[owner], xy))
    return farthest


def _grown(parts: Shapes, angles: Floats, segments: Integers) -> Shapes:
    """Buffer small parts around their middles."""
    middles = _middles(parts)
    _, owner = shapely.get_coordinates(parts, return_index=True)
    plane = shapely.transform(parts, lambda xy: to_plane(xy, middles[owner]))
    grown = np.empty(len(parts), object)
    for count in np.unique(segments).tolist():
        rows = np.flatnonzero(segments == count)
        grown[rows] = shapely.buffer(plane[rows], angles[rows], quad_segs=count)
    return _to_degrees(grown, middles)


def _to_degrees(grown: Shapes, middles: Floats) -> Shapes:
    """Bring buffers back to degrees; longitudes go on beyond 180."""
    bounds = shapely.bounds(grown)
    beyond = (bounds[:, 3] >= np.radians(90 - middles[:, 1])) | (
        bounds[:, 1] <= -np.radians(90 + middles[:, 1])
    )
    _, owner = shapely.get_coordinates(grown, return_index=True)
    found = shapely.transform(grown, lambda xy: from_plane(xy, middles[owner]))
    for row in np.flatnonzero(beyond).tolist():
        found[row] = _over_pole(grown[row], middles[row])
    return found


def _over_pole(polygon: Any, middle: Floats) -> Any:
    """Bring a projected polygon that reaches over a pole back to degrees.

    Behind a pole the meridian opposite to the middle is a seam, so the eastern and the western half are brought back by
    themselves.
    """
    halves = []
    for side, window in _HALVES.items():
        for part in shapely.get_parts(shapely.intersection(polygon, window)):
            if shapely.get_type_id(part) == _POLYGON:
                rings = [part.exterior, *part.interiors]
                shell, *holes = (
                    _half_ring(shapely.get_coordinates(r), middle, side) for r in rings
                )
                halves.append(shapely.make_valid(shapely.polygons(shell, holes or None)))
    return shapely.union_all(halves)


def _half_ring(xy: Floats, middle: Floats, side: int) -> Floats:
    """Bring a ring on one side of the middle's meridian back to degrees.

    Its edge through a pole becomes the edge from one meridian to the opposite one along the top of the map.
    """
    found = from_plane(xy, np.broadcast_to(middle, xy.shape))
    on_seam = np.abs(xy[:, 0]) <= _ON_SEAM
    north, south = np.radians(90 - middle[1]), -np.radians(90 + middle[1])
    pole = np.where(xy[:, 1] > north, 90.0, np.where(xy[:, 1] < south, -90.0, 0.0))
    turn = np.where(on_seam, np.where(pole == 0, 0.0, 180.0), np.abs(found[:, 0] - middle[0]))
    found[:, 0] = middle[0] + side * turn
    ring = [found[0]]
    for here in range(1, len(found)):
        top = pole[here - 1] + pole[here]
        if on_seam[here - 1] and on_seam[here] and abs(top) == 90:
            ring += [np.array([found[end, 0], top]) for end in (here - 1, here)]
        ring.append(found[here])
    return np.array(ring)


def _wide(part: Any, angle: float, count: int) -> Any:
    """Buffer a part that is too large for one plane."""
    is_polygon = shapely.get_type_id(part) == _POLYGON
    if angle < 0 and not is_polygon:
        return None
    runs = _runs(part)
    size = np.full(len(runs), abs(angle))
    band = shapely.union_all(_grown(runs, size, np.full(len(runs), count)))
    if not is_polygon:
        return band
    part = shapely.make_valid(part)
    return shapely.union(part, band) if angle >= 0 else shapely.difference(part, band)


def _runs(part: Any) -> Shapes:
    """Cut a line, or the rings of a polygon, into lines of a few degrees."""
    rings = shapely.get_rings(part) if shapely.get_type_id(part) == _POLYGON else [part]
    found = []
    for ring in rings:
        xy = shapely.get_coordinates(ring)
        passed = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))))
        number = np.floor(passed / _RUN_DEGREES)
        starts = np.flatnonzero(np.concatenate(([True], number[1:] != number[:-1]))).tolist()
        for start, end in zip(starts, [*starts[1:], len(xy) - 1], strict=True):
            if end > start:
                found.append(shapely.linestrings(xy[start : end + 1]))
    return np.array(found, object)


def _joined(grown: Shapes) -> Any:
    """Join the buffers of a row's parts, and cut them at the antimeridian."""
    present = [one for one in grown.tolist() if one is not None and not one.is_empty]
    if not present:
        return None
    return cut_polygons(present[0] if len(present) == 1 else shapely.union_all(present))
