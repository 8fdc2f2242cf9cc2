"""What is measured of the processing module: 100 points in each row.

The reference toolbox, measured once on the same machine, takes 4.4 ms for a row of triangles, 88 ms for one of cells
and 6.9 ms for one of lines.
"""

from __future__ import annotations

from dataclasses import replace

import shapely

from benchmarks.cases import Case, Goal, Suite
from benchmarks.multipoints import multipoints
from benchmarks.rowwise.processing import FUNCTIONS
from benchmarks.shapes import shape_case
from carto_processing import handler


def cases() -> list[Case]:
    """Make the rows of all cases."""
    some = [shapely.from_wkb(text) for text in multipoints(120, 100)]
    alone, boxed = [[shape] for shape in some], [[shape, ""] for shape in some]
    cells = shape_case("voronoi polygons", "__voronoipolygons", boxed, Goal(rowwise=60))
    return [
        shape_case("delaunay lines", "__delaunaylines", alone, Goal(rowwise=10)),
        shape_case("delaunay polygons", "__delaunaypolygons", alone, Goal(rowwise=10)),
        shape_case("voronoi lines", "__voronoilines", boxed, Goal(rowwise=5)),
        cells,
        replace(
            cells,
            name="the same, rows by shapely",
            goal=Goal(),
            baseline="__voronoipolygons by shapely",
        ),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
