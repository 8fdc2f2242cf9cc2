"""Points at a distance along lines, which are made of great circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_transformations.sphere import along_great_circles, angular_distance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_MOST_CELLS = 200_000


def points_along(vertices: Floats, offsets: Integers, passed: Floats) -> Floats:
    """Return the point (rows, 2) in degrees at the angle `passed` along each line, or its end if it is shorter.

    Line i has the vertices `vertices[offsets[i]:offsets[i + 1]]`, at least two.
    """
    lengths = angular_distance(vertices[:-1], vertices[1:])
    counts = np.diff(offsets) - 1
    segment = np.empty(len(passed), np.int64)
    rest = np.empty(len(passed))
    for start, end in _groups(counts.tolist()):
        segment[start:end], rest[start:end] = _located(
            lengths, offsets[start:end], counts[start:end], passed[start:end]
        )
    over = segment == counts
    segment = offsets[:-1] + np.minimum(segment, counts - 1)
    found = along_great_circles(vertices[segment], vertices[segment + 1], rest)
    return np.where(over[:, None], vertices[offsets[1:] - 1], found)


def _groups(counts: list[int]) -> Iterator[tuple[int, int]]:
    """Cut rows into groups, from start to before end, whose tables of segments are small."""
    start, widest = 0, 0
    for row, count in enumerate(counts):
        widest = max(widest, count)
        if row > start and (row + 1 - start) * widest > _MOST_CELLS:
            yield start, row
            start, widest = row, count
    if start < len(counts):
        yield start, len(counts)


def _located(
    lengths: Floats, firsts: Integers, counts: Integers, passed: Floats
) -> tuple[Integers, Floats]:
    """Return the segment of each line that holds the place, `counts` for none, and how far it is into the segment."""
    places = np.arange(counts.max())
    inside = places < counts[:, None]
    table = np.where(inside, lengths[np.where(inside, firsts[:, None] + places, 0)], np.inf)
    # Sums along a row, each on its own: one that runs on from row to row would make a result depend on its batch.
    reached = np.cumsum(table, axis=1)
    segment = np.minimum((reached < passed[:, None]).sum(axis=1), counts)
    before = reached[np.arange(len(segment)), np.maximum(segment - 1, 0)]
    return segment, np.where(segment > 0, passed - before, passed)
