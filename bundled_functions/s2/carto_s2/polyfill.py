"""The cells of one resolution that fill geometries, in three modes, of the Earth or of one coarser cell.

intersects  cells that hold a position of the geometry: of a point, a line, or a polygon's outline or inside
center      cells whose centre is inside a polygon
contains    cells inside a polygon that its outline does not pass through

Sides of geometries are straight between longitudes and latitudes, as in Redshift's own functions, and polygons are
filled by the even-odd rule. The outline decides about the cells it passes through, up to a ten-thousandth of a cell's
side (`trace.TOLERANCE`), and the rest is filled between them (`inside`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray, RowError, capacity, check_fits
from carto_at_runtime.tiles.modes import CONTAINS, INTERSECTS
from carto_at_runtime.wkb import POINTS, RING
from carto_s2 import sphere
from carto_s2.hierarchy import CELL_BYTES
from carto_s2.hilbert import ids_at, levels
from carto_s2.inside import Blocks, Window, are_inside, blocks_between
from carto_s2.trace import Lines, passed_cells, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_runtime.wkb import Geometries
    from carto_s2.hilbert import Integers

_MAX_LONGITUDE = 540.0
_WIDEST_CELL = 2.44
"""No cell of level n has a diagonal over 2.44 / 2**n radians (`S2::kMaxDiag`)."""


class _TooManyCellsError(Exception):
    """A geometry has more cells than a response holds; its text says how many, or more than how many."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one geometry: the cells of a level, in a mode, below `parent` (0: of the whole Earth)."""

    level: int
    mode: str = INTERSECTS
    parent: int = 0


def polyfill(geometries: Geometries, wishes: Sequence[Wish]) -> RaggedArray:
    """Return the cells that each geometry, in degrees, is filled with, along the curve.

    Raises `RowError` for coordinates that are not degrees and for a geometry whose cells cannot fit into a response;
    `ResponseTooLargeError` when the cells of all geometries together cannot.
    """
    limit = capacity(CELL_BYTES)
    found, total = [], 0
    for row, wish in enumerate(wishes):
        try:
            ids = _cells(geometries.of_rows(row, row + 1), wish, limit)
        except _TooManyCellsError as error:
            raise RowError(row, _too_many(str(error), wish.level, limit)) from None
        except ValueError as error:
            raise RowError(row, f"Invalid geometry: {error}") from None
        found.append(ids)
        total += len(ids)
        if total > limit:
            break
    counts = np.array([len(ids) for ids in found])
    check_fits(
        counts, CELL_BYTES, lambda row, cells: _too_many(str(cells), wishes[row].level, limit)
    )
    return RaggedArray(np.concatenate(found), np.concatenate(([0], np.cumsum(counts))))


def _too_many(cells: str, level: int, limit: int) -> str:
    return (
        f"the geometry has {cells} cells at resolution {level}, but one response of Lambda (6 MB) holds {limit}: "
        "use a coarser resolution, or the procedure S2_POLYFILL_TABLE, which has no such limit"
    )


def _cells(geometry: Geometries, wish: Wish, limit: int) -> Integers:
    if not len(geometry.coordinates):
        return np.empty(0, np.int64)
    _check_degrees(geometry)
    window = Window.below(wish.parent, wish.level) if wish.parent else None
    if window is None:
        _check_extent(geometry, wish.level, limit)
    lines, parts = _lines(geometry)
    rings = parts >= 0
    outlines = Lines(lines.start[rings], lines.end[rings])
    if wish.mode != INTERSECTS:
        lines = outlines
    keys = _passed(lines, wish, window, limit)
    chosen = [_wanted(keys, wish, outlines, parts[rings])]
    if rings.any():
        blocks = blocks_between(keys, wish.level) if window is None else window.blocks(keys)
        centres = blocks.a_centre(wish.level)
        blocks = blocks.take(are_inside(*centres, outlines, parts[rings]))
        count = len(chosen[0]) + blocks.sizes().sum()
        if count > limit:
            raise _TooManyCellsError(f"{count:.0f}")
        chosen.append(blocks.keys())
    face, i, j = place_of(np.concatenate(chosen))
    ids = ids_at(face, i, j, np.full(len(face), wish.level))
    # The order of the curve is that of the ids without sign.
    return np.sort(ids.view(np.uint64)).view(np.int64)


