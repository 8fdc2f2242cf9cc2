"""Repairs triangulations with triangles that are nearly lines, where GEOS's answer is not a Delaunay triangulation.

GEOS leaves such a triangle where a point lies on an edge but for a rounding error, as the middle of a hexagon does.
Lawson's algorithm (1977) turns any triangulation into a Delaunay one: it flips an edge, to the other diagonal of its
two triangles, as long as the angles opposite it are together more than 180 degrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

_TOLERANCE = 1e-12

Point = tuple[float, float]


def repaired(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the Delaunay triangulation that flips make of a triangulation, both numbers of points of shape (n, 3).

    Triangles without an area are left out.
    """
    places: dict[int, Point] = {
        number: (x, y)
        for number, (x, y) in zip(
            triangles.reshape(-1).tolist(), points[triangles.reshape(-1)].tolist(), strict=True
        )
    }
    flipped = [
        one
        for one in _flip_all(triangles.tolist(), places)
        if _cross(*(places[corner] for corner in one)) > 0
    ]
    return np.array(flipped, np.int64).reshape(-1, 3)


def _flip_all(
    triangles: Iterable[list[int]], places: Mapping[int, Point]
) -> list[tuple[int, int, int]]:
    """Flip edges until none is left to flip. `third[a, b]` is the corner left of the edge from a to b."""
    third: dict[tuple[int, int], int] = {}
    for a, b, c in triangles:
        third[a, b], third[b, c], third[c, a] = c, a, b
    waiting = list(third)
    for _ in range(len(third) ** 2):
        if not waiting:
            break
        a, b = waiting.pop()
        c, d = third.get((a, b)), third.get((b, a))
        if c is None or d is None:
            continue
        if not _is_to_flip(places[a], places[b], places[c], places[d]):
            continue
        del third[a, b], third[b, a]
        third[a, d], third[d, c], third[c, a] = c, a, d
        third[d, b], third[b, c], third[c, d] = c, d, b
        waiting += [(a, d), (d, b), (b, c), (c, a)]
    return [(a, b, c) for (a, b), c in third.items() if a < b and a < c]


def _is_to_flip(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the edge a-b between the triangles a-b-c and b-a-d should be c-d, and can be.

    The sine of the sum of the angles at c and d is negative when they are together more than 180 degrees.
    """
    cross_c, dot_c = _cross(c, a, b), _dot(c, a, b)
    cross_d, dot_d = _cross(d, b, a), _dot(d, b, a)
    scale = (abs(cross_c) + abs(dot_c)) * (abs(cross_d) + abs(dot_d))
    if cross_c * dot_d + dot_c * cross_d >= -_TOLERANCE * scale:
        return False
    return _cross(a, d, c) > 0 and _cross(d, b, c) > 0


def _cross(origin: Point, one: Point, other: Point) -> float:
    return (one[0] - origin[0]) * (other[1] - origin[1]) - (one[1] - origin[1]) * (
        other[0] - origin[0]
    )


def _dot(origin: Point, one: Point, other: Point) -> float:
    return (one[0] - origin[0]) * (other[0] - origin[0]) + (one[1] - origin[1]) * (
        other[1] - origin[1]
    )
