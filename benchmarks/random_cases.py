"""What is measured of the random module: `cases()` for `benchmarks.handlers`, and the same row by row.

The reference toolbox, measured once on the same machine, takes 8.6 ms for a row: several times as much
as the rows that are measured here, which leave the work to shapely.

Run it with `python -m benchmarks.random_cases`.
"""

from __future__ import annotations

import sys

from benchmarks.events import event, polygons
from benchmarks.handlers import Case
from benchmarks.rowwise.random_points import FUNCTIONS
from benchmarks.speedups import Goal, report
from carto_random import handler


def goals() -> list[Goal]:
    """Make the events of all cases: 100 points in polygons of 100 corners."""
    rows = [[shape, 100] for shape in polygons(50, 0.5, 100)]
    return [Goal(Case("random points", (event("__generatepoints", rows),), len(rows), None), 50)]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [goal.case for goal in goals()]


if __name__ == "__main__":
    sys.exit(report(goals(), FUNCTIONS, handler))
