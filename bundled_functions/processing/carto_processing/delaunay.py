"""Delaunay triangulations, by GEOS (incremental: Guibas and Stolfi 1985), and by flips where that fails."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from carto_processing.flips import repaired

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carto_processing.sites import Sites

THIN = 3e-9
"""A triangle whose area is less than this part of the squares of two of its sides is nearly a line."""


@dataclass(frozen=True, slots=True)
class Triangles:
    """The triangles of a batch: row i has `corners[offsets[i]:offsets[i + 1]]`, numbers of points, of shape (n, 3)."""

    corners: NDArray[np.int64]
    offsets: NDArray[np.int64]


def triangulate(sites: Sites) -> Triangles:
    """Return the Delaunay triangles of each row.

    Corners go counter-clockwise. Fewer than three points and points on one line have no triangles. Where four or more
    points lie on one circle, one of several equally good triangulations is chosen, always the same.
    """
    found, owners = _by_geos(sites)
    (x0, x1, x2), (y0, y1, y2) = (np.ascontiguousarray(axis)[found.T] for axis in sites.points.T)
    x1, y1, x2, y2 = x1 - x0, y1 - y0, x2 - x0, y2 - y0
    areas = x1 * y2 - y1 * x2
    # All go the same way round, also those that are so thin that their areas do not tell.
    if areas.sum() < 0:
        found = found[:, ::-1]
    squares = x1 * x1 + y1 * y1 + x2 * x2 + y2 * y2
    thin = np.unique(owners[np.abs(areas) <= THIN * squares])
    offsets = np.searchsorted(owners, np.arange(len(sites) + 1))
    triangles = Triangles(found, offsets)
    return _repaired(sites, triangles, thin) if len(thin) else triangles


def _by_geos(sites: Sites) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the corners and the row of each triangle that GEOS finds."""
    sizes = np.diff(sites.offsets)
    rows = np.flatnonzero(sizes > 2)
    numbers = np.flatnonzero(np.repeat(sizes > 2, sizes))
    if not len(rows):
        return np.empty((0, 3), np.int64), np.empty(0, np.int64)
    # GEOS keeps a third coordinate: here it tells which point a corner is. Lines are made faster than MultiPoints.
    marked = np.column_stack((sites.points[numbers], numbers))
    shapes = shapely.linestrings(marked, indices=np.repeat(np.arange(len(rows)), sizes[rows]))
    coordinates, owners = shapely.get_coordinates(
        shapely.delaunay_triangles(shapes), include_z=True, return_index=True
    )
    return coordinates[:, 2].astype(np.int64).reshape(-1, 4)[:, :3], rows[owners[::4]]


def _repaired(sites: Sites, triangles: Triangles, rows: NDArray[np.int64]) -> Triangles:
    bounds = triangles.offsets
    parts = [triangles.corners[start:end] for start, end in pairwise(bounds.tolist())]
    for row in rows.tolist():
        parts[row] = repaired(sites.points, parts[row])
    sizes = [len(part) for part in parts]
    return Triangles(np.concatenate(parts), np.concatenate(([0], np.cumsum(sizes))))
