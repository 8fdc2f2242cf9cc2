"""Tiles that fill geometries in one of three modes, of the whole grid or of a part of it for each geometry.

intersects  all tiles that a geometry touches (`cover`)
center      tiles whose centre is inside a polygon, by the even-odd rule; a tiling of areas shares every tile once
contains    of these, the tiles whose insides no edge passes through

Each holds the tiles of the next. In `center` and `contains` points and lines have no tiles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.errors import reject
from carto_at_runtime.limits import check_fits
from carto_at_runtime.tiles.cover import (
    MAX_RUNS,
    NOT_A_RING,
    Cover,
    affordable,
    check_degrees,
    in_groups,
    insides,
    merge,
    outlines_of,
)
from carto_at_runtime.tiles.mercator import project
from carto_at_runtime.tiles.scan import Runs, edge_runs, open_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_runtime.tiles.cover import Demand, Outlines
    from carto_at_runtime.tiles.mercator import Integers
    from carto_at_runtime.wkb import Geometries

CENTER, INTERSECTS, CONTAINS = "center", "intersects", "contains"
MODES = (CENTER, INTERSECTS, CONTAINS)
_COLUMN_BITS = 30


@dataclass(frozen=True, slots=True)
class Window:
    """The part of its grid that each geometry gets tiles of: columns `west` to `east`, rows `north` to `south`."""

    west: Integers
    east: Integers
    north: Integers
    south: Integers

    @classmethod
    def below(cls, x: Integers, y: Integers, deeper: Integers) -> Window:
        """The descendants of tiles x, y on the grid that is `deeper` levels finer."""
        more = np.left_shift(1, deeper) - 1
        return cls(x << deeper, (x << deeper) + more, y << deeper, (y << deeper) + more)


def checked_modes(modes: Sequence[str]) -> list[str]:
    """Return modes in lower case. Raises `RowError` for others."""
    chosen = [mode.lower() for mode in modes]
    reject(
        np.array([mode not in MODES for mode in chosen], np.bool_),
        f"Invalid mode: should be {', '.join(MODES[:-1])} or {MODES[-1]}",
    )
    return chosen


def fill(
    geometries: Geometries, demand: Demand, modes: Sequence[str], window: Window | None = None
) -> Cover:
    """Return the tiles of every geometry, whose coordinates are degrees, in its mode and window.

    Raises what `cover` does.
    """
    check_degrees(geometries, len(demand.resolutions))
    z = demand.resolutions[np.repeat(geometries.rows, np.diff(geometries.offsets))]
    x, y = project(geometries.coordinates[:, 0], geometries.coordinates[:, 1], z, demand.shift)
    on_grid = replace(geometries, coordinates=np.stack((x, y), axis=1))
    outlines = outlines_of(on_grid, demand)
    if window is None:
        bounds = affordable(outlines, on_grid, demand)
        lines = np.zeros_like(demand.tiles), demand.tiles
    else:
        lines = window.north, window.south + 1
        outlines = _near(outlines, window)
        bounds = _affordable_within(outlines, demand)
    kinds = np.array([MODES.index(mode) for mode in modes])
    parts = [
        _filled(outlines.between(start, stop), demand, kinds, lines)
        for start, stop in pairwise(bounds)
    ]
    runs = parts[0] if len(parts) == 1 else Runs.concatenate(parts)
    runs = runs if window is None else _clipped(runs, window)
    counts = np.bincount(runs.owner, runs.lengths, len(kinds)).astype(np.int64)
    check_fits(counts * demand.item_bytes, 1, lambda row, _: demand.too_many(row, str(counts[row])))
    return Cover(runs, counts)


def _near(outlines: Outlines, window: Window) -> Outlines:
    """Leave out edges that are in none of the rows of a window: they cross none of its lines."""
    edges, rows = outlines.edges, outlines.rows
    near = (edges.last >= window.north[rows]) & (edges.first <= window.south[rows])
    return outlines.take(near)


def _affordable_within(outlines: Outlines, demand: Demand) -> list[int]:
    """Return the bounds of groups of geometries. Edges that reach beyond a window cost as much as they are long."""
    rows = len(demand.resolutions)
    edges = outlines.edges
    work = np.bincount(outlines.rows, edges.last - edges.first + 1, rows).astype(np.int64)
    reject(
        work > MAX_RUNS,
        lambda row: (
            f"the geometry is too large for resolution {demand.resolutions[row]}: use a coarser one"
        ),
    )
    heights = np.zeros(rows, np.int64)
    np.maximum.at(heights, outlines.rows, edges.last)
    return in_groups(work.tolist(), heights.tolist())


def _filled(
    outlines: Outlines, demand: Demand, kinds: Integers, lines: tuple[Integers, Integers]
) -> Runs:
    kind = kinds[outlines.rows]
    inside = insides(outlines, lines)
    touching = outlines.take(kind == MODES.index(INTERSECTS))
    along = edge_runs(touching.edges)
    runs = merge(
        Runs.concatenate(
            (inside, Runs(touching.rows[along.owner], along.row, along.low, along.high))
        ),
        demand,
    )
    crossing = outlines.take((kind == MODES.index(CONTAINS)) & (outlines.polygons != NOT_A_RING))
    if not len(crossing.rows):
        return runs
    across = open_runs(crossing.edges)
    taken = Runs(crossing.rows[across.owner], across.row, across.low, across.high)
    return _without(runs, merge(taken, demand))


def _without(runs: Runs, taken: Runs) -> Runs:
    """Return what is left of runs without others; both are ordered and do not overlap among themselves."""
    if not len(runs.row) or not len(taken.row):
        return runs
    lines = np.stack(
        (np.concatenate((runs.owner, taken.owner)), np.concatenate((runs.row, taken.row)))
    )
    known, line = np.unique(lines, axis=1, return_inverse=True)
    line = line.reshape(-1) << _COLUMN_BITS
    ours, theirs = line[: len(runs.row)], line[len(runs.row) :]
    places = np.concatenate(
        (ours | runs.low, ours + runs.high + 1, theirs | taken.low, theirs + taken.high + 1)
    )
    count, other = len(runs.row), len(taken.row)
    opened = np.concatenate(
        (np.full(count, 1), np.full(count, -1), np.full(other, -2), np.full(other, 2))
    )
    order = np.argsort(places, kind="stable")
    places, state = places[order], np.cumsum(opened[order])
    # What is ours and not theirs is open between two places with a state of 1.
    left = np.flatnonzero((state[:-1] == 1) & (places[1:] > places[:-1]))
    start, end = places[left], places[left + 1]
    column = (1 << _COLUMN_BITS) - 1
    owner, row = known[:, start >> _COLUMN_BITS]
    return Runs(owner, row, start & column, (end - 1) & column)


def _clipped(runs: Runs, window: Window) -> Runs:
    owner = runs.owner
    low = np.maximum(runs.low, window.west[owner])
    high = np.minimum(runs.high, window.east[owner])
    kept = (low <= high) & (runs.row >= window.north[owner]) & (runs.row <= window.south[owner])
    return Runs(owner[kept], runs.row[kept], low[kept], high[kept])
