"""From few large cells to the many small ones that fill areas, for all geometries of a batch at once.

Cells go down a resolution at a time, as long as a border may pass through what is below them. What no border reaches is
inside or outside as a whole: it is dropped, or taken with all that is below it. At the last resolution the cells near a
border are looked at one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, radians, sqrt
from typing import TYPE_CHECKING

import h3.api.memview_int as h3
import numpy as np
import shapely

from carto_h3.cells import children, children_count, is_pentagon, resolution
from carto_h3.lines import EDGE_RADIANS, all_cells
from carto_h3.plane import REACH, Lattice, centres, fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from carto_h3.cells import Booleans, Integers
    from carto_h3.plane import Floats

    Shapes = NDArray[np.object_]

_LONGEST = sqrt(3) * 1.15
"""The longest distance of neighbours' centres at a resolution, in average edges."""

_POLAR_RINGS = 6
"""So near to a pole, cells with straight edges may differ from those on the sphere by more than a cell."""

_AROUND, _INNER = 0.58, 0.61
"""From the centre of a cell to its corners, and to the centres below it, at most, in spacings of centres."""

_SHORTEST = 0.75
"""The shortest spacing, of the average one: beside pentagons."""

_COARSE = 2
"""Up to this resolution, straight edges may be far from those on the sphere."""


@dataclass(frozen=True, slots=True)
class Areas:
    """Geometries as shapely has them, one of each row: what has an inside, and what cells are drawn against.

    `insides` are polygons or multipolygons, or None; `borders` multilinestrings, maybe empty. All are prepared. Of
    those `by_centre`, only the centres of cells matter.
    """

    insides: Shapes
    borders: Shapes
    bounds: Floats
    by_centre: Booleans

    @classmethod
    def of(cls, insides: Shapes, borders: Shapes, by_centre: Booleans) -> Areas:
        """Prepare geometries."""
        shapely.prepare(insides)
        shapely.prepare(borders)
        return cls(insides, borders, shapely.bounds(borders), by_centre)


@dataclass(frozen=True, slots=True)
class Front:
    """Cells of one resolution with the numbers of their rows, and their centres in degrees.

    `lattice` holds those that have one, in the same order; they are the `regular` ones.
    """

    rows: Integers
    cells: Integers
    x: Floats
    y: Floats
    regular: Booleans
    lattice: Lattice

    @classmethod
    def begin(cls, rows: Integers, cells: Integers) -> Front:
        """Cells whose centres are not known yet."""
        x, y = centres(cells)
        none = np.zeros(len(cells), np.bool_)
        empty = np.empty(0, np.complex128)
        return cls(rows, cells, x, y, none, Lattice(np.empty(0, np.int64), empty, empty))

    def take(self, chosen: Booleans) -> Front:
        """Return the chosen cells."""
        return Front(
            self.rows[chosen],
            self.cells[chosen],
            self.x[chosen],
            self.y[chosen],
            self.regular[chosen],
            self.lattice.take(chosen[self.regular]),
        )

    def fitted(self) -> Front:
        """Put those cells on the lattice that can be."""
        left = np.flatnonzero(~self.regular)
        if not len(left):
            return self
        now, found = fitted(self.cells[left], self.x[left], self.y[left])
        regular = self.regular.copy()
        regular[left[now]] = True
        order = np.argsort(np.concatenate((np.flatnonzero(self.regular), left[now])))
        both = Lattice(
            np.concatenate((self.lattice.face, found.face))[order],
            np.concatenate((self.lattice.place, found.place))[order],
            np.concatenate((self.lattice.step, found.step))[order],
        )
        return Front(self.rows, self.cells, self.x, self.y, regular, both)

    def children(self, finer: int) -> Front:
        """Return the children of all cells, which have the resolution `finer`."""
        below = self.lattice.children(finer)
        cells, rows = self.cells[self.regular], self.rows[self.regular]
        x, y = below.degrees()
        others, owners = _children(self.cells[~self.regular], finer)
        other_x, other_y = centres(others)
        return Front(
            np.concatenate((np.repeat(rows, 7), self.rows[~self.regular][owners])),
            np.concatenate((_digits_below(cells, finer), others)),
            np.concatenate((x, other_x)),
            np.concatenate((y, other_y)),
            np.arange(len(x) + len(others)) < len(x),
            below,
        )


