"""Which cells lines pass through. Lines are straight between longitudes and latitudes, as Redshift's geometries are.

On a face, in s and t, such a line is a curve, and cells are squares. So lines are cut into pieces that are short enough
to be straight there, each piece is taken through the squares, and pieces that go from one face to the next are taken
through both (or all three) of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_s2 import sphere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_s2.hilbert import Floats, Integers

TOLERANCE = 1e-4
"""How far a piece may be from the curve, in sides of a cell."""

# A curve of unit speed in radians bends by at most this much in s and t: with x the main coordinate (at least 0.57),
# |u'| <= 3 and |u''| <= 15, and the quadratic transform has |s'| <= 0.75 and |s''| <= 1.125.
_BEND = 1.125 * 3**2 + 0.75 * 15
_PIECES_AT_ONCE = 1 << 17
FACE_SHIFT, ROW_SHIFT = 60, 30


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight lines from `start` to `end`: arrays (lines, 2) of longitude and latitude. Points have both equal."""

    start: Floats
    end: Floats


def key_of(face: Integers, i: Integers, j: Integers) -> Integers:
    """Return a number for places i, j of a grid, ordered by face, j, i."""
    key: Integers = (face << FACE_SHIFT) | (j << ROW_SHIFT) | i
    return key


def place_of(key: Integers) -> tuple[Integers, Integers, Integers]:
    """Return face, i and j of a key."""
    low = (1 << ROW_SHIFT) - 1
    return key >> FACE_SHIFT, key & low, (key >> ROW_SHIFT) & low


def steps(counts: Integers) -> tuple[Integers, Integers]:
    """Return for counts (2, 3) the owners (0, 0, 1, 1, 1) and the places (0, 1, 0, 1, 2)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]


def passed_cells(lines: Lines, level: int) -> Iterator[Integers]:
    """Yield ascending keys of the cells of a level that lines pass through, for some lines at a time."""
    longest = np.sqrt(8 * TOLERANCE / _BEND / (1 << level))
    lengths = np.radians(np.hypot(*(lines.end - lines.start).T))
    pieces = np.maximum(np.ceil(lengths / longest), 1).astype(np.int64)
    groups = np.cumsum(pieces) // _PIECES_AT_ONCE
    for group in np.unique(groups):
        chosen = groups == group
        yield np.unique(
            _passed(Lines(lines.start[chosen], lines.end[chosen]), pieces[chosen], level)
        )


def _passed(lines: Lines, pieces: Integers, level: int) -> Integers:
    owner, place = steps(pieces + 1)
    part = (place / pieces[owner])[:, None]
    nodes = lines.start[owner] + (lines.end - lines.start)[owner] * part
    points = np.stack(sphere.points(nodes[:, 0], nodes[:, 1]))
    face = sphere.faces(*points)
    begin = np.flatnonzero(place < pieces[owner])
    same = face[begin] == face[begin + 1]
    keys = [_through(face[begin[same]], points, begin[same], level)]
    crossing = begin[~same]
    if len(crossing):
        for number in range(6):
            on_face = np.full(len(crossing), number)
            # Both ends are near the face: it may also be that of neither, at a corner of the cube.
            main = points[number % 3] * (1 if number < 3 else -1)
            near = np.minimum(main[crossing], main[crossing + 1]) > 0.4
            keys.append(_through(on_face[near], points, crossing[near], level))
    return np.concatenate(keys)


def _through(face: Integers, points: Floats, begin: Integers, level: int) -> Integers:
    """Return keys of the cells on a face that pieces from the points `begin` to the next ones pass through."""
    side = 1 << level
    ends = np.concatenate((points[:, begin], points[:, begin + 1]), axis=1)
    x, y = (
        side * sphere.uv_to_st(position)
        for position in sphere.face_uv(np.concatenate((face, face)), *ends)
    )
    # A face's edge belongs to its last cells.
    x, y = np.where(x == side, side - 0.5, x), np.where(y == side, side - 0.5, y)
    count = len(face)
    owner, i, j = _squares(x[:count], y[:count], x[count:], y[count:])
    inside = (np.minimum(i, j) >= 0) & (np.maximum(i, j) < side)
    return key_of(face[owner[inside]], i[inside], j[inside])


def _squares(x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> tuple[Integers, Integers, Integers]:
    """Return for straight lines on a grid the line, column and row of every square that they pass through."""
    turned = x0 > x1
    x0, x1 = np.where(turned, x1, x0), np.where(turned, x0, x1)
    y0, y1 = np.where(turned, y1, y0), np.where(turned, y0, y1)
    first = np.floor(x0).astype(np.int64)
    owner, place = steps(np.floor(x1).astype(np.int64) - first + 1)
    column = first[owner] + place
    slope = np.zeros_like(x0)
    np.divide(y1 - y0, x1 - x0, out=slope, where=x1 > x0)
    crossed = y0[owner] + (column - x0[owner]) * slope[owner]
    enter = np.where(place > 0, crossed, y0[owner])
    leave = y1[owner]
    leave[:-1] = np.where(place[1:] > 0, crossed[1:], leave[:-1])
    low = np.floor(np.minimum(enter, leave)).astype(np.int64)
    high = np.floor(np.maximum(enter, leave)).astype(np.int64)
    square, up = steps(high - low + 1)
    return owner[square], column[square], low[square] + up
