"""Rings of tiles around tiles: how far each reaches, and its blocks put together for a whole batch.

How a tile is written as a cell is the module's business; it makes blocks of equal shape, which are assembled here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.ragged import RaggedArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carto_at_runtime.tiles.mercator import Integers

    Block = Callable[[Integers | slice, Integers, Integers], Integers]


def half_around(tiles: Integers, k: Integers) -> tuple[Integers, Integers]:
    """Return how far k steps go in both directions of a ring of `tiles` tiles without meeting a tile twice."""
    return np.minimum(k, tiles >> 1), np.minimum(k, (tiles - 1) >> 1)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far rings reach from their origins, in tiles (all >= 0)."""

    west: Integers
    east: Integers
    north: Integers
    south: Integers

    @property
    def sizes(self) -> Integers:
        """How many cells each ring has."""
        return (self.west + self.east + 1) * (self.north + self.south + 1)

    def assembled(self, block: Block) -> RaggedArray:
        """Return the cells of all rings, row by row from the north-west, in the order of the origins.

        `block(rows, columns, lines)` makes those of the origins `rows`, which reach equally far: for steps to the east
        and to the south it returns an array of shape (origins, lines, columns).
        """
        sizes = self.sizes
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        values = np.empty(int(offsets[-1]), np.int64)
        for rows, columns, lines in self._groups():
            if isinstance(rows, slice):
                return RaggedArray(block(rows, columns, lines).reshape(-1), offsets)
            width = len(columns) * len(lines)
            places = offsets[rows][:, None] + np.arange(width)
            values[places] = block(rows, columns, lines).reshape(len(rows), width)
        return RaggedArray(values, offsets)

    def distances(self) -> RaggedArray:
        """Return the distance of each cell from its origin, diagonal steps counting as one."""

        def block(rows: Integers | slice, columns: Integers, lines: Integers) -> Integers:
            one = np.maximum(np.abs(lines)[:, None], np.abs(columns))
            return np.broadcast_to(one, (len(self.west[rows]), *one.shape))

        return self.assembled(block)

    def _groups(self) -> Iterator[tuple[Integers | slice, Integers, Integers]]:
        """Yield the origins whose rings reach equally far, with the steps to the east and to the south."""
        table = np.stack((self.west, self.east, self.north, self.south), axis=1)
        if (table == table[0]).all():
            yield (slice(None), *_steps(table[0]))
            return
        kinds, group = np.unique(table, axis=0, return_inverse=True)
        order = np.argsort(group.reshape(-1), kind="stable")
        bounds = np.cumsum(np.bincount(group.reshape(-1)))[:-1]
        for reach, rows in zip(kinds, np.split(order, bounds), strict=True):
            yield (rows, *_steps(reach))


def _steps(reach: Integers) -> tuple[Integers, Integers]:
    west, east, north, south = reach.tolist()
    return np.arange(-west, east + 1), np.arange(-north, south + 1)
