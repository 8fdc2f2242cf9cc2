"""Which cells lie inside polygons, given those that the polygons' outlines pass through.

What no outline passes through is all inside or all outside as far as it hangs together: a row of cells of a face
between two cells of the outline, or rows without any. So one centre of each such block is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from carto_s2 import sphere
from carto_s2.hilbert import MAX_LEVEL, face_ij, levels
from carto_s2.trace import FACE_SHIFT, key_of, place_of, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from carto_s2.hilbert import Floats, Integers
    from carto_s2.trace import Lines

_MAX_SLABS = 4096


@dataclass(frozen=True, slots=True)
class Blocks:
    """Rectangles of cells on a face: columns `west` to `east`, rows `south` to `north`, all included."""

    face: Integers
    west: Integers
    east: Integers
    south: Integers
    north: Integers

    def take(self, chosen: NDArray[np.bool_]) -> Blocks:
        """Return the chosen blocks."""
        return Blocks(
            self.face[chosen],
            self.west[chosen],
            self.east[chosen],
            self.south[chosen],
            self.north[chosen],
        )

    def sizes(self) -> Floats:
        """Return how many cells each block has, as floats, since a face has more than fit into an integer's sum."""
        return (self.east - self.west + 1.0) * (self.north - self.south + 1.0)

    def keys(self) -> Integers:
        """Return the keys of all cells."""
        block, up = steps(self.north - self.south + 1)
        row, right = steps((self.east - self.west + 1)[block])
        owner = block[row]
        return key_of(self.face[owner], self.west[owner] + right, (self.south[block] + up)[row])

    def a_centre(self, level: int) -> tuple[Floats, Floats]:
        """Return longitude and latitude of the centre of each block's first cell."""
        cell = 0.5**level
        return sphere.degrees_at(
            self.face,
            sphere.st_to_uv(cell * (self.west + 0.5)),
            sphere.st_to_uv(cell * (self.south + 0.5)),
        )

    @classmethod
    def joined(cls, parts: Sequence[Blocks]) -> Blocks:
        """Return the blocks of all parts."""
        return cls(
            np.concatenate([part.face for part in parts]),
            np.concatenate([part.west for part in parts]),
            np.concatenate([part.east for part in parts]),
            np.concatenate([part.south for part in parts]),
            np.concatenate([part.north for part in parts]),
        )


def blocks_between(outline: Integers, level: int) -> Blocks:
    """Return what is left of the six faces without the cells of the ascending keys `outline`."""
    last = (1 << level) - 1
    bounds = np.searchsorted(outline, [face << FACE_SHIFT for face in range(7)])
    alone = np.flatnonzero(bounds[:-1] == bounds[1:])
    low, high = np.zeros_like(alone), np.full_like(alone, last)
    crossed = [
        _blocks_of_face(face, outline[start:stop], last)
        for face, (start, stop) in enumerate(pairwise(bounds.tolist()))
        if start < stop
    ]
    return Blocks.joined([Blocks(alone, low, high, low, high), *crossed])


@dataclass(frozen=True, slots=True)
class Window:
    """The cells of a level below one cell: a square of `side` cells on a face, from column `west` and row `south`."""

    face: int
    west: int
    south: int
    side: int

    @classmethod
    def below(cls, parent: int, level: int) -> Window:
        """The descendants of a cell at a level that is not coarser."""
        cell = np.array([parent])
        (face,), (i,), (j,) = face_ij(cell)
        own = int(levels(cell)[0])
        up, deeper = MAX_LEVEL - own, level - own
        return cls(int(face), int(i) >> up << deeper, int(j) >> up << deeper, 1 << deeper)

    def kept(self, keys: Integers) -> Integers:
        """Return the keys of cells in the window."""
        face, i, j = place_of(keys)
        column, row = i - self.west, j - self.south
        inside = (np.minimum(column, row) >= 0) & (np.maximum(column, row) < self.side)
        return keys[inside & (face == self.face)]

    def blocks(self, outline: Integers) -> Blocks:
        """Return what is left of the window without the cells of the ascending keys `outline`, all inside of it."""
        last = self.side - 1
        if not len(outline):
            zero = np.zeros(1, np.int64)
            blocks = Blocks(np.full(1, self.face), zero, zero + last, zero, zero + last)
        else:
            _, i, j = place_of(outline)
            relative = key_of(np.zeros_like(i), i - self.west, j - self.south)
            blocks = _blocks_of_face(self.face, relative, last)
        return Blocks(
            blocks.face,
            blocks.west + self.west,
            blocks.east + self.west,
            blocks.south + self.south,
            blocks.north + self.south,
        )


def _blocks_of_face(face: int, outline: Integers, last: int) -> Blocks:
    """Return the gaps before, between and after the cells of each row, and the gaps between these rows."""
    _, i, j = place_of(outline)
    changes = np.flatnonzero(j[1:] != j[:-1])
    ends = np.append(changes, len(j) - 1)
    before = np.concatenate(([-1], i[:-1]))
    before[changes + 1] = -1
    rows = j[ends]
    gaps, edges = np.full(len(ends), last), np.full(len(rows) + 1, last)
    west = np.concatenate((before + 1, i[ends] + 1, np.zeros_like(edges)))
    east = np.concatenate((i - 1, gaps, edges))
    south = np.concatenate((j, rows, [0], rows + 1))
    north = np.concatenate((j, rows, rows - 1, [last]))
    blocks = Blocks(np.full(len(west), face), west, east, south, north)
    return blocks.take((west <= east) & (south <= north))


def are_inside(
    longitudes: Floats, latitudes: Floats, outlines: Lines, parts: Integers
) -> NDArray[np.bool_]:
    """Return which points lie inside some polygon by the even-odd rule; `parts` numbers each line's polygon.

    Longitudes may differ from those of the polygons by full turns. The lines are sorted into slabs of latitude, so
    that a point meets few of them.
    """
    begin = min(outlines.start[:, 0].min(), outlines.end[:, 0].min())
    x, y = begin + np.mod(longitudes - begin, 360.0), latitudes
    (x0, y0), (x1, y1) = outlines.start.T, outlines.end.T
    level = y0 == y1
    x0, y0, x1, y1, parts = (column[~level] for column in (x0, y0, x1, y1, parts))
    inside = np.zeros(len(x), np.bool_)
    if not len(x0):
        return inside
    low, high = np.minimum(y0, y1), np.maximum(y0, y1)
    count = min(len(x0), _MAX_SLABS)
    bottom, height = low.min(), high.max() - low.min()
    near = np.flatnonzero((y >= bottom) & (y <= bottom + height))

    def slab(latitude: Floats) -> Integers:
        numbers: Integers = ((latitude - bottom) / height * count).astype(np.int64)
        return np.minimum(numbers, count - 1)

    line, place = steps(slab(high) - slab(low) + 1)
    slabs = slab(low)[line] + place
    order = np.argsort(slabs, kind="stable")
    line, offsets = line[order], np.searchsorted(slabs[order], np.arange(count + 1))
    own = slab(y[near])
    owner, place = steps(np.diff(offsets)[own])
    met, point = line[offsets[own][owner] + place], near[owner]
    hit = (y0[met] > y[point]) != (y1[met] > y[point])
    met, point = met[hit], point[hit]
    east = x0[met] + (y[point] - y0[met]) * ((x1 - x0)[met] / (y1 - y0)[met])
    crossed = x[point] < east
    pairs = point[crossed] * (parts.max() + 1) + parts[met[crossed]]
    pairs, hits = np.unique(pairs, return_counts=True)
    inside[pairs[hits % 2 == 1] // (parts.max() + 1)] = True
    return inside
