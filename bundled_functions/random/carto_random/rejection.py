"""Random points by rejection: drawn from a polygon's bounding box, kept where they fall into the polygon.

Points are uniform on the sphere: they are drawn uniformly in degrees, and one at latitude y is kept with the
probability cos(y) / cos(y0), where y0 is the latitude of the box nearest to the equator. So coordinates come from
multiplications and additions alone, and are the same on every processor.

This is fast where the polygon fills a good part of its box, and does not end where it has no area: so the number of
rounds is bounded, and what is missing then is left to `triangles`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from carto_random.regions import cosine, steepest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from carto_random.regions import Regions

ROUNDS = 8
SMALLEST_SHARE = 0.05
_SPARE = 8
_MOST_CANDIDATES = 4_000_000


def draw(
    regions: Regions, counts: NDArray[np.int64], dice: Sequence[np.random.Generator]
) -> list[NDArray[np.float64]]:
    """Draw up to `counts[i]` points inside polygon i, with its own generator: arrays of shape (n, 2).

    Polygons that fill less than SMALLEST_SHARE of their box get none.
    """
    found: list[list[NDArray[np.float64]]] = [[] for _ in dice]
    missing = np.where(regions.share >= SMALLEST_SHARE, counts, 0)
    for turn in range(ROUNDS):
        rows = np.flatnonzero(missing > 0)
        if not len(rows):
            break
        for part in _parts(rows, _candidates(missing, regions.share, turn)):
            _draw_once(regions, part, dice, found, missing)
    return [_together(pieces) for pieces in found]


def _candidates(
    missing: NDArray[np.int64], share: NDArray[np.float64], turn: int
) -> NDArray[np.int64]:
    """How many points to draw for each row: a little more than should be needed, and more with every turn."""
    expected = missing / np.maximum(share, SMALLEST_SHARE)
    return (1.1 * expected * 2**turn).astype(np.int64) + _SPARE


def _parts(rows: NDArray[np.int64], candidates: NDArray[np.int64]) -> list[list[tuple[int, int]]]:
    """Cut rows, with their numbers of candidates, into parts that fit into memory."""
    parts: list[list[tuple[int, int]]] = [[]]
    total = 0
    for row in rows.tolist():
        count = min(int(candidates[row]), _MOST_CANDIDATES)
        if parts[-1] and total + count > _MOST_CANDIDATES:
            parts.append([])
            total = 0
        parts[-1].append((row, count))
        total += count
    return parts


def _draw_once(
    regions: Regions,
    part: list[tuple[int, int]],
    dice: Sequence[np.random.Generator],
    found: list[list[NDArray[np.float64]]],
    missing: NDArray[np.int64],
) -> None:
    rows = np.array([row for row, _ in part])
    counts = np.array([count for _, count in part])
    chances = np.concatenate([dice[row].random((count, 3)) for row, count in part])
    boxes = np.repeat(regions.bounds[rows], counts, axis=0)
    points = boxes[:, :2] + chances[:, :2] * (boxes[:, 2:] - boxes[:, :2])
    kept = chances[:, 2] * steepest(boxes[:, 1], boxes[:, 3]) < cosine(points[:, 1])
    kept &= shapely.contains_xy(np.repeat(regions.shapes[rows], counts), points[:, 0], points[:, 1])
    ends = np.cumsum(counts).tolist()
    for row, begin, end in zip(rows.tolist(), [0, *ends[:-1]], ends, strict=True):
        inside = points[begin:end][kept[begin:end]][: missing[row]]
        found[row].append(inside)
        missing[row] -= len(inside)


def _together(pieces: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(pieces) if pieces else np.empty((0, 2))
