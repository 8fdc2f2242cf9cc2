"""Edges to runs of tiles: the part of the cover that has to be exact about rounding.

Coordinates are positions on the grid, in tiles; x counts east and y south. A run is the tiles `low` to `high` (both
included) of one tile row.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from carto_at_runtime.tiles.mercator import Floats, Integers

_ROUNDING = 16 * float(np.finfo(np.float64).eps)
"""Bound of the relative error of a crossing: five roundings, with room."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Turned south, so that `y0 <= y1`; `turned` says which ones were. `first` and `last` are an edge's tile rows.

    An edge may be a single position.
    """

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    first: Integers
    last: Integers
    turned: NDArray[np.bool_]

    @classmethod
    def between(
        cls, start: tuple[Floats, Floats], end: tuple[Floats, Floats], tiles: Integers
    ) -> Edges:
        """Make edges from positions to positions; `tiles` is the number of tile rows of each one's grid."""
        turned = start[1] > end[1]
        x0, x1 = np.where(turned, end[0], start[0]), np.where(turned, start[0], end[0])
        y0, y1 = np.where(turned, end[1], start[1]), np.where(turned, start[1], end[1])
        bottom = tiles - 1
        first = np.minimum(np.maximum(np.floor(y0).astype(np.int64), 0), bottom)
        last = np.minimum(np.maximum(np.floor(y1).astype(np.int64), 0), bottom)
        return cls(x0, y0, x1, y1, first, last, turned)

    def take(self, chosen: Integers | NDArray[np.bool_] | slice) -> Edges:
        """Return the chosen edges."""
        return Edges(
            self.x0[chosen],
            self.y0[chosen],
            self.x1[chosen],
            self.y1[chosen],
            self.first[chosen],
            self.last[chosen],
            self.turned[chosen],
        )


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of tiles: `owner` is the edge (or polygon) that a run comes from, `row` its tile row."""

    owner: Integers
    row: Integers
    low: Integers
    high: Integers

    @property
    def lengths(self) -> Integers:
        """How many tiles each run has."""
        return self.high - self.low + 1

    @classmethod
    def concatenate(cls, parts: Sequence[Runs]) -> Runs:
        """Return the runs of all parts."""
        return cls(
            np.concatenate([part.owner for part in parts]),
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.low for part in parts]),
            np.concatenate([part.high for part in parts]),
        )


def steps(counts: Integers) -> tuple[Integers, Integers]:
    """Return for counts (2, 3) the owners (0, 0, 1, 1, 1) and the places (0, 1, 0, 1, 2)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    begin = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - begin[owner]


def edge_runs(edges: Edges) -> Runs:
    """Return the half-open tiles that the edges pass through: a run per edge and tile row.

    Within a row an edge goes from where it enters (which belongs to the row) to where it leaves (which is in the next
    row already, except at the edge's end).
    """
    owner, place = steps(edges.last - edges.first + 1)
    row = edges.first[owner] + place
    start = np.floor(edges.x0).astype(np.int64)[owner]
    stop = np.floor(edges.x1).astype(np.int64)[owner]
    before_stop = stop.copy()
    entering = np.flatnonzero(place)
    if len(entering):
        floors, ceilings = _crossings(edges, owner[entering], row[entering])
        start[entering] = floors
        stop[entering - 1] = floors
        before_stop[entering - 1] = ceilings - 1
    eastward = (edges.x1 >= edges.x0)[owner]
    low = np.where(eastward, start, stop)
    high = np.where(eastward, np.maximum(start, before_stop), start)
    return Runs(owner, row, low, high)


