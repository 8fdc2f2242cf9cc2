"""Points at a distance along lines, which are made of great circles."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from carto_transformations.sphere import along_great_circles, angular_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


def points_along(vertices: Floats, offsets: Integers, passed: Floats) -> Floats:
    """Return the point (rows, 2) in degrees at the angle `passed` along each line, or its end if it is shorter.

    Line i has the vertices `vertices[offsets[i]:offsets[i + 1]]`, at least two.
    """
    lengths = angular_distance(vertices[:-1], vertices[1:])
    segment = np.empty(len(passed), np.int64)
    rest = np.empty(len(passed))
    over = np.zeros(len(passed), np.bool_)
    bounds = offsets.tolist()
    # A sum that runs on from row to row would make a row's result depend on its batch.
    for row, (first, last) in enumerate(pairwise(bounds)):
        reached = np.cumsum(lengths[first : last - 1])
        place = int(np.searchsorted(reached, passed[row]))
        over[row] = place == len(reached)
        place = min(place, len(reached) - 1)
        segment[row] = first + place
        rest[row] = passed[row] - (reached[place - 1] if place else 0.0)
    found = along_great_circles(vertices[segment], vertices[segment + 1], rest)
    return np.where(over[:, None], vertices[offsets[1:] - 1], found)