def _digits_below(cells: Integers, finer: int) -> Integers:
    shift = 45 - 3 * finer
    first = (cells & ~(15 << 52) & ~(7 << shift)) | (finer << 52)
    children: Integers = (first[:, None] | (np.arange(7) << shift)).reshape(-1)
    return children


def _children(cells: Integers, finer: int) -> tuple[Integers, Integers]:
    """Return the children of any cells, and the numbers of their parents."""
    children = _digits_below(cells, finer)
    owners = np.repeat(np.arange(len(cells)), 7)
    # A pentagon lacks the child 1.
    exists = ~(np.repeat(is_pentagon(cells), 7) & (np.tile(np.arange(7), len(cells)) == 1))
    return children[exists], owners[exists]


def start(bounds: Sequence[float], finest: int) -> Integers:
    """Return cells that hold, with all that is below them, whatever may touch a box in degrees."""
    west, south, east, north = bounds
    nearest = min(abs(south), abs(north)) if south * north > 0 else 0.0
    wide = radians((east - west) / 2) * cos(radians(nearest))
    radius = hypot(wide, radians((north - south) / 2)) + _AROUND * _LONGEST * EDGE_RADIANS[finest]
    level = finest
    while level and EDGE_RADIANS[level] < radius:
        level -= 1
    spacing = sqrt(3) * EDGE_RADIANS[level]
    polar = radians(90 - max(-south, north)) < radius + 4 * spacing
    if polar or EDGE_RADIANS[level] < radius:
        return all_cells(0)
    # From the middle of the box to the centre of its cell, and from a cell's centre to that of an ancestor.
    reach = radius + (_AROUND + _INNER) * _LONGEST / sqrt(3) * spacing
    size = int(reach / (sqrt(0.75) * _SHORTEST * spacing))
    middle = h3.latlng_to_cell((south + north) / 2, (west + east) / 2 % 360, level)
    return np.frombuffer(h3.grid_disk(middle, size), np.int64)


@dataclass(frozen=True, slots=True)
class Found:
    """Cells of the finest resolution: `settled` are inside, with no border near; `near` may touch one."""

    rows: Integers
    settled: Integers
    near: Front


def descend(front: Front, areas: Areas, finest: int, afford: Callable[[Integers], None]) -> Found:
    """Return what the areas of a front's rows hold below its cells, all of which are of one resolution.

    `afford` is told how many cells each row has so far, before they are made, and may refuse.
    """
    settled: list[tuple[Integers, Integers]] = []
    counts = np.zeros(len(areas.insides), np.int64)
    level = int(resolution(front.cells[:1])[0]) if len(front.cells) else finest
    while len(front.cells):
        near, inside = _classified(front, areas, level, finest)
        whole = front.cells[inside]
        depths = np.full(len(whole), finest)
        np.add.at(counts, front.rows[inside], children_count(whole, depths))
        np.add.at(counts, front.rows[near], 1)
        afford(counts)
        np.subtract.at(counts, front.rows[near], 1)
        cells, offsets = children(whole, depths)
        settled.append((np.repeat(front.rows[inside], np.diff(offsets)), cells))
        front = front.take(near)
        if level == finest or not len(front.cells):
            break
        level += 1
        front = front.fitted().children(level)
    rows = [part for part, _ in settled] or [np.empty(0, np.int64)]
    cells = [part for _, part in settled] or [np.empty(0, np.int64)]
    return Found(np.concatenate(rows), np.concatenate(cells), front)


