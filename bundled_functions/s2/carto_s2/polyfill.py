"""The cells of one resolution that geometries touch.

A cell is in the result if it holds a position of the geometry: of a point, a line, or a polygon's outline or inside.
Sides of geometries are straight between longitudes and latitudes, as in Redshift's own functions, and polygons are
filled by the even-odd rule. The outline decides about the cells it passes through, up to a ten-thousandth of a cell's
side (`trace.TOLERANCE`), and the rest is filled between them (`inside`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray, RowError, capacity, check_fits
from carto_at_runtime.wkb import POINTS, RING
from carto_s2 import sphere
from carto_s2.hierarchy import CELL_BYTES
from carto_s2.hilbert import ids_at
from carto_s2.inside import are_inside, blocks_between
from carto_s2.trace import Lines, passed_cells, place_of

if TYPE_CHECKING:
    from carto_at_runtime.wkb import Geometries
    from carto_s2.hilbert import Integers

_MAX_LONGITUDE = 540.0
_WIDEST_CELL = 2.44
"""No cell of level n has a diagonal over 2.44 / 2**n radians (`S2::kMaxDiag`)."""


class _TooManyCellsError(Exception):
    """A geometry has more cells than a response holds; its text says how many, or more than how many."""


def polyfill(geometries: Geometries, resolutions: Integers) -> RaggedArray:
    """Return the cells that each geometry, in degrees, touches, along the curve.

    Raises `RowError` for coordinates that are not degrees and for a geometry whose cells cannot fit into a response;
    `ResponseTooLargeError` when the cells of all geometries together cannot.
    """
    limit = capacity(CELL_BYTES)
    found, total = [], 0
    for row, level in enumerate(resolutions.tolist()):
        try:
            ids = _cells(geometries.of_rows(row, row + 1), level, limit)
        except _TooManyCellsError as error:
            raise RowError(row, _too_many(str(error), level, limit)) from None
        except ValueError as error:
            raise RowError(row, f"Invalid geometry: {error}") from None
        found.append(ids)
        total += len(ids)
        if total > limit:
            break
    counts = np.array([len(ids) for ids in found])
    check_fits(
        counts, CELL_BYTES, lambda row, cells: _too_many(str(cells), int(resolutions[row]), limit)
    )
    return RaggedArray(np.concatenate(found), np.concatenate(([0], np.cumsum(counts))))


def _too_many(cells: str, level: int, limit: int) -> str:
    return (
        f"the geometry has {cells} cells at resolution {level}, but one response of Lambda (6 MB) holds {limit}: "
        "use a coarser resolution, or the procedure S2_POLYFILL_TABLE, which has no such limit"
    )


def _cells(geometry: Geometries, level: int, limit: int) -> Integers:
    if not len(geometry.coordinates):
        return np.empty(0, np.int64)
    _check_degrees(geometry)
    _check_extent(geometry, level, limit)
    lines, parts = _lines(geometry)
    keys = np.empty(0, np.int64)
    for passed in passed_cells(lines, level):
        keys = np.union1d(keys, passed)
        if len(keys) > limit:
            raise _TooManyCellsError(f"more than {limit}")
    rings = parts >= 0
    if rings.any():
        blocks = blocks_between(keys, level)
        outlines = Lines(lines.start[rings], lines.end[rings])
        blocks = blocks.take(are_inside(*blocks.a_centre(level), outlines, parts[rings]))
        count = len(keys) + blocks.sizes().sum()
        if count > limit:
            raise _TooManyCellsError(f"{count:.0f}")
        keys = np.concatenate((keys, blocks.keys()))
    face, i, j = place_of(keys)
    ids = ids_at(face, i, j, np.full(len(keys), level))
    # The order of the curve is that of the ids without sign.
    return np.sort(ids.view(np.uint64)).view(np.int64)


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
