"""What is measured of the h3 module.

Most of what is left to Lambda is work of libh3, which both sides pay: goals are multiples of the row-by-row speed. The
library has experimental modes of polyfill like ours, which leave out a cell now and then.
The row-by-row functions get cells as texts, the handlers as numbers (`sql/h3/macros.sql`): each as it reads them.
"""

from __future__ import annotations

import json

import h3

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import points, polygons
from benchmarks.rowwise.h3 import FUNCTIONS
from carto_h3 import handler


def _cells(count: int, resolutions: tuple[int, ...]) -> list[str]:
    return [
        h3.latlng_to_cell(latitude, longitude, resolutions[number % len(resolutions)])
        for number, (longitude, latitude) in enumerate(points(count))
    ]


def _number(argument: object) -> object:
    is_cell = isinstance(argument, str) and len(argument) == 15
    return int(str(argument), 16) if is_cell else argument


def _case(name: str, function: str, rows: list[list[object]], goal: float, room: int = 0) -> Case:
    numbers = [[_number(each) for each in row] for row in rows]
    return Case(name, f"__h3_{function}", numbers, Goal(rowwise=goal), rows, room=room)


def cases() -> list[Case]:
    """Make the rows of all cases."""
    cells = _cells(10_000, (7, 9, 12))
    fine = _cells(1000, (9,))
    pairs = [[cell, h3.grid_disk(cell, 3)[-1]] for cell in cells]
    sets = [[json.dumps(h3.grid_disk(cell, 5))] for cell in fine]
    coarse = [[json.dumps(h3.compact_cells(json.loads(one))), 9] for [one] in sets]
    deeper = [[cell, h3.get_resolution(cell) + 1] for cell in cells]
    shapes, simple = polygons(200, 0.1, 200), polygons(200, 0.1, 20)
    return [
        _case("kring, k = 1", "kring", [[cell, 1] for cell in cells], 3, 114),
        _case("kring, k = 5", "kring", [[cell, 5] for cell in fine], 3, 1458),
        _case("kring_distances, k = 1", "kring_distances", [[cell, 1] for cell in cells], 3, 149),
        _case("hexring, k = 3", "hexring", [[cell, 3] for cell in cells], 1.8, 306),
        _case("distance, 3 cells", "distance", pairs, 1.8),
        _case("tochildren, 1 level", "tochildren", deeper, 3, 114),
        _case("tochildren, 4 levels", "tochildren", [[cell, 13] for cell in fine[:100]], 3, 38418),
        _case("compact, 91 cells", "compact", sets, 1.8),
        _case("uncompact, 91 cells", "uncompact", coarse, 1.8),
        _case("polyfill, 50 cells", "polyfill", [[s, 7, "center"] for s in shapes], 1.8, 4150),
        _case(
            "polyfill, 2 600 cells", "polyfill", [[s, 9, "center"] for s in shapes[:50]], 1.8, 65535
        ),
        _case("polyfill, 20 corners", "polyfill", [[s, 7, "center"] for s in simple], 1.8, 4150),
        _case(
            "polyfill, intersects",
            "polyfill",
            [[s, 9, "intersects"] for s in shapes[:50]],
            1.8,
            65535,
        ),
        _case(
            "polyfill, contains", "polyfill", [[s, 9, "contains"] for s in shapes[:50]], 1.8, 65535
        ),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
