"""Which cells fill geometries, in three modes of which each holds the cells of the one before.

contains    cells that lie inside polygons, edges included
center      cells whose centre is inside polygons: areas that do not overlap share no cell
intersects  and the cells that edges, lines and points touch: all of the geometry is covered

Cells are found by going down from coarse ones (`descent`), so that only those along the edges are looked at one by one.
Edges are straight in longitude and latitude, as everywhere for Redshift's GEOMETRY. Longitudes beyond 180 go on around
the Earth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from carto_at_runtime import check_fits, reject
from carto_at_runtime.tiles.modes import CENTER, CONTAINS, INTERSECTS
from carto_h3.cells import COUNTS, parent, resolution
from carto_h3.descent import Found, Front, descend, held, start
from carto_h3.lines import EDGE_RADIANS, cells_at, drawn, radians_along, sphere_shares
from carto_h3.parts import NEAR, Parts, areas_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carto_at_runtime.wkb import Geometries
    from carto_h3.cells import Booleans, Integers
    from carto_h3.descent import Areas
    from carto_h3.lines import Floats, Shapes

_MAX_LONGITUDE = 540.0
_MAX_LATITUDE = 90.0 + 1e-9
_SURE = 0.6
"""What estimates are multiplied with before a geometry is refused for its size: cells of one resolution differ."""

_ROUNDING = 1e-9
"""How much larger or smaller cells are drawn, of their size, since the edge of a geometry may be the cell's own: it
touches, and does not cut."""

_DRAWN_ROUND = 85.0
"""Nearer to a pole than this latitude, libh3 is asked for the corners of cells."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of the rows of a batch: cells of resolutions (0 to 15) in modes, below parents where not 0.

    `item_bytes` is what a cell takes in the response.
    """

    resolutions: Integers
    modes: Sequence[str]
    parents: Integers
    item_bytes: int


def fill(geometries: Geometries, wish: Wish) -> tuple[Integers, Integers]:
    """Return the cells of all geometries, ascending for each, and the offsets that cut them into rows.

    Raises `RowError` for coordinates that are not degrees, and for a geometry whose cells cannot fit into a response;
    `ResponseTooLargeError` when those of all geometries together cannot.
    """
    rows = len(wish.resolutions)
    _check_degrees(geometries, rows)
    every = Parts.of_rows(geometries, rows)
    whole = wish.parents == 0
    about = _estimates(geometries, every, wish)

    def reason(row: int, cells: int) -> str:
        return (
            f"the geometry covers about {max(cells, about[row])} cells at resolution {wish.resolutions[row]}, "
            "more than one response of Lambda (6 MB) holds: use a coarser resolution, or the procedure "
            "H3_POLYFILL_TABLE"
        )

    check_fits(np.where(whole, about * _SURE, 0).astype(np.int64), wish.item_bytes, reason)
    areas = areas_of(every, wish.modes)
    parts = [
        _chosen(found, areas, wish)
        for found in _descents(
            areas, wish, lambda counts: check_fits(counts, wish.item_bytes, reason)
        )
    ]
    parts += [_touched(row, one, wish) for row, one in enumerate(every)]
    owners = np.concatenate([owner for owner, _ in parts])
    cells = np.concatenate([cell for _, cell in parts])
    return _in_rows(owners, cells, rows, lambda counts: check_fits(counts, wish.item_bytes, reason))


def _descents(
    areas: Areas, wish: Wish, afford: Callable[[Integers], None]
) -> list[tuple[int, Found]]:
    """Go down for all rows whose first and last resolutions are the same at once."""
    fronts: dict[tuple[int, int], list[tuple[int, Integers]]] = {}
    filled = np.flatnonzero(~np.isnan(areas.bounds[:, 0])).tolist()
    boxes, finest_of = areas.bounds.tolist(), wish.resolutions.tolist()
    for row in filled:
        finest, above = finest_of[row], wish.parents[row : row + 1]
        cells = above if above[0] else start(boxes[row], finest)
        level = int(cells[0]) >> 52 & 15
        fronts.setdefault((level, finest), []).append((row, cells))
    return [
        (finest, descend(_begun(several), areas, finest, afford))
        for (_, finest), several in fronts.items()
    ]


def _begun(several: Sequence[tuple[int, Integers]]) -> Front:
    rows, cells = zip(*several, strict=True)
    return Front.begin(np.repeat(rows, list(map(len, cells))), np.concatenate(cells))


def _in_rows(
    owners: Integers, cells: Integers, rows: int, afford: Callable[[Integers], None]
) -> tuple[Integers, Integers]:
    """Sort cells by row and value, each once."""
    order = np.lexsort((cells, owners))
    owners, cells = owners[order], cells[order]
    fresh = np.ones(len(cells), np.bool_)
    fresh[1:] = (cells[1:] != cells[:-1]) | (owners[1:] != owners[:-1])
    owners, cells = owners[fresh], cells[fresh]
    counts = np.bincount(owners, minlength=rows)
    afford(counts)
    return cells, np.concatenate(([0], np.cumsum(counts)))


def _chosen(descent: tuple[int, Found], areas: Areas, wish: Wish) -> tuple[Integers, Integers]:
    """Return the rows and cells of a descent's result: the settled ones, and those near borders that belong to it."""
    finest, found = descent
    near = found.near
    inside = held(near, areas)
    modes = np.array(wish.modes, dtype=object)
    inside |= (modes == NEAR)[near.rows]
    open_question = np.where(
        inside, (modes == CONTAINS)[near.rows], (modes == INTERSECTS)[near.rows]
    )
    taken = inside & ~open_question
    if open_question.any():
        taken[open_question] = _drawn_and_tested(near.take(open_question), areas, finest)
    return (
        np.concatenate((found.rows, near.rows[taken])),
        np.concatenate((found.settled, near.cells[taken])),
    )


