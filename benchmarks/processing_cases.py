"""What is measured of the processing module: 100 points in each row.

The rows that are measured here use scipy and shapely where they can. The reference toolbox, measured
once on the same machine, takes 4.4 ms for a row of triangles, 88 ms for one of cells and 6.9 ms for one of lines.
"""

from __future__ import annotations

from benchmarks.cases import Case, Goal, Suite
from benchmarks.multipoints import multipoints
from benchmarks.rowwise.processing import FUNCTIONS
from carto_processing import handler


def cases() -> list[Case]:
    """Make the rows of all cases."""
    some = multipoints(40, 100)
    alone, boxed = [[text] for text in some], [[text, ""] for text in some]
    return [
        Case("delaunay lines", "__delaunaylines", alone, Goal(rowwise=10)),
        Case("delaunay polygons", "__delaunaypolygons", alone, Goal(rowwise=10)),
        Case("voronoi lines", "__voronoilines", boxed, Goal(rowwise=5)),
        Case("voronoi polygons", "__voronoipolygons", boxed, Goal(rowwise=60)),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
