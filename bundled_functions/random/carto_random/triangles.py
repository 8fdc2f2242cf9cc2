"""Random points by triangles: for polygons that are too thin to be hit by chance.

The polygon is cut into triangles (constrained Delaunay, by GEOS), and every point takes two draws: a triangle by its
size, and a place in it (the square's upper half folded over: Turk 1990, Graphics Gems I.5). To be uniform on the
sphere, a place at latitude y is kept with the probability cos(y) / cos(y0), where y0 is the triangle's latitude
nearest to the equator, and triangles are chosen by area times cos(y0). The cosine is concave between the poles, so
its mean over a triangle is at least a third of its maximum there: at least every third place is kept, whatever the
shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from carto_random.regions import cosine, steepest

if TYPE_CHECKING:
    from numpy.typing import NDArray


def draw(shape: Any, count: int, dice: np.random.Generator) -> NDArray[np.float64] | None:
    """Draw exactly `count` points inside a polygon: an array of shape (count, 2), None when it has no area."""
    corners, weights = _triangles(shape)
    total = float(weights.sum())
    if not total > 0:
        return None
    shares = np.cumsum(weights) / total
    found: list[NDArray[np.float64]] = []
    missing = count
    while missing > 0:
        points = _draw_once(corners, shares, 3 * missing + 8, dice)[:missing]
        found.append(points)
        missing -= len(points)
    return np.concatenate(found) if found else np.empty((0, 2))


def _triangles(shape: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the triangles' corners, of shape (n, 3, 2), and the weights to choose them by."""
    parts = shapely.get_parts(shapely.constrained_delaunay_triangles(shape))
    corners = shapely.get_coordinates(parts).reshape(-1, 4, 2)[:, :3]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    return corners, areas * _steepest(corners)


def _steepest(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    return steepest(corners[:, :, 1].min(axis=1), corners[:, :, 1].max(axis=1))


def _draw_once(
    corners: NDArray[np.float64], shares: NDArray[np.float64], count: int, dice: np.random.Generator
) -> NDArray[np.float64]:
    chances = dice.random((count, 4))
    # Chances are below 1, but the last share may be, too, by a rounding error.
    chosen = np.minimum(np.searchsorted(shares, chances[:, 0], side="right"), len(shares) - 1)
    places = corners[chosen]
    along, up = chances[:, 1], chances[:, 2]
    folded = along + up > 1
    along, up = np.where(folded, 1 - along, along), np.where(folded, 1 - up, up)
    points = (
        places[:, 0]
        + along[:, None] * (places[:, 1] - places[:, 0])
        + up[:, None] * (places[:, 2] - places[:, 0])
    )
    return points[chances[:, 3] * _steepest(places) < cosine(points[:, 1])]
