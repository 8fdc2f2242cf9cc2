"""What is measured of the transformations: `cases()` for `benchmarks.handlers`, and the same row by row.

ST_CENTROID, ST_CENTEROFMASS, ST_DESTINATION and ST_ANGLE run in the database and are not here. Run it with
`python -m benchmarks.transformations_cases`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import shapely

from benchmarks.constructors_cases import Goal, goal, lines, report
from benchmarks.events import points, polygons
from benchmarks.rowwise.transformations import FUNCTIONS
from carto_transformations import handler

if TYPE_CHECKING:
    from benchmarks.handlers import Case


def goals() -> list[Goal]:
    """Make the events of all cases."""
    places = [shapely.Point(place) for place in points(1900)]
    pairs = [[a, b, 25] for a, b in zip(places, reversed(places), strict=True)]
    hundreds = [[a, b] for a, b, _ in pairs]
    hundred = [[shapely.from_wkb(one)] for one in polygons(1000, 0.03, 100)]
    fifty = [[shapely.from_wkb(one)] for one in polygons(1000, 0.03, 50)]
    areas = [[shapely.from_wkb(one), "1000", 8] for one in polygons(95, 0.1, 50)]
    routes = [[line, "5", "km"] for line in lines(1000, 0.1, 20)]
    return [
        goal("centermean, 100 vertices", "__centermean", hundred, 14, 1000),
        goal("centermedian, 50 vertices", "__centermedian", fifty, 55, 1000),
        goal("greatcircle, 25 vertices", "__greatcircle", pairs, 90),
        goal("greatcircle, 100 vertices", "__greatcircle_100", hundreds, 90, 1800),
        goal("line_interpolate_point, 20 v.", "__line_interpolate_point", routes, 14, 1000),
        goal("buffer of a point", "__buffer", [[one, "1000", 8] for one in places[:950]], None),
        goal("buffer, 50 vertices", "__buffer", areas, None),
    ]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [one.case for one in goals()]


if __name__ == "__main__":
    sys.exit(min(1, report(handler.respond, FUNCTIONS, goals())))
