"""Lines and polygons whose longitudes go on beyond 180 degrees, cut where they cross the antimeridian.

A plane geometry that jumps from 180 to -180 covers the world between them, so a crossing is cut there, as RFC 7946
section 3.1.9 asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WORLD = 360.0
_ON_SEAM = 1e-9
"""Degrees: a tenth of a millimeter."""


def zones(longitude: Floats) -> Floats:
    """Return how many times the world is left behind: 0 from -180 to 180, 1 from 180 to 540, -1 to the west."""
    return np.floor((longitude + 180) / _WORLD)


def snapped(longitude: Floats) -> Floats:
    """Put longitudes that are on the antimeridian but for rounding exactly there."""
    edge = _WORLD * np.round((longitude - 180) / _WORLD) + 180
    return np.where(np.abs(longitude - edge) <= _ON_SEAM, edge, longitude)


def cut_line(line: Floats) -> list[Floats]:
    """Cut a line of shape (vertices, 2), which is continuous in longitude, into lines between -180 and 180.

    Latitudes at the cuts lie on the straight line between the vertices. A line that only touches the antimeridian is
    not cut. Longitudes should be `snapped`.
    """
    zone = zones(line[:, 0]).astype(np.int64)
    pieces: list[Floats] = []
    head, first = line[:0], 0
    for place in np.flatnonzero(zone[1:] != zone[:-1]).tolist():
        start, end = int(zone[place]), int(zone[place + 1])
        head = np.concatenate((head, line[first : place + 1]))
        for number in range(start, end, 1 if end > start else -1):
            seam = _between(line[place], line[place + 1], number, eastwards=end > start)
            pieces.append(_home(np.concatenate((head, seam)), number))
            head = seam
        first = place + 1
    pieces.append(_home(np.concatenate((head, line[first:])), int(zone[-1])))
    return [piece for piece in pieces if len(piece) > 1]


@dataclass(frozen=True, slots=True)
class Crossings:
    """Lines that cross the antimeridian once, between two vertices: line i after its first `lengths[i]` ones.

    `lines` have all vertices moved to longitudes between -180 and 180; the first piece ends at `ends[i]`, the second
    starts at `starts[i]`, of shape (2,).
    """

    lines: Floats
    lengths: NDArray[np.int64]
    ends: Floats
    starts: Floats


def crossed_once(lines: Floats) -> tuple[NDArray[np.bool_], Crossings]:
    """Cut lines of shape (rows, vertices, 2), as `cut_line` does, where that is simple.

    Returns which rows that is so for (one crossing into a neighbouring zone, no vertex on the antimeridian), and their
    crossings.
    """
    longitude = lines[:, :, 0]
    zone = zones(longitude)
    changes = zone[:, 1:] != zone[:, :-1]
    simple = (changes.sum(axis=1) == 1) & (np.abs(zone[:, -1] - zone[:, 0]) == 1)
    simple &= (np.remainder(longitude - 180, _WORLD) != 0).all(axis=1)
    chosen, zone = lines[simple], zone[simple]
    place = changes[simple].argmax(axis=1)
    rows = np.arange(len(chosen))
    before, after = chosen[rows, place], chosen[rows, place + 1]
    step = zone[:, -1] - zone[:, 0]
    edge = _WORLD * zone[:, 0] + 180 * step
    share = (edge - before[:, 0]) / (after[:, 0] - before[:, 0])
    latitude = before[:, 1] + share * (after[:, 1] - before[:, 1])
    moved = np.stack((chosen[:, :, 0] - _WORLD * zone, chosen[:, :, 1]), axis=2)
    ends, starts = (np.stack((180 * side, latitude), axis=1) for side in (step, -step))
    return simple, Crossings(moved, place + 1, ends, starts)


def _between(before: Floats, after: Floats, zone: int, *, eastwards: bool) -> Floats:
    """The point, of shape (1, 2), where the straight line between two vertices leaves a zone."""
    edge = _WORLD * zone + (180 if eastwards else -180)
    share = (edge - before[0]) / (after[0] - before[0])
    return np.array([[edge, before[1] + share * (after[1] - before[1])]])


def _home(piece: Floats, zone: int) -> Floats:
    """Move a piece that lies in a zone to longitudes between -180 and 180; a point that repeats an end goes."""
    moved = piece - np.array([_WORLD * zone, 0.0])
    start = 1 if len(moved) > 1 and (moved[0] == moved[1]).all() else 0
    stop = -1 if len(moved) - start > 1 and (moved[-1] == moved[-2]).all() else len(moved)
    return moved[start:stop]


def cut_polygons(shape: Any) -> Any:
    """Cut a shapely polygon or multipolygon at the antimeridian; return one between -180 and 180."""
    import shapely  # noqa: PLC0415 - takes 60 ms, and few results cross the antimeridian

    west, _, east, _ = shapely.bounds(shape)
    if west >= -180 and east <= 180:
        return shape
    first, last = (int(number) for number in zones(np.array([west, east])))
    pieces = []
    for number in range(first, last + 1):
        window = shapely.box(_WORLD * number - 180, -90, _WORLD * number + 180, 90)
        piece = shapely.intersection(shape, window)
        moved = shapely.transform(piece, lambda xy, n=number: xy - np.array([_WORLD * n, 0.0]))
        pieces += [one for one in shapely.get_parts(moved) if shapely.get_dimensions(one) == 2]
    return shapely.union_all(pieces)
