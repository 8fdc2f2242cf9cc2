"""The vertices of a batch of geometries, one run for each row, and sums over these runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import reject
from carto_at_runtime.wkb import RING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carto_at_runtime.wkb import Geometries

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

EMPTY = "Invalid operation: Found empty point. Please check the input geometry"


@dataclass(frozen=True, slots=True)
class Runs:
    """Points (x, y), cut into rows: row i has those from `starts[i]`, `counts[i]` of them, at least one."""

    x: Floats
    y: Floats
    starts: Integers
    counts: Integers

    def sums(self, values: NDArray[np.generic]) -> Floats:
        """Add up the values of each row's points."""
        return np.add.reduceat(values, self.starts, dtype=np.float64)

    def spread(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Repeat a row's value for each of its points."""
        return np.repeat(values, self.counts)

    def take(self, rows: Integers) -> Runs:
        """Return the given rows."""
        counts = self.counts[rows]
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        places = np.repeat(self.starts[rows] - starts, counts) + np.arange(counts.sum())
        return Runs(self.x[places], self.y[places], starts, counts)


def distinct_vertices(geometries: Geometries, rows: int) -> Runs:
    """Return the vertices of each row's geometry, without the last of a ring, which repeats the first.

    Raises `RowError` for an empty geometry.
    """
    xy, ends = geometries.coordinates, geometries.offsets[1:] - 1
    firsts = geometries.offsets[:-1]
    closing = (geometries.kinds == RING) & (ends > firsts) & (xy[ends] == xy[firsts]).all(axis=1)
    kept = np.ones(len(xy), np.bool_)
    kept[ends[closing]] = False
    sizes = np.diff(geometries.offsets) - closing
    counts = np.bincount(geometries.rows, sizes, rows).astype(np.int64)
    reject(counts == 0, EMPTY)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    kept_xy = xy[kept] if closing.any() else xy
    x, y = np.ascontiguousarray(kept_xy.T)
    return Runs(x, y, starts, counts)


def means(runs: Runs) -> tuple[Floats, Floats]:
    """The mean x and y of each row's points."""
    return runs.sums(runs.x) / runs.counts, runs.sums(runs.y) / runs.counts