def _drawn_and_tested(asked: Front, areas: Areas, finest: int) -> Booleans:
    """Tell of each cell, those inside: whether its area holds all of it; of the others: whether a border touches it."""
    inside = held(asked, areas)
    passed = np.zeros(len(asked.cells), np.bool_)
    plain = asked.regular & (np.abs(asked.y) < _DRAWN_ROUND)
    numbers = np.flatnonzero(plain)
    if len(numbers):
        lattice = asked.lattice.take(plain[asked.regular])
        corners = lattice.corners(finest)
        turned = np.round((corners[..., 0] - asked.x[plain][:, None]) / 360)
        corners[..., 0] -= 360 * turned
        middles = np.stack((asked.x[plain], asked.y[plain]), axis=1)[:, None]
        corners += (middles - corners) * np.where(inside[plain], _ROUNDING, -_ROUNDING)[
            :, None, None
        ]
        for turn in (-360.0, 0.0, 360.0):
            moved = corners + np.array((turn, 0.0))
            met = _meeting(moved, areas.bounds[asked.rows[numbers]])
            shapes = shapely.polygons(moved[met])
            _test(asked, numbers[met], shapes, areas, inside, passed)
    for row in np.unique(asked.rows[~plain]).tolist():
        numbers = np.flatnonzero(~plain & (asked.rows == row))
        low, high = areas.bounds[row].reshape(2, 2)
        cells, shapes = drawn(asked.cells[numbers], low, high)
        order = np.argsort(asked.cells[numbers])
        which = numbers[order[np.searchsorted(asked.cells[numbers][order], cells)]]
        _test(asked, which, shapes, areas, inside, passed)
    return passed


def _meeting(corners: Floats, bounds: Floats) -> Booleans:
    low, high = corners.min(axis=1), corners.max(axis=1)
    meeting: Booleans = (low <= bounds[:, 2:]).all(axis=1) & (high >= bounds[:, :2]).all(axis=1)
    return meeting


def _test(
    asked: Front, which: Integers, shapes: Shapes, areas: Areas, inside: Booleans, passed: Booleans
) -> None:
    rows = asked.rows[which]
    covering = inside[which]
    hit = np.empty(len(which), np.bool_)
    hit[covering] = shapely.covers(_around(areas, rows[covering]), shapes[covering])
    hit[~covering] = shapely.intersects(areas.borders[rows[~covering]], shapes[~covering])
    passed[which[hit]] = True


def _around(areas: Areas, rows: Integers) -> Shapes:
    """Return the areas of rows, as they lie on the Earth: those that reach the antimeridian go on behind it."""
    shapes = areas.insides[rows]
    for row in np.unique(rows).tolist():
        if areas.bounds[row, 0] <= -180 or areas.bounds[row, 2] >= 180:
            copies = [shapely.transform(areas.insides[row], _turn(d)) for d in (-360.0, 0.0, 360.0)]
            whole = shapely.union_all(copies)
            shapely.prepare(whole)
            shapes[rows == row] = whole
    return shapes


def _turn(degrees: float) -> Callable[[Floats], Floats]:
    return lambda positions: positions + np.array((degrees, 0.0))


def _touched(row: int, parts: Parts, wish: Wish) -> tuple[Integers, Integers]:
    """Return the cells of all positions, for the mode intersects: those of the sphere, as H3_FROMLONGLAT has them."""
    if wish.modes[row] not in {INTERSECTS, NEAR}:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    cells = cells_at(parts.positions, int(wish.resolutions[row]))
    above = wish.parents[row]
    if above:
        cells = cells[parent(cells, resolution(wish.parents[row : row + 1])) == above]
    return np.full(len(cells), row), cells


def _check_degrees(geometries: Geometries, rows: int) -> None:
    outside = np.abs(geometries.coordinates) > (_MAX_LONGITUDE, _MAX_LATITUDE)
    if outside.any():
        first = int(outside.any(axis=1).argmax())
        longitude, latitude = geometries.coordinates[first]
        sequence = np.searchsorted(geometries.offsets, first, side="right") - 1
        reject(
            np.arange(rows) == geometries.rows[sequence],
            f"Invalid geometry: ({longitude:.15g} {latitude:.15g}) is not in degrees "
            "(longitudes up to 540, latitudes up to 90)",
        )


def _estimates(geometries: Geometries, every: Sequence[Parts], wish: Wish) -> Integers:
    """Return roughly how many cells there will be, or have to be looked at along the edges, if that is more."""
    cells = sphere_shares(geometries, len(every)) * np.array(COUNTS)[wish.resolutions]
    for row, mode in enumerate(wish.modes):
        if mode != CENTER:
            along = _along(every[row], mode) / EDGE_RADIANS[wish.resolutions[row]]
            cells[row] = max(cells[row], along) if mode == CONTAINS else cells[row] + along
    return np.round(cells).astype(np.int64)


def _along(parts: Parts, mode: str) -> float:
    """Return about how many cells whose edges are a radian long lie along the lines that the mode looks at."""
    paths = parts.rings if mode == CONTAINS else parts.rings + parts.lines
    return sum((float(radians_along(path).sum()) for path in paths), 0.0) / 1.5