def _classified(front: Front, areas: Areas, level: int, finest: int) -> tuple[Booleans, Booleans]:
    """Tell which cells a border may pass below, and which are inside as a whole.

    Where looking for borders costs more than it saves, they are taken to be near.
    """
    by_centre = areas.by_centre[front.rows]
    steps = finest - level
    if not steps and by_centre.all():
        return _boxed(front, areas), np.zeros(len(front.cells), np.bool_)
    reach = sum(7 ** (-step / 2) for step in range(1, steps + 1))
    reach = reach + np.where(by_centre, 0.0, _AROUND * 7 ** (-steps / 2))
    if level <= _COARSE:
        reach = np.full(len(front.cells), REACH)
    radius = reach * _LONGEST * EDGE_RADIANS[level]
    margin = _POLAR_RINGS * _LONGEST * EDGE_RADIANS[finest]
    polar = np.radians(90 - np.abs(front.y)) < radius + margin
    high = np.degrees(radius + np.where(polar, margin, 0))
    top = np.minimum(np.abs(front.y) + np.degrees(radius), 89.9)
    wide = np.where(polar, 180.0, np.minimum(np.degrees(radius) / np.cos(np.radians(top)), 180.0))
    west, south, east, north = areas.bounds[front.rows].T
    # Where cells are as large as the box, a border passes below nearly all that meet it.
    coarse = (north - south < 2 * high) & (steps <= 3)
    unseen = polar | (by_centre & ((steps <= 1) | coarse))
    level_with = (front.y + high >= south) & (front.y - high <= north)
    near, inside = np.zeros((2, len(front.cells)), np.bool_)
    for turn in _turns(front, wide, (west, east)):
        x = front.x + turn
        met = level_with & (x + wide >= west) & (x - wide <= east)
        near |= met & unseen
        places = np.flatnonzero(met & ~unseen)
        if not len(places):
            continue
        x, y, rows = x[places], front.y[places], front.rows[places]
        a, b = wide[places], high[places]
        touched = shapely.intersects(areas.borders[rows], shapely.box(x - a, y - b, x + a, y + b))
        near[places[touched]] = True
        left = ~touched
        within = shapely.contains_xy(areas.insides[rows[left]], x[left], y[left])
        inside[places[left][within]] = True
    return near, inside & ~near


def _turns(front: Front, wide: Floats, sides: tuple[Floats, Floats]) -> list[float]:
    """Return by how many degrees cells, so `wide` to either side, have to be moved to meet any of the boxes."""
    if not len(front.cells):
        return []
    widest = wide.max()
    west, east = front.x.min() - widest, front.x.max() + widest
    lowest, highest = sides[0].min(), sides[1].max()
    return [
        turn for turn in (-360.0, 0.0, 360.0) if west + turn <= highest and east + turn >= lowest
    ]


def held(front: Front, areas: Areas) -> Booleans:
    """Tell which cells have their centres inside."""
    found = np.zeros(len(front.cells), np.bool_)
    for x, met in _inside_boxes(front, areas):
        places = np.flatnonzero(met & ~found)
        found[places] = shapely.contains_xy(
            areas.insides[front.rows[places]], x[places], front.y[places]
        )
    return found


def _boxed(front: Front, areas: Areas) -> Booleans:
    """Tell which cells have their centres inside the boxes around geometries."""
    found = np.zeros(len(front.cells), np.bool_)
    for _, met in _inside_boxes(front, areas):
        found |= met
    return found


def _inside_boxes(front: Front, areas: Areas) -> Iterator[tuple[Floats, Booleans]]:
    """Yield for turns around the Earth the centres' longitudes, and which centres are inside the boxes."""
    west, south, east, north = areas.bounds[front.rows].T
    for turn in _turns(front, np.zeros(1), (west, east)):
        x = front.x + turn
        yield x, (x >= west) & (x <= east) & (front.y >= south) & (front.y <= north)
