"""What is measured of the quadbin module."""

from __future__ import annotations

import numpy as np

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import points, polygons
from benchmarks.rowwise.quadbin import FUNCTIONS
from carto_quadbin import grid, handler


def _cells(count: int, resolutions: tuple[int, ...]) -> list[int]:
    longitudes, latitudes = np.array(points(count)).T
    z = np.resize(np.array(resolutions, np.int64), count)
    x, y = grid.project(longitudes, np.clip(latitudes, -80, 80), z)
    tiles = np.left_shift(1, z)
    cells = grid.tiles_to_cells(x.astype(np.int64) % tiles, y.astype(np.int64), z)
    return [int(cell) for cell in cells]


def cases() -> list[Case]:
    """Make the rows of all cases."""
    ring = [[cell, 1] for cell in _cells(10_000, (10, 13, 16))]
    wide = [[cell, 5] for cell in _cells(1000, (15,))]
    parents = [[cell, 16] for cell in _cells(1000, (12,))]
    large = [[shape, 17] for shape in polygons(100, 0.1, 200)]
    small = [[shape, 14] for shape in polygons(200, 0.1, 200)]
    return [
        Case("kring, k = 1", "__quadbin_kring", ring, Goal(3.5, 30), room=182),
        Case("kring, k = 5", "__quadbin_kring", wide, Goal(rowwise=50), room=2422),
        Case(
            "kring_distances, k = 1",
            "__quadbin_kring_distances",
            ring[:8000],
            Goal(3.5, 30),
            room=524,
        ),
        Case("tochildren, 4 levels", "__quadbin_tochildren", parents, Goal(3.5, 12), room=5122),
        Case("polyfill, 4 500 cells", "__quadbin_polyfill", large, Goal(6, 25), room=65535),
        Case("polyfill, 95 cells", "__quadbin_polyfill", small, Goal(rowwise=5), room=3500),
        Case("kring, k = 1, one row", "__quadbin_kring", ring[:1], room=182),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
