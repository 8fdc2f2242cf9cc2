"""Delaunay triangulations, by GEOS (incremental: Guibas and Stolfi 1985), and by flips where that fails."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from carto_processing.flips import is_thin, repaired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def triangulate(sites: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Return the Delaunay triangles of each row's different points, as arrays of shape (triangles, 3, 2).

    Corners go counter-clockwise. Fewer than three points and points on one line have no triangles. Where four or more
    points lie on one circle, one of several equally good triangulations is chosen, always the same.
    """
    if not sites:
        return []
    shapes = multipoints(sites)
    coordinates, rows = shapely.get_coordinates(
        shapely.delaunay_triangles(shapes), return_index=True
    )
    triangles = coordinates.reshape(-1, 4, 2)[:, :3]
    areas = doubled_area(triangles)
    # All go the same way round, also those that are so thin that their areas do not tell.
    if areas.sum() < 0:
        triangles = triangles[:, ::-1]
    owners = rows[::4]
    bounds = np.searchsorted(owners, np.arange(len(sites) + 1)).tolist()
    made = [triangles[start:end] for start, end in pairwise(bounds)]
    for row in np.unique(owners[is_thin(triangles, areas)]).tolist():
        made[row] = repaired(made[row])
    return made


def multipoints(sites: Sequence[NDArray[np.float64]]) -> NDArray[np.object_]:
    """Return a shapely MultiPoint per row."""
    made = np.empty(len(sites), object)
    filled = [row for row, points in enumerate(sites) if len(points)]
    made[:] = shapely.MultiPoint()
    if filled:
        counts = [len(sites[row]) for row in filled]
        points = shapely.points(np.concatenate([sites[row] for row in filled]))
        made[filled] = shapely.multipoints(
            points, indices=np.repeat(np.arange(len(filled)), counts)
        )
    return made


def doubled_area(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return twice the signed area of triangles of shape (n, 3, 2), positive when they go counter-clockwise.

    It is taken from the two shorter sides: with long ones, nearly all digits of thin triangles would cancel.
    """
    sides = triangles[:, [1, 2, 0]] - triangles
    longest = (sides * sides).sum(axis=2).argmax(axis=1)
    rows = np.arange(len(triangles))
    first, second = sides[rows, (longest + 1) % 3], sides[rows, (longest + 2) % 3]
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
