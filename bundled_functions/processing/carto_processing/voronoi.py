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

from carto_processing.sites import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carto_processing.delaunay import Triangles
    from carto_processing.sites import Sites

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_SMALLEST = np.finfo(np.float64).tiny
_SHORTEST = 1e-12
_SMALL_NUMBERS = 65_536


@dataclass(frozen=True, slots=True)
class Diagrams:
    """The lines between cells, cut to their row's rectangle: line i goes from `starts[:, i]` to `stops[:, i]`.

    Both have shape (2, n): x and y. `pairs[:, i]` are the numbers of the points that it is between. `boxes[j]` is row
    j's rectangle, `[[min_x, min_y], [max_x, max_y]]`. Where lines meet, some may be as short as a rounding error. Lines
    are unordered.
    """

    sites: Sites
    boxes: Floats
    pairs: Integers
    starts: Floats
    stops: Floats

    def lines(self) -> tuple[Floats, Integers]:
        """Return the lines that have a length, rounded, of shape (n, 2, 2), and where each row's begin and end."""
        rows = self.sites.rows[self.pairs[0]]
        sizes = (self.boxes[:, 1] - self.boxes[:, 0]).max(axis=1)
        away = self.stops - self.starts
        long = np.flatnonzero(np.hypot(away[0], away[1]) > _SHORTEST * sizes[rows])
        chosen = long[np.argsort(rows[long], kind="stable")]
        offsets = np.searchsorted(rows[chosen], np.arange(len(self.sites) + 1))
        ends = np.stack((self.starts[:, chosen].T, self.stops[:, chosen].T), axis=1)
        return rounded(ends), offsets


def diagrams(sites: Sites, triangles: Triangles, boxes: Floats) -> Diagrams:
    """Return the diagrams of rows with at least one point each, all inside the row's rectangle."""
    points = np.ascontiguousarray(sites.points.T)
    pairs, lower, upper = _bisectors(points, triangles.corners)
    aligned = _neighbours_on_lines(sites, triangles)
    if aligned.size:
        endless = np.full(aligned.shape[1], np.inf)
        pairs = np.concatenate((pairs, aligned), axis=1)
        lower, upper = np.concatenate((lower, -endless)), np.concatenate((upper, endless))
    begin, end = points[:, pairs[0]], points[:, pairs[1]]
    away = end - begin
    middle, normal = begin + 0.5 * away, np.stack((-away[1], away[0]))
    low, high = (
        np.ascontiguousarray(side.T)[:, sites.rows[pairs[0]]] for side in boxes.swapaxes(0, 1)
    )
    lower, upper = _clip(middle, normal, (lower, upper), (low, high))
    kept = np.flatnonzero(lower < upper)
    middle, normal, low, high = (each[:, kept] for each in (middle, normal, low, high))
    starts, stops = (
        np.clip(middle + stretch[kept] * normal, low, high) for stretch in (lower, upper)
    )
    return Diagrams(sites, boxes, pairs[:, kept], starts, stops)


def _neighbours_on_lines(sites: Sites, triangles: Triangles) -> Integers:
    """Return pairs of points that are next to each other, for the rows whose points all lie on one line."""
    found = [np.empty((2, 0), np.int64)]
    for row in np.flatnonzero(np.diff(triangles.offsets) == 0):
        points = sites.row(row)
        order = sites.offsets[row] + np.lexsort((points[:, 1], points[:, 0]))
        found.append(np.stack((order[:-1], order[1:])))
    return np.concatenate(found, axis=1)


