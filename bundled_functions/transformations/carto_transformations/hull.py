"""Concave hulls: a set of points' Delaunay triangles without those that have a long edge (as turf.js makes them)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from carto_transformations.sphere import angular_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def concave_hulls(shapes: Any, longest: Floats) -> list[Any]:
    """Return a shapely geometry per row of `shapes`, whose vertices are the points, or None.

    `longest` is the longest edge, an angle in radians (infinity: the convex hull). One point, and points on a line, are
    their own convex hull. None where every triangle has a longer edge, and for empty geometries.
    """
    points = np.full(len(shapes), None, object)
    counts = shapely.get_num_coordinates(shapes)
    if counts.any():
        vertices = shapely.points(shapely.get_coordinates(shapes))
        rows = np.repeat(np.arange(len(shapes)), counts)
        shapely.multipoints(vertices, indices=rows, out=points)
    hulls = shapely.convex_hull(points)
    found = list(hulls)
    bounded = np.flatnonzero((shapely.get_dimensions(hulls) == 2) & np.isfinite(longest))
    if not len(bounded):
        return found
    triangles, owner = shapely.get_parts(
        shapely.delaunay_triangles(points[bounded]), return_index=True
    )
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)
    edges = angular_distance(corners[:, :-1].reshape(-1, 2), corners[:, 1:].reshape(-1, 2))
    kept = edges.reshape(-1, 3).max(axis=1) <= longest[bounded][owner]
    triangles, owner = triangles[kept], owner[kept]
    ends = np.searchsorted(owner, np.arange(len(bounded) + 1)).tolist()
    for place, row in enumerate(bounded.tolist()):
        mine = triangles[ends[place] : ends[place + 1]]
        found[row] = shapely.normalize(shapely.union_all(mine)) if len(mine) else None
    return found
