"""Voronoi diagrams within a rectangle, from the Delaunay triangulation of the points.

The line between the cells of two points lies on their perpendicular bisector, and there is one for every edge of the
Delaunay triangulation (de Berg et al., Computational Geometry, chapters 7 and 9). With the edge from a to b, m its
middle and n the vector from a to b turned left by 90 degrees, it goes from m - n cot(D) / 2 to m + n cot(C) / 2,
where C and D are the angles of the triangles on the left and on the right that lie opposite the edge; on a side
without a triangle it does not end. A cell is convex: its corners are the ends of its lines, and the corners of the
rectangle that it is nearest to.

GEOS has a function for diagrams, too. It is not used because its cells cross themselves where many points lie on one
circle but for a rounding error (as in grids of decimal numbers), which cutting them to the rectangle makes worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_processing.delaunay import doubled_area
from carto_processing.sites import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carto_processing.envelopes import Envelope

_SMALLEST = np.finfo(np.float64).tiny
_SHORTEST = 1e-12


@dataclass(frozen=True, slots=True)
class Diagram:
    """The lines between cells, cut to the rectangle: line i, `segments[i]` of shape (2, 2), is between two points.

    `pairs[i]` are the numbers of these points in `points`. Where lines meet, some may be as short as a rounding error.
    """

    points: NDArray[np.float64]
    envelope: Envelope
    pairs: NDArray[np.int64]
    segments: NDArray[np.float64]

    def lines(self) -> NDArray[np.float64]:
        """Return the lines that have a length, of shape (n, 2, 2)."""
        size = float(np.subtract(*self.envelope.corners[::-1]).max())
        lengths = np.hypot(*(self.segments[:, 1] - self.segments[:, 0]).T)
        return self.segments[lengths > _SHORTEST * size]


def diagram(
    points: NDArray[np.float64], triangles: NDArray[np.float64], envelope: Envelope
) -> Diagram:
    """Return the diagram of different points inside a rectangle. `triangles` are their Delaunay triangles."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    if len(triangles):
        pairs, lower, upper = _bisectors(order, points, triangles)
    else:  # all on one line, where neighbours are those next to each other
        pairs = np.stack((order[:-1], order[1:]), axis=1)
        lower, upper = np.full(len(pairs), -np.inf), np.full(len(pairs), np.inf)
    begin, end = points[pairs[:, 0]], points[pairs[:, 1]]
    middle = begin + 0.5 * (end - begin)
    normal = np.stack((begin[:, 1] - end[:, 1], end[:, 0] - begin[:, 0]), axis=1)
    lower, upper = _clip(middle, normal, (lower, upper), envelope)
    kept = lower < upper
    stretch = np.stack((lower[kept], upper[kept]), axis=1)
    lines = middle[kept][:, None] + stretch[:, :, None] * normal[kept][:, None]
    return Diagram(points, envelope, pairs[kept], np.clip(lines, *envelope.corners))


def _bisectors(
    order: NDArray[np.int64], points: NDArray[np.float64], triangles: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the pairs of points that share an edge, and where their bisectors start and stop, in multiples of n."""
    as_complex = np.array([1, 1j])
    numbers = order[np.searchsorted(points[order] @ as_complex, triangles @ as_complex)]
    begin, end = numbers.reshape(-1), numbers[:, [1, 2, 0]].reshape(-1)
    half = 0.5 * _opposite_cotangents(triangles).reshape(-1)
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    edges, place = np.unique(low * len(points) + high, return_inverse=True)
    lower, upper = np.full(len(edges), -np.inf), np.full(len(edges), np.inf)
    # An edge belongs to at most two triangles, which pass it in opposite directions.
    forward = begin < end
    upper[place[forward]] = half[forward]
    lower[place[~forward]] = -half[~forward]
    return np.stack(np.divmod(edges, len(points)), axis=1), lower, upper


def _opposite_cotangents(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each edge (corner i to i + 1) of each triangle, the cotangent of the angle opposite it."""
    doubled = np.maximum(doubled_area(triangles), _SMALLEST)
    opposite = triangles[:, [2, 0, 1]]
    one = triangles - opposite
    other = triangles[:, [1, 2, 0]] - opposite
    with np.errstate(over="ignore"):
        return (one * other).sum(axis=2) / doubled[:, None]


def _clip(
    middle: NDArray[np.float64],
    normal: NDArray[np.float64],
    stretch: tuple[NDArray[np.float64], NDArray[np.float64]],
    envelope: Envelope,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut lines `middle + t * normal` to a rectangle (Liang and Barsky 1984). A line outside gets an empty stretch."""
    low, high = envelope.corners
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, other = (low - middle) / normal, (high - middle) / normal
    enters, leaves = np.minimum(one, other), np.maximum(one, other)
    inside = (low <= middle) & (middle <= high)
    enters = np.where(normal == 0, np.where(inside, -np.inf, np.inf), enters)
    leaves = np.where(normal == 0, np.where(inside, np.inf, -np.inf), leaves)
    lower = np.maximum(stretch[0], enters.max(axis=1))
    upper = np.minimum(stretch[1], leaves.min(axis=1))
    kept = lower < upper
    return np.where(kept, lower, 0.0), np.where(kept, upper, 0.0)


def cells(drawn: Diagram) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the cell of each point of a diagram, in the order of the points, rounded as results are.

    Cells are closed rings that go counter-clockwise: ring i is `coordinates[offsets[i]:offsets[i + 1]]`.
    """
    owners, corners = _corners(drawn)
    count = len(drawn.points)
    amounts = np.bincount(owners, minlength=count)
    middles = np.stack(
        [np.bincount(owners, values, minlength=count) / amounts for values in corners.T], axis=1
    )
    away = corners - middles[owners]
    order = np.lexsort((np.arctan2(away[:, 1], away[:, 0]), owners))
    owners, corners = owners[order], rounded(corners[order])
    kept = np.ones(len(owners), np.bool_)
    kept[1:] = (owners[1:] != owners[:-1]) | (corners[1:] != corners[:-1]).any(axis=1)
    return _closed(owners[kept], corners[kept], count)


def _corners(drawn: Diagram) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the corners of all cells and the points that they belong to, in no order and some more than once."""
    (west, south), (east, north) = drawn.envelope.corners
    frame = np.array([(west, south), (east, south), (east, north), (west, north)])
    away = frame[:, None] - drawn.points
    nearest = (away * away).sum(axis=2).argmin(axis=1)
    owners = np.concatenate((np.repeat(drawn.pairs, 2, axis=0).T.reshape(-1), nearest))
    ends = drawn.segments.reshape(-1, 2)
    corners = np.concatenate((ends, ends, frame))
    # Among points that are as close as a rounding error, one may be left without a line: its cell is its place.
    lost = np.setdiff1d(np.arange(len(drawn.points)), owners)
    return np.concatenate((owners, lost)), np.concatenate((corners, drawn.points[lost]))


def _closed(
    owners: NDArray[np.int64], corners: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Repeat the first corner of each ring at its end, and as often as a cell without an area needs to have four."""
    amounts = np.bincount(owners, minlength=count)
    sizes = np.maximum(amounts + 1, 4)
    starts, offsets = np.cumsum(amounts) - amounts, np.concatenate(([0], np.cumsum(sizes)))
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    picked = np.where(place < np.repeat(amounts, sizes), place, 0) + np.repeat(starts, sizes)
    return corners[picked], offsets
