"""What is measured of the processing module: `cases()` for `benchmarks.handlers`, and the same row by row.

The rows that are measured here use scipy and shapely where they can. The reference toolbox, measured
once on the same machine, takes 4.4 ms for a row of triangles, 88 ms for one of cells and 6.9 ms for one of lines.

Run it with `python -m benchmarks.processing_cases`.
"""

from __future__ import annotations

import sys

from benchmarks.events import event
from benchmarks.handlers import Case
from benchmarks.multipoints import multipoints
from benchmarks.rowwise.processing import FUNCTIONS
from benchmarks.speedups import Goal, report
from carto_processing import handler


def goals() -> list[Goal]:
    """Make the events of all cases: 100 points in each row."""
    some = multipoints(40, 100)
    alone, boxed = [[text] for text in some], [[text, ""] for text in some]
    count = len(some)
    return [
        Goal(Case("delaunay lines", (event("__delaunaylines", alone),), count, None), 10),
        Goal(Case("delaunay polygons", (event("__delaunaypolygons", alone),), count, None), 10),
        Goal(Case("voronoi lines", (event("__voronoilines", boxed),), count, None), 5),
        Goal(Case("voronoi polygons", (event("__voronoipolygons", boxed),), count, None), 60),
    ]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [goal.case for goal in goals()]


if __name__ == "__main__":
    sys.exit(report(goals(), FUNCTIONS, handler))
