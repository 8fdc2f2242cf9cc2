"""What is measured of the transformations.

ST_CENTROID, ST_CENTEROFMASS, ST_DESTINATION and ST_ANGLE run in the database and are not here.
"""

from __future__ import annotations

import shapely

from benchmarks.cases import Case, Goal, Suite
from benchmarks.events import points, polygons
from benchmarks.rowwise.transformations import FUNCTIONS
from benchmarks.shapes import lines, shape_case
from carto_transformations import handler


def cases() -> list[Case]:
    """Make the rows of all cases."""
    places = [shapely.Point(place) for place in points(1900)]
    pairs = [[a, b, 25] for a, b in zip(places, reversed(places), strict=True)]
    hundreds = [[a, b] for a, b, _ in pairs]
    hundred = [[shapely.from_wkb(one)] for one in polygons(1000, 0.03, 100)]
    fifty = [[shapely.from_wkb(one)] for one in polygons(1000, 0.03, 50)]
    areas = [[shapely.from_wkb(one), "1000", 8] for one in polygons(95, 0.1, 50)]
    routes = [[line, "5", "km"] for line in lines(1000, 0.1, 20)]
    around = [[one, "1000", 8] for one in places[:950]]
    return [
        shape_case("centermean, 100 vertices", "__centermean", hundred, Goal(rowwise=14)),
        shape_case("centermedian, 50 vertices", "__centermedian", fifty, Goal(rowwise=55)),
        shape_case("greatcircle, 25 vertices", "__greatcircle", pairs, Goal(rowwise=90), 25 * 32),
        shape_case("greatcircle, 100 vertices", "__greatcircle_100", hundreds, Goal(rowwise=90)),
        shape_case(
            "line_interpolate_point, 20 v.", "__line_interpolate_point", routes, Goal(rowwise=14)
        ),
        shape_case("buffer of a point", "__buffer", around),
        shape_case("buffer, 50 vertices", "__buffer", areas),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
