"""Weights of pairs of points by their Minkowski distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FARTHEST = 10_000.0
"""Points farther apart than this have the weight 0, as in turf.js's distanceWeight."""


def weights(points: Floats, p: float) -> Floats:
    """Return the matrix (n, n) of 1 / distance between points (n, 2) by the p-norm; 0 where they are one place."""
    dx, dy = np.abs(points[:, None] - points[None]).transpose(2, 0, 1)
    largest = np.maximum(dx, dy)
    scale = np.where(largest == 0, 1.0, largest)
    # Scaled, so that a large p neither overflows nor vanishes.
    distance = largest * ((dx / scale) ** p + (dy / scale) ** p) ** (1 / p)
    near = (largest > 0) & (distance <= FARTHEST)
    return np.where(near, 1 / np.where(near, distance, 1.0), 0.0)
