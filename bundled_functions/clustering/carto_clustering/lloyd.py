"""K-means by Lloyd's algorithm (Lloyd 1982), for the points of many rows at once.

Every step is a subtraction, multiplication, addition, division or comparison of doubles in a fixed order, so labels
do not depend on the processor or on what other rows are in the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MAX_STEPS = 10_000
_MOST_PAIRS = 8000


@dataclass(frozen=True, slots=True)
class Problems:
    """The points to be clustered, row by row: row i has `points[offsets[i]:offsets[i + 1]]`, of shape (n, 2).

    `weights` says how many points each stands for. `seeds[i]` are the first centres of row i, of shape (k, 2).
    """

    points: NDArray[np.float64]
    offsets: NDArray[np.int64]
    seeds: list[NDArray[np.float64]]
    weights: NDArray[np.float64] | None = None


def k_means(problems: Problems) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """Return the label (0 to k - 1) of each point, and each row's centres, of shape (k, 2).

    Points belong to the nearest centre, on a tie to that with the lower label; centres move to the mean of their
    points, and stay where they are without any. It ends when no label changes.
    """
    labels = np.zeros(len(problems.points), np.int64)
    centres: list[NDArray[np.float64]] = []
    for first, last in _groups(problems):
        begin, end = problems.offsets[first], problems.offsets[last]
        group = _Group(problems, first, last)
        group.run()
        labels[begin:end] = group.labels
        centres += group.row_centres()
    return labels, centres


def _groups(problems: Problems) -> Iterator[tuple[int, int]]:
    """Cut the rows into groups, from first to before last, whose pairs of points and centres fit the cache."""
    first, widest = 0, 0
    for row, seeds in enumerate(problems.seeds):
        widest = max(widest, len(seeds))
        points = int(problems.offsets[row + 1] - problems.offsets[first])
        if row > first and points * widest > _MOST_PAIRS:
            yield first, row
            first, widest = row, len(seeds)
    if first < len(problems.seeds):
        yield first, len(problems.seeds)


class _Group:
    """Some rows, iterated together until all are done: a row that is done does not change any more."""

    def __init__(self, problems: Problems, first: int, last: int) -> None:
        begin, end = problems.offsets[first], problems.offsets[last]
        self._x, self._y = np.ascontiguousarray(problems.points[begin:end].T)
        self._weights = None if problems.weights is None else problems.weights[begin:end]
        sizes = np.diff(problems.offsets[first : last + 1])
        self._row = np.repeat(np.arange(last - first), sizes)
        self._counts = [len(seeds) for seeds in problems.seeds[first:last]]
        # Of shape (x and y, centres, rows). A centre that is not there is infinitely far away.
        self._centres = np.full((2, max(self._counts), last - first), np.inf)
        for row, seeds in enumerate(problems.seeds[first:last]):
            self._centres[:, : len(seeds), row] = seeds.T
        self.labels = np.zeros(len(self._x), np.int64)

    def run(self) -> None:
        """Iterate."""
        before = None
        for _ in range(MAX_STEPS):
            self.labels = self._nearest()
            if before is not None and np.array_equal(before, self.labels):
                return
            self._move()
            before = self.labels

    def row_centres(self) -> list[NDArray[np.float64]]:
        """The centres of each row."""
        return [self._centres[:, :count, row].T for row, count in enumerate(self._counts)]

    def _nearest(self) -> NDArray[np.int64]:
        """The label of each point. Arrays are of shape (centres, points)."""
        alone = self._centres.shape[2] == 1
        across, up = self._centres if alone else self._centres[:, :, self._row]
        across, up = across - self._x, up - self._y
        squares = np.multiply(across, across, out=across)
        squares += np.multiply(up, up, out=up)
        return squares.argmin(axis=0)

    def _move(self) -> None:
        place = self.labels * self._centres.shape[2] + self._row
        size = self._centres[0].size
        weights = self._weights
        x, y = (self._x, self._y) if weights is None else (self._x * weights, self._y * weights)
        total = np.bincount(place, weights, minlength=size)
        filled = total > 0
        for centre, values in zip(self._centres, (x, y), strict=True):
            sums = np.bincount(place, values, minlength=size)
            centre.reshape(-1)[filled] = sums[filled] / total[filled]
