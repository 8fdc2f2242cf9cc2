"""What is measured of the random module.

The reference toolbox, measured once on the same machine, takes 8.6 ms for a row.
"""

from __future__ import annotations

from dataclasses import replace

import shapely

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import polygons
from benchmarks.rowwise.random_points import FUNCTIONS
from benchmarks.shapes import shape_case
from carto_random import handler


def cases() -> list[Case]:
    """Make the rows of all cases: 100 points in polygons of 100 corners."""
    rows = [[shapely.from_wkb(shape), 100] for shape in polygons(300, 0.5, 100)]
    case = shape_case("random points", "__generatepoints", rows, Goal(rowwise=50), 4200)
    return [
        case,
        replace(
            case,
            name="the same, rows by shapely",
            goal=Goal(),
            baseline="__generatepoints by shapely",
        ),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