def _bisectors(points: Floats, corners: Integers) -> tuple[Integers, Floats, Floats]:
    """Return the pairs of points that share an edge, and where their bisectors start and stop, in multiples of n."""
    begins = np.ascontiguousarray(corners.T)
    half = (0.5 * _opposite_cotangents(points[:, begins])).reshape(-1)
    begin, end = begins.reshape(-1), begins[[1, 2, 0]].reshape(-1)
    forward = begin < end
    low, high = np.where(forward, begin, end), np.where(forward, end, begin)
    count = points.shape[1]
    order = np.lexsort((_quick_to_sort(high, count), _quick_to_sort(low, count)))
    lows, highs, forward, half = low[order], high[order], forward[order], half[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (lows[1:] != lows[:-1]) | (highs[1:] != highs[:-1])
    edge = np.cumsum(first) - 1
    places = order[first]
    lower, upper = np.full(len(places), -np.inf), np.full(len(places), np.inf)
    # An edge belongs to at most two triangles, which pass it in opposite directions.
    upper[edge[forward]] = half[forward]
    lower[edge[~forward]] = -half[~forward]
    return np.stack((low[places], high[places])), lower, upper


def _quick_to_sort(numbers: Integers, count: int) -> NDArray[np.integer]:
    """Return numbers below `count` in two bytes if they fit: numpy sorts those in no time."""
    return numbers.astype(np.uint16) if count <= _SMALL_NUMBERS else numbers


def _opposite_cotangents(corners: Floats) -> Floats:
    """Return, for each edge (corner i to i + 1) of triangles, the cotangent of the angle opposite it: shape (3, n).

    `corners` has shape (2, 3, n).
    """
    x, y = corners[:, [1, 2, 0]] - corners
    before_x, before_y = x[[2, 0, 1]], y[[2, 0, 1]]
    dot = -(x * before_x + y * before_y)
    doubled = before_x * y - before_y * x
    # The area is taken from the two shorter sides: with long ones, nearly all digits of thin triangles would cancel.
    widest = dot.argmin(axis=0)
    area = np.maximum(doubled[widest, np.arange(len(widest))], _SMALLEST)
    with np.errstate(over="ignore"):
        return dot[[2, 0, 1]] / area


def _clip(
    middle: Floats,
    normal: Floats,
    stretch: tuple[Floats, Floats],
    frames: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Cut lines `middle + t * normal` to rectangles (Liang and Barsky 1984). A line outside gets an empty stretch."""
    low, high = frames
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, other = (low - middle) / normal, (high - middle) / normal
    enters, leaves = np.minimum(one, other), np.maximum(one, other)
    level = normal == 0
    if level.any():
        inside = (low <= middle) & (middle <= high)
        enters = np.where(level, np.where(inside, -np.inf, np.inf), enters)
        leaves = np.where(level, np.where(inside, np.inf, -np.inf), leaves)
    lower = np.maximum(stretch[0], np.maximum(enters[0], enters[1]))
    upper = np.minimum(stretch[1], np.minimum(leaves[0], leaves[1]))
    kept = lower < upper
    return np.where(kept, lower, 0.0), np.where(kept, upper, 0.0)


def cells(drawn: Diagrams) -> tuple[Floats, Integers]:
    """Return the cell of each point, in the order of the points, rounded as results are.

    Cells are closed rings that go counter-clockwise: ring i is `coordinates[offsets[i]:offsets[i + 1]]`.
    """
    owners, starts, stops = _sides(drawn)
    count = len(drawn.sites.points)
    middles = 0.5 * (starts + stops)
    amounts = np.bincount(owners, minlength=count)
    inner = np.stack([np.bincount(owners, values, minlength=count) / amounts for values in middles])
    order = _order(owners, _turn(*(middles - inner[:, owners])), count)
    x, y = (
        np.stack((start[order], stop[order]), axis=1).reshape(-1)
        for start, stop in zip(rounded(starts), rounded(stops), strict=True)
    )
    owners = np.repeat(owners[order], 2)
    kept = np.ones(len(owners), np.bool_)
    kept[1:] = (owners[1:] != owners[:-1]) | (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    return _closed(owners[kept], np.stack((x[kept], y[kept]), axis=1), count)


def _order(owners: Integers, turns: Floats, count: int) -> Integers:
    """Return the order by owner and turn, and among equals as they are."""
    order = np.argsort(turns)
    ordered = turns[order]
    if (ordered[1:] == ordered[:-1]).any():
        # The fast way leaves equals in an order that depends on the processor.
        order = np.argsort(turns, kind="stable")
    return order[np.argsort(_quick_to_sort(owners, count)[order], kind="stable")]


def _turn(x: Floats, y: Floats) -> Floats:
    """Return what grows as the angle of (x, y) does, from -2 at -180 degrees to 2 at 180."""
    size = np.abs(x) + np.abs(y)
    along = x / np.where(size == 0, 1.0, size)
    return np.where(y < 0, along - 1, 1 - along)


def _sides(drawn: Diagrams) -> tuple[Integers, Floats, Floats]:
    """Return what cells are made of, and where that starts and stops: lines, and corners as lines without a length.

    Cells pass their lines counter-clockwise: that of the first point of a pair from start to stop, that of the second
    the other way.
    """
    points, rows = np.ascontiguousarray(drawn.sites.points.T), drawn.sites.rows
    firsts = drawn.sites.offsets[:-1]
    owners, starts, stops = [*drawn.pairs], [drawn.starts, drawn.stops], [drawn.stops, drawn.starts]
    for across, up in ((0, 0), (1, 0), (1, 1), (0, 1)):
        corner = np.stack((drawn.boxes[:, across, 0], drawn.boxes[:, up, 1]))
        x, y = points - corner[:, rows]
        squares = x * x + y * y
        closest = np.flatnonzero(squares == np.minimum.reduceat(squares, firsts)[rows])
        owners.append(closest[np.searchsorted(closest, firsts)])
        starts.append(corner)
        stops.append(corner)
    owner = np.concatenate(owners)
    # Among points that are as close as a rounding error, one may be left without a line: its cell is its place.
    lost = np.flatnonzero(np.bincount(owner, minlength=points.shape[1]) == 0)
    return (
        np.concatenate((owner, lost)),
        np.concatenate((*starts, points[:, lost]), axis=1),
        np.concatenate((*stops, points[:, lost]), axis=1),
    )


def _closed(owners: Integers, corners: Floats, count: int) -> tuple[Floats, Integers]:
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