def open_runs(edges: Edges) -> Runs:
    """Return the tiles whose open insides the edges pass through: an edge along their borders does not count."""
    owner, place = steps(edges.last - edges.first + 1)
    row = edges.first[owner] + place
    low, high = np.floor(np.minimum(edges.x0, edges.x1)), np.ceil(np.maximum(edges.x0, edges.x1))
    low, high = low.astype(np.int64)[owner], high.astype(np.int64)[owner]
    eastward = (edges.x1 >= edges.x0)[owner]
    entering = np.flatnonzero(place)
    if len(entering):
        floors, ceilings = _crossings(edges, owner[entering], row[entering])
        east, west = eastward[entering], ~eastward[entering]
        # Where an edge enters a row, it has left the one before.
        low[entering[east]], high[entering[west]] = floors[east], ceilings[west]
        high[entering[east] - 1], low[entering[west] - 1] = ceilings[east], floors[west]
    # An edge that ends on a line between rows, or runs along one, is not inside of the row that begins there.
    passes = np.minimum(edges.y1[owner], row + 1.0) > np.maximum(edges.y0[owner], row)
    level = edges.y0 == edges.y1
    passes |= (level & (edges.y0 != np.floor(edges.y0)))[owner]
    passes &= high > low
    return Runs(owner[passes], row[passes], low[passes], high[passes] - 1)


def _crossings(edges: Edges, owner: Integers, line: Integers) -> tuple[Integers, Integers]:
    """Return floor and ceiling of the x where the edges `owner` cross the tile boundaries y = `line`."""
    x0, x1, y0 = edges.x0[owner], edges.x1[owner], edges.y0[owner]
    x = x0 + (line - y0) * ((x1 - x0) / (edges.y1[owner] - y0))
    # Rounding must not take a crossing past the ends of its edge.
    x = np.clip(x, np.minimum(x0, x1), np.maximum(x0, x1))
    floors, ceilings = np.floor(x).astype(np.int64), np.ceil(x).astype(np.int64)
    doubt = _ROUNDING * np.maximum(np.maximum(np.abs(x0), np.abs(x1)), 1.0)
    close = (np.abs(x - np.rint(x)) <= doubt) & (x0 != x1)
    for place in np.flatnonzero(close).tolist():
        edge = int(owner[place])
        floors[place], ceilings[place] = _exact_crossing(
            edges, edge, int(line[place]), int(np.rint(x[place]))
        )
    return floors, ceilings


def _exact_crossing(edges: Edges, edge: int, line: int, near: int) -> tuple[int, int]:
    """Decide on which side of the integer `near` a crossing is, in exact arithmetic."""
    x0, y0 = Fraction(float(edges.x0[edge])), Fraction(float(edges.y0[edge]))
    dx, dy = Fraction(float(edges.x1[edge])) - x0, Fraction(float(edges.y1[edge])) - y0
    side = (line - y0) * dx - (near - x0) * dy
    return (near - (side < 0), near + (side > 0))


def interior_runs(edges: Edges, polygons: Integers, lines: tuple[Integers, Integers]) -> Runs:
    """Return the tiles of the polygons' insides by the even-odd rule; `owner` is the polygon's number.

    `polygons` numbers each edge's polygon, and each polygon's edges close. Only tile rows from the first to before the
    second of `lines` are filled, which is given for each edge and the same for all of a polygon. A tile is inside when
    its centre is; about tiles that an edge touches the answer may be either.
    """
    top = np.clip(np.ceil(edges.y0 - 0.5), *lines).astype(np.int64)
    bottom = np.clip(np.ceil(edges.y1 - 0.5), *lines).astype(np.int64)
    owner, place = steps(bottom - top)
    row = top[owner] + place
    slope = np.zeros_like(edges.x0)
    np.divide(edges.x1 - edges.x0, edges.y1 - edges.y0, out=slope, where=bottom > top)
    x = edges.x0[owner] + (row + 0.5 - edges.y0[owner]) * slope[owner]
    toggle = np.ceil(x - 0.5).astype(np.int64)
    order = np.lexsort((toggle, row, polygons[owner]))
    enter, leave = order[0::2], order[1::2]
    filled = toggle[leave] > toggle[enter]
    enter, leave = enter[filled], leave[filled]
    return Runs(polygons[owner[enter]], row[enter], toggle[enter], toggle[leave] - 1)
