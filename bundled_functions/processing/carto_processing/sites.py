"""The points of all rows as triangulations and diagrams need them: rounded, and each place of a row once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.multipoints import first_occurrences, read_multipoints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DECIMALS = 10
"""Results are rounded to this many decimals, and points before they are compared: 0.01 mm in degrees."""

_NOT_A_MULTIPOINT = "Invalid operation: Input points parameter must be MultiPoint."
_ROUNDABLE = 2.0**53 / 10.0**DECIMALS


@dataclass(frozen=True, slots=True)
class Sites:
    """The points of a batch: row i has `points[offsets[i]:offsets[i + 1]]`, of shape (n, 2), all different."""

    points: NDArray[np.float64]
    offsets: NDArray[np.int64]

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each point."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, number: int) -> NDArray[np.float64]:
        """Return the points of one row."""
        return self.points[self.offsets[number] : self.offsets[number + 1]]

    def of(self, rows: Sequence[int]) -> Sites:
        """Return the points of some rows."""
        if len(rows) == len(self):
            return self
        chosen = [self.row(number) for number in rows]
        sizes = [len(points) for points in chosen]
        points = np.concatenate(chosen) if chosen else np.empty((0, 2))
        return Sites(points, np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))))


def read_sites(hex_texts: Sequence[str]) -> Sites:
    """Read the different points of each MultiPoint, in the order in which they first come."""
    coordinates, offsets = read_multipoints(hex_texts, _NOT_A_MULTIPOINT)
    points = rounded(coordinates)
    first = first_occurrences(points, offsets)
    if len(first) == len(points):
        return Sites(points, offsets)
    return Sites(points[first], np.searchsorted(first, offsets))


def rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to DECIMALS decimals; numbers that have fewer (beyond 900 719) stay as they are, and -0 becomes 0."""
    with np.errstate(over="ignore"):
        return np.where(np.abs(values) < _ROUNDABLE, np.round(values, DECIMALS), values) + 0.0
