"""What is measured of the quadkey module: goals are those of the quadbin module's functions of the same kind.

Results of hundreds of cells have no goal against the floor: it writes them as texts that are there already, so it is
little more than a copy of their bytes, and less than writing the numbers.
"""

from __future__ import annotations

import mercantile

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import points, polygons
from benchmarks.rowwise.quadkey import FUNCTIONS
from carto_quadkey import handler


def _quadints(count: int, zooms: tuple[int, ...]) -> list[int]:
    made = []
    for number, (longitude, latitude) in enumerate(points(count)):
        x, y, z = mercantile.tile(longitude, latitude, zooms[number % len(zooms)])
        made.append(y << (z + 5) | x << 5 | z)
    return made


def cases() -> list[Case]:
    """Make the rows of all cases."""
    ring = [[cell, 1] for cell in _quadints(10_000, (10, 13, 16))]
    wide = [[cell, 5] for cell in _quadints(1000, (15,))]
    parents = [[cell, 16] for cell in _quadints(1000, (12,))]
    large = [[shape, 17] for shape in polygons(100, 0.1, 200)]
    small = [[shape, 14] for shape in polygons(200, 0.1, 200)]
    return [
        Case("kring, k = 1", "__quadint_kring", ring, Goal(3.5, 30), room=128),
        Case("kring, k = 5", "__quadint_kring", wide, Goal(rowwise=50), room=1696),
        Case(
            "kring_distances, k = 1",
            "__quadint_kring_distances",
            ring[:8000],
            Goal(3.5, 30),
            room=470,
        ),
        Case("tochildren, 4 levels", "__quadint_tochildren", parents, Goal(rowwise=12), room=3586),
        Case("polyfill, 4 500 cells", "__quadint_polyfill", large, Goal(6, 25), room=65535),
        Case("polyfill, 95 cells", "__quadint_polyfill", small, Goal(rowwise=5), room=2300),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
