"""What is measured of the S2 module.

The row-by-row functions get coordinates as texts, the handlers as integers (`sql/s2/macros.sql`): each as it reads
them. Searches (coverings and polyfill) have no goal against the floor; they must beat the libraries they agree with.
"""

from __future__ import annotations

import numpy as np

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import points, polygons
from benchmarks.rowwise.s2 import FUNCTIONS
from carto_s2 import handler
from carto_s2.handlers import from_longlat

LEVELS = (8, 12, 14, 16)


def _fixed_point(degrees: float) -> int:
    return round(degrees * 2**52)


def _cells(count: int) -> list[int]:
    longitudes, latitudes = (
        np.array([_fixed_point(value) for value in column])
        for column in zip(*points(count), strict=True)
    )
    found = from_longlat(longitudes, latitudes, np.resize(np.array(LEVELS), count))
    return [int(cell) for cell in found]


def _of_degrees(name: str, function: str, rows: list[list[float | int]], goal: Goal) -> Case:
    exact = [[_fixed_point(n) if isinstance(n, float) else n for n in row] for row in rows]
    texts = [[repr(n) if isinstance(n, float) else n for n in row] for row in rows]
    return Case(name, function, exact, goal, texts)


def cases() -> list[Case]:
    """Make the rows of all cases."""
    cells = _cells(10_000)
    boxes = [[x, x + 0.05, y, y + 0.04, 8, 16] for x, y in points(200)]
    places = [[x, y, 14] for x, y in points(10_000)]
    shapes = polygons(50, 0.1, 200)
    deeper = [
        [cell, level + 2]
        for cell, level in zip(cells, np.resize(LEVELS, 10_000).tolist(), strict=True)
    ]
    alone = [[cell] for cell in cells]
    return [
        _of_degrees("fromlonglat", "__s2_fromlonglat", places, Goal(3.5, 12)),
        Case("center", "__s2_center", alone, Goal(3.5, 12)),
        Case("boundary", "s2_boundary", alone, Goal(6, 20)),
        Case("tochildren, 2 levels", "__s2_tochildren", deeper, Goal(3.5, 22), room=338),
        _of_degrees("polyfill_bbox", "__s2_polyfill_bbox", boxes, Goal(rowwise=4)),
        Case(
            "polyfill, 600 cells",
            "__s2_polyfill",
            [[s, 14] for s in shapes],
            Goal(rowwise=25),
            room=65535,
        ),
        Case(
            "polyfill, 40 cells",
            "__s2_polyfill",
            [[s, 12] for s in shapes],
            Goal(rowwise=5),
            room=6150,
        ),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