def _passed(lines: Lines, wish: Wish, window: Window | None, limit: int) -> Integers:
    """Return the ascending keys of the cells that the lines pass through."""
    keys = np.empty(0, np.int64)
    if window is not None:
        lines = _near(lines, wish.parent)
    if not len(lines.start):
        return keys
    for passed in passed_cells(lines, wish.level):
        keys = np.union1d(keys, passed if window is None else window.kept(passed))
        if len(keys) > limit:
            raise _TooManyCellsError(f"more than {limit}")
    return keys


def _near(lines: Lines, parent: int) -> Lines:
    """Leave out lines whose beginnings are farther from a cell than they are long."""
    cell = np.array([parent])
    (longitude,), (latitude,) = sphere.centres(cell)
    centre = np.stack(sphere.points(np.array([longitude]), np.array([latitude])))
    starts = np.stack(sphere.points(*lines.start.T))
    radius = _WIDEST_CELL / (1 << int(levels(cell)[0]))
    reach = np.radians(np.hypot(*(lines.end - lines.start).T)) + radius
    near = np.linalg.norm(starts - centre, axis=0) <= reach
    return Lines(lines.start[near], lines.end[near])


def _wanted(keys: Integers, wish: Wish, outlines: Lines, parts: Integers) -> Integers:
    """Return those of the cells on the outlines that belong to the result."""
    if wish.mode == INTERSECTS or not len(keys):
        return keys
    if wish.mode == CONTAINS or not len(parts):
        return keys[:0]
    face, i, j = place_of(keys)
    centres = Blocks(face, i, i, j, j).a_centre(wish.level)
    return keys[are_inside(*centres, outlines, parts)]


def _check_degrees(geometry: Geometries) -> None:
    longitudes, latitudes = geometry.coordinates.T
    if np.abs(latitudes).max() > 90:
        raise ValueError("a latitude is not between -90 and 90")
    if np.abs(longitudes).max() > _MAX_LONGITUDE or np.ptp(longitudes) > 360:
        raise ValueError("its longitudes are not in degrees, or span more than 360")


def _check_extent(geometry: Geometries, level: int, limit: int) -> None:
    """Refuse at once what connects positions that are too many cells apart."""
    widest = _WIDEST_CELL / (1 << level)
    points = np.stack(sphere.points(*geometry.coordinates.T))
    starts = geometry.offsets[:-1]
    apart = np.maximum.reduceat(points, starts, axis=1) - np.minimum.reduceat(
        points, starts, axis=1
    )
    far = apart.max(axis=0)[geometry.kinds != POINTS]
    if len(far) and far.max() > widest * limit:
        raise _TooManyCellsError(f"more than {far.max() / widest:.0f}")


def _lines(geometry: Geometries) -> tuple[Lines, Integers]:
    """Return a line from each vertex to the next, and its polygon's number, or -1.

    The last vertex of a ring goes back to its first; other last vertices are lines of no length.
    """
    lengths = np.diff(geometry.offsets)
    is_ring = geometry.kinds == RING
    following = np.arange(1, len(geometry.coordinates) + 1)
    ends = geometry.offsets[1:] - 1
    following[ends] = np.where(is_ring, geometry.offsets[:-1], ends)
    alone = np.repeat(geometry.kinds == POINTS, lengths)
    following[alone] = np.flatnonzero(alone)
    parts = np.repeat(np.where(is_ring, geometry.parts, -1), lengths)
    return Lines(geometry.coordinates, geometry.coordinates[following]), parts
