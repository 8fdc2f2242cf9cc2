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

    from carto_processing.delaunay import Triangles
    from carto_processing.sites import Sites

_SMALLEST = np.finfo(np.float64).tiny
_SHORTEST = 1e-12


@dataclass(frozen=True, slots=True)
class Diagrams:
    """The lines between cells, cut to their row's rectangle: line i is `segments[i]`, of shape (2, 2).

    `pairs[i]` are the numbers of the points that it is between. `boxes[j]` is row j's rectangle,
    `[[min_x, min_y], [max_x, max_y]]`. Where lines meet, some may be as short as a rounding error. Lines are unordered.
    """

    sites: Sites
    boxes: NDArray[np.float64]
    pairs: NDArray[np.int64]
    segments: NDArray[np.float64]

    def lines(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the lines that have a length, rounded, of shape (n, 2, 2), and where each row's begin and end."""
        rows = self.sites.rows[self.pairs[:, 0]]
        sizes = (self.boxes[:, 1] - self.boxes[:, 0]).max(axis=1)
        away = self.segments[:, 1] - self.segments[:, 0]
        long = np.hypot(away[:, 0], away[:, 1]) > _SHORTEST * sizes[rows]
        order = np.argsort(rows[long], kind="stable")
        offsets = np.searchsorted(rows[long][order], np.arange(len(self.sites) + 1))
        return rounded(self.segments[long][order]), offsets


def diagrams(sites: Sites, triangles: Triangles, boxes: NDArray[np.float64]) -> Diagrams:
    """Return the diagrams of rows with at least one point each, all inside the row's rectangle."""
    pairs, lower, upper = _bisectors(sites.points, triangles.corners)
    aligned = _neighbours_on_lines(sites, triangles)
    if len(aligned):
        endless = np.full(len(aligned), np.inf)
        pairs = np.concatenate((pairs, aligned))
        lower, upper = np.concatenate((lower, -endless)), np.concatenate((upper, endless))
    begin, end = sites.points[pairs[:, 0]], sites.points[pairs[:, 1]]
    middle = begin + 0.5 * (end - begin)
    normal = np.stack((begin[:, 1] - end[:, 1], end[:, 0] - begin[:, 0]), axis=1)
    frames = boxes[sites.rows[pairs[:, 0]]]
    lower, upper = _clip(middle, normal, (lower, upper), frames)
    kept = lower < upper
    stretch = np.stack((lower[kept], upper[kept]), axis=1)
    segments = middle[kept][:, None] + stretch[:, :, None] * normal[kept][:, None]
    frames = frames[kept]
    segments = np.clip(segments, frames[:, :1], frames[:, 1:])
    return Diagrams(sites, boxes, pairs[kept], segments)


def _neighbours_on_lines(sites: Sites, triangles: Triangles) -> NDArray[np.int64]:
    """Return pairs of points that are next to each other, for the rows whose points all lie on one line."""
    found = [np.empty((0, 2), np.int64)]
    for row in np.flatnonzero(np.diff(triangles.offsets) == 0):
        points = sites.row(row)
        order = sites.offsets[row] + np.lexsort((points[:, 1], points[:, 0]))
        found.append(np.stack((order[:-1], order[1:]), axis=1))
    return np.concatenate(found)


def _bisectors(
    points: NDArray[np.float64], corners: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the pairs of points that share an edge, and where their bisectors start and stop, in multiples of n."""
    begin, end = corners.reshape(-1), corners[:, [1, 2, 0]].reshape(-1)
    half = 0.5 * _opposite_cotangents(points[corners]).reshape(-1)
    key = np.minimum(begin, end) * len(points) + np.maximum(begin, end)
    order = np.argsort(key)
    key = key[order]
    first = np.ones(len(key), np.bool_)
    first[1:] = key[1:] != key[:-1]
    edges = key[first]
    place = np.empty(len(key), np.int64)
    place[order] = np.cumsum(first) - 1
    lower, upper = np.full(len(edges), -np.inf), np.full(len(edges), np.inf)
    # An edge belongs to at most two triangles, which pass it in opposite directions.
    forward = begin < end
    upper[place[forward]] = half[forward]
    lower[place[~forward]] = -half[~forward]
    return np.stack(np.divmod(edges, max(len(points), 1)), axis=1), lower, upper


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
    frames: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut lines `middle + t * normal` to rectangles (Liang and Barsky 1984). A line outside gets an empty stretch."""
    low, high = frames[:, 0], frames[:, 1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, other = (low - middle) / normal, (high - middle) / normal
    enters, leaves = np.minimum(one, other), np.maximum(one, other)
    level = normal == 0
    if level.any():
        inside = (low <= middle) & (middle <= high)
        enters = np.where(level, np.where(inside, -np.inf, np.inf), enters)
        leaves = np.where(level, np.where(inside, np.inf, -np.inf), leaves)
    lower = np.maximum(stretch[0], np.maximum(enters[:, 0], enters[:, 1]))
    upper = np.minimum(stretch[1], np.minimum(leaves[:, 0], leaves[:, 1]))
    kept = lower < upper
    return np.where(kept, lower, 0.0), np.where(kept, upper, 0.0)


def cells(drawn: Diagrams) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the cell of each point, in the order of the points, rounded as results are.

    Cells are closed rings that go counter-clockwise: ring i is `coordinates[offsets[i]:offsets[i + 1]]`.
    """
    owners, sides = _sides(drawn)
    count = len(drawn.sites.points)
    middles = 0.5 * (sides[:, 0] + sides[:, 1])
    amounts = np.bincount(owners, minlength=count)
    inner = np.stack(
        [np.bincount(owners, values, minlength=count) / amounts for values in middles.T], axis=1
    )
    away = middles - inner[owners]
    order = np.lexsort((np.arctan2(away[:, 1], away[:, 0]), owners))
    corners = rounded(sides[order]).reshape(-1, 2)
    owners = np.repeat(owners[order], 2)
    kept = np.ones(len(owners), np.bool_)
    kept[1:] = (owners[1:] != owners[:-1]) | (corners[1:] != corners[:-1]).any(axis=1)
    return _closed(owners[kept], corners[kept], count)


def _sides(drawn: Diagrams) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what cells are made of, and the points that it belongs to: lines, and corners as lines without a length.

    Cells pass their lines counter-clockwise: that of the first point of a pair from start to stop, that of the second
    the other way.
    """
    points, rows = drawn.sites.points, drawn.sites.rows
    starts = drawn.sites.offsets[:-1]
    owners, sides = (
        [drawn.pairs[:, 0], drawn.pairs[:, 1]],
        [drawn.segments, drawn.segments[:, ::-1]],
    )
    for across, up in ((0, 0), (1, 0), (1, 1), (0, 1)):
        corner = np.stack((drawn.boxes[:, across, 0], drawn.boxes[:, up, 1]), axis=1)
        away = points - corner[rows]
        squares = (away * away).sum(axis=1)
        closest = np.flatnonzero(squares == np.minimum.reduceat(squares, starts)[rows])
        owners.append(closest[np.searchsorted(closest, starts)])
        sides.append(np.stack((corner, corner), axis=1))
    owner = np.concatenate(owners)
    # Among points that are as close as a rounding error, one may be left without a line: its cell is its place.
    lost = np.flatnonzero(np.bincount(owner, minlength=len(points)) == 0)
    sides.append(np.stack((points[lost], points[lost]), axis=1))
    return np.concatenate((owner, lost)), np.concatenate(sides)


def _closed(
    owners: NDArray[np.int64], corners: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make each ring end where it starts, with at least four places, as rings have even where a cell has no area."""
    amounts = np.bincount(owners, minlength=count)
    starts = np.cumsum(amounts) - amounts
    ends = starts + amounts - 1
    open_ = (corners[starts] != corners[ends]).any(axis=1)
    sizes = np.maximum(amounts + open_, 4)
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    picked = np.where(place < np.repeat(amounts, sizes), place, 0) + np.repeat(starts, sizes)
    return corners[picked], offsets
