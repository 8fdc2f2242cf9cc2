"""What is measured of the constructors; ST_MAKEENVELOPE and ST_TILEENVELOPE run in the database and are not here."""

from __future__ import annotations

import shapely

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import points
from benchmarks.rowwise.constructors import FUNCTIONS
from benchmarks.shapes import lines, shape_case
from carto_constructors import handler


def cases() -> list[Case]:
    """Make the rows of all cases."""
    centers = [shapely.Point(place) for place in points(1900)]
    ellipses = [[one, "5", "3", "30", "kilometers"] for one in centers]
    rounder = [[*row, 128] for row in ellipses[:950]]
    splines = [[line, 10_000, "0.85"] for line in lines(300, 0.03, 6)]
    return [
        shape_case("makeellipse, 64 steps", "__makeellipse_64", ellipses, Goal(rowwise=100)),
        shape_case("makeellipse, 128 steps", "__makeellipse", rounder, Goal(rowwise=100), 136 * 32),
        shape_case(
            "bezierspline, 500 vertices", "__bezierspline", splines, Goal(rowwise=28), 16_000
        ),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
