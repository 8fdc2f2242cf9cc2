"""What is measured of the random module.

The reference toolbox, measured once on the same machine, takes 8.6 ms for a row: several times as much
as the rows that are measured here, which leave the work to shapely.
"""

from __future__ import annotations

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import polygons
from benchmarks.rowwise.random_points import FUNCTIONS
from carto_random import handler


def cases() -> list[Case]:
    """Make the rows of all cases: 100 points in polygons of 100 corners."""
    rows = [[shape, 100] for shape in polygons(50, 0.5, 100)]
    return [Case("random points", "__generatepoints", rows, Goal(rowwise=50))]


SUITE = Suite(handler, FUNCTIONS, cases)
