"""The points of each row as triangulations and diagrams need them: rounded, and each place once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.shapes import read_multipoints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DECIMALS = 10
"""Results are rounded to this many decimals, and points before they are compared: 0.01 mm in degrees."""

_NOT_A_MULTIPOINT = "Invalid operation: Input points parameter must be MultiPoint."
_ROUNDABLE = 2.0**53 / 10.0**DECIMALS


def read_sites(hex_texts: Sequence[str]) -> list[NDArray[np.float64]]:
    """Read the different points of each MultiPoint, in the order in which they first come: arrays of shape (n, 2)."""
    coordinates, offsets = read_multipoints(hex_texts, _NOT_A_MULTIPOINT)
    points = rounded(coordinates)
    bounds = offsets.tolist()
    return [_distinct(points[start:end]) for start, end in pairwise(bounds)]


def rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to DECIMALS decimals; numbers that have fewer (beyond 900 719) stay as they are, and -0 becomes 0."""
    with np.errstate(over="ignore"):
        return np.where(np.abs(values) < _ROUNDABLE, np.round(values, DECIMALS), values) + 0.0


def _distinct(points: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.lexsort((points[:, 1], points[:, 0]))
    ordered = points[order]
    first = np.ones(len(points), np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    # lexsort is stable: of equal points, the first in the order given comes first.
    return points if first.all() else points[np.sort(order[first])]
