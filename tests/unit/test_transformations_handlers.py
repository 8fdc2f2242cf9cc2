"""The transformations' Lambda functions, whole invocations, against scipy, pyproj, shapely and definitions."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import Geod
from scipy.optimize import minimize

from carto_at_runtime.limits import MAX_RESPONSE_BYTES
from carto_transformations import handler
from tests.unit.handler_calls import BothWays, refusal, respond
from tests.unit.handler_calls import answer as answer_of

ASKED = BothWays(handler)

RADIUS_M = 6371008.8
SPHERE = Geod(a=RADIUS_M, b=RADIUS_M)
WGS84 = Geod(ellps="WGS84")
SQUARE = "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))"


def hexed(shape):
    if shape is None:
        return None
    return shapely.to_wkb(shapely.from_wkt(shape) if isinstance(shape, str) else shape, hex=True)


def answer(function, *rows):
    return respond(ASKED, f"__{function}", *rows)


def texts(function, *rows):
    return answer_of(ASKED, f"__{function}", *rows)


def results(function, *rows):
    found = [None if one is None else shapely.from_wkb(one) for one in texts(function, *rows)]
    assert {4326} >= {shapely.get_srid(one) for one in found if one is not None}
    return found


def error(function, *rows):
    return refusal(ASKED, f"__{function}", *rows)


# --- mean and median --------------------------------------------------------------------------------------------------


def centers(function, *shapes):
    return [(one.x, one.y) for one in results(function, *((hexed(shape),) for shape in shapes))]


def distances(place, points):
    return np.hypot(*(np.asarray(points) - place).T).sum()


def test_centermean_leaves_out_closing_vertices():
    assert centers(
        "CENTERMEAN",
        SQUARE,
        "MULTIPOINT(0 0, 3 6)",
        "LINESTRING(0 0, 1 1, 5 5)",
        "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))",
        "GEOMETRYCOLLECTION(POINT(9 9), POLYGON((0 0, 3 0, 3 3, 0 0)))",
        "POINT Z(1 2 3)",
    ) == [(0.5, 0.5), (1.5, 3), (2, 2), (1.75, 1.75), (3.75, 3), (1, 2)]


def test_empty_geometries_have_the_documented_error():
    for function in ("CENTERMEAN", "CENTERMEDIAN"):
        message = error(function, (hexed(SQUARE),), (hexed("POLYGON EMPTY"),))
        assert "row 1: Invalid operation: Found empty point. Please check the input" in message


def test_nulls_stay_null_and_do_not_disturb_the_others():
    good = hexed("POINT(1 2)")
    for function in ("CENTERMEAN", "CENTERMEDIAN", "POINTONSURFACE"):
        found = results(function, (None,), (good,), (None,))
        assert found[0] is found[2] is None
        assert (found[1].x, found[1].y) == (1, 2)


def test_centermedian_of_a_point_does_not_divide_by_zero():
    assert centers("CENTERMEDIAN", "POINT(3 4)", "MULTIPOINT(5 6, 5 6, 5 6)") == [(3, 4), (5, 6)]


def test_centermedian_at_a_vertex_does_not_divide_by_zero():
    # An angle of 120 degrees or more makes its vertex the median; so does a point that is there often enough.
    found = centers(
        "CENTERMEDIAN",
        "MULTIPOINT(-10 1, 0 0, 10 1)",
        "MULTIPOINT(0 0, 4 0, 2 3, 2 1)",
        "MULTIPOINT(0 0, 0 0, 0 0, 5 1, 1 5)",
        "MULTIPOINT(1 0, -1 0, 0 1, 0 -1, 0 0)",
    )
    assert found == [
        pytest.approx(expected, abs=1e-15) for expected in ((0, 0), (2, 1), (0, 0), (0, 0))
    ]


def test_centermedian_counts_the_closing_vertex_once():
    assert centers("CENTERMEDIAN", SQUARE) == [pytest.approx((0.5, 0.5), abs=1e-15)]


def test_centermedian_on_a_line_is_the_median_of_numbers():
    assert centers(
        "CENTERMEDIAN",
        "LINESTRING(0 0, 1 1, 7 7)",
        "MULTIPOINT(0 0, 0 1, 0 2, 0 10)",
        "MULTIPOINT(4 2, 0 0)",
        "MULTIPOINT(10 5, 2 1, 0 0, 4 2, 4 2)",
    ) == [pytest.approx(expected, abs=1e-14) for expected in ((1, 1), (0, 1.5), (2, 1), (4, 2))]


def test_centermedian_is_what_scipy_finds():
    dice = np.random.default_rng(5)
    sets = [dice.normal(size=(count, 2)) * 5 + (20, 40) for count in (3, 4, 5, 7, 12, 50) * 5]
    found = centers("CENTERMEDIAN", *(shapely.multipoints(points) for points in sets))
    for place, points in zip(found, sets, strict=True):
        best = minimize(
            distances, points.mean(axis=0), args=(points,), method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 2000},
        )  # fmt: skip
        assert distances(place, points) <= best.fun * (1 + 1e-12)
        assert place == pytest.approx(best.x, abs=1e-4)


LATTICE = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=12).map(
    lambda points: [(x * 1.0, y * 1.0) for x, y in points]
)


@example([[(0.0, -2.0), (-2.0, 1.0), (3.0, -4.0), (-4.0, 3.0)]])
@given(st.lists(LATTICE, min_size=1, max_size=5))
def test_no_other_place_is_better_than_the_median(sets):
    found = centers("CENTERMEDIAN", *(shapely.multipoints(points) for points in sets))
    assert found == [centers("CENTERMEDIAN", shapely.multipoints(points))[0] for points in sets]
    for place, points in zip(found, sets, strict=True):
        least = distances(place, points)
        others = [
            *points,
            *((place[0] + dx, place[1] + dy) for dx in (-1e-4, 0, 1e-4) for dy in (-1e-4, 1e-4)),
        ]
        assert least <= min(distances(other, points) for other in others) + 1e-11


# --- great circles ----------------------------------------------------------------------------------------------------


def great_circle(start, end, count):
    [line] = results("GREATCIRCLE", (hexed(start), hexed(end), count))
    return line


def test_great_circles_are_geodesics_of_the_ellipsoid():
    line = great_circle("POINT(-3.70325 40.4167)", "POINT(-73.9385 40.6643)", 25)
    expected = WGS84.npts(-3.70325, 40.4167, -73.9385, 40.6643, 23)
    assert shapely.get_coordinates(line)[1:-1] == pytest.approx(np.array(expected), abs=1e-11)
    assert len(line.coords) == 25


def test_greatcircle_ends_at_its_points_exactly():
    dice = random.Random(8)  # noqa: S311 - repeatable test data
    for _ in range(20):
        x = dice.uniform(-80, 80), dice.uniform(-90, 90)
        y = dice.uniform(-80, 80), dice.uniform(-90, 90)
        line = great_circle(shapely.Point(x), shapely.Point(y), 7)
        assert line.coords[0] == x
        assert line.coords[-1] == y


@pytest.mark.parametrize("count", [1, 0, -1])
def test_greatcircle_of_less_than_two_points_is_an_error(count):
    row = (hexed("POINT(0 0)"), hexed("POINT(1 1)"), count)
    assert "Invalid n_points: should be at least 2" in error("GREATCIRCLE", row)


def test_greatcircle_across_the_antimeridian_is_cut_there():
    line = great_circle("POINT(170 10)", "POINT(-170 20)", 50)
    west, east = line.geoms
    assert line.geom_type == "MultiLineString"
    assert shapely.get_num_coordinates(line) == 52
    assert west.coords[0] == (170, 10)
    assert east.coords[-1] == (-170, 20)
    assert (west.coords[-1][0], east.coords[0][0]) == (180, -180)
    assert west.coords[-1][1] == east.coords[0][1]
    back = great_circle("POINT(-170 20)", "POINT(170 10)", 50)
    assert back.reverse().normalize().equals_exact(line.normalize(), 1e-9)


@pytest.mark.parametrize(
    ("start", "end"),
    [("170 10", "180 20"), ("180 10", "-170 20"), ("-180 10", "-170 0"), ("-170 3", "180 4"),
     ("-180 -5", "170 5"), ("180 5", "-180 50"), ("530 10", "170 20")],
)  # fmt: skip
def test_greatcircle_that_only_touches_the_antimeridian_is_not_cut(start, end):
    line = great_circle(f"POINT({start})", f"POINT({end})", 10)
    assert line.geom_type == "LineString"
    assert len(line.coords) == 10
    assert abs(line.bounds[2] - line.bounds[0]) <= 10
    assert -180 <= line.bounds[0] <= line.bounds[2] <= 180


def test_greatcircle_across_both_poles_and_between_antipodes():
    over = great_circle("POINT(0 80)", "POINT(180 80)", 3)
    assert over.coords[1][1] == pytest.approx(90, abs=1e-9)
    around = great_circle("POINT(0 0)", "POINT(180 0)", 3)
    assert abs(around.coords[1][1]) == pytest.approx(90, abs=1e-9)
    nearly = great_circle("POINT(10 30)", "POINT(-170.2 -29.9)", 50)
    length = WGS84.inv(10, 30, -170.2, -29.9)[2]
    pieces = nearly.geoms if nearly.geom_type == "MultiLineString" else [nearly]
    drawn = sum(WGS84.line_length(*np.array(piece.coords).T) for piece in pieces)
    assert drawn == pytest.approx(length, rel=1e-3)


def test_greatcircle_between_one_place_is_null():
    rows = [
        ("POINT(1 2)", "POINT(1 2)"), ("POINT(180 2)", "POINT(-180 2)"), ("POINT(5 90)", "POINT(60 90)"),
        ("POINT EMPTY", "POINT(1 2)"), (None, "POINT(1 2)"), ("POINT(1 2)", None),
    ]  # fmt: skip
    assert texts("GREATCIRCLE", *((hexed(a), hexed(b), 5) for a, b in rows)) == [None] * 6
    assert texts("GREATCIRCLE", (hexed("POINT(1 2)"), hexed("POINT(2 2)"), None)) == [None]


def test_greatcircle_of_other_geometries_names_what_is_wrong():
    good = (hexed("POINT(1 2)"), hexed("POINT(2 3)"), 5)
    line = (hexed("POINT(1 2)"), hexed("LINESTRING(2 3, 4 5)"), 5)
    assert "row 1: start_point and end_point should be a Point" in error("GREATCIRCLE", good, line)
    assert "Invalid latitude" in error(
        "GREATCIRCLE", (hexed("POINT(1 91)"), hexed("POINT(2 3)"), 5)
    )


def test_rows_of_different_counts_stay_in_order():
    rows = [(hexed("POINT(0 0)"), hexed(f"POINT({n} 1)"), n) for n in (5, 3, 9, 3, 5)]
    assert [len(line.coords) for line in results("GREATCIRCLE", *rows)] == [5, 3, 9, 3, 5]


def test_full_batches_of_great_circles_fit_into_a_response():
    row = (hexed("POINT(170 10)"), hexed("POINT(-170 20)"))
    for function, rows, more in (("GREATCIRCLE_100", 1800, ()), ("GREATCIRCLE", 95, (2000,))):
        document = {
            "external_function": f"__{function}",
            "num_records": rows,
            "arguments": [(*row, *more)] * rows,
        }
        posted = handler(json.dumps(document).encode(), None)
        assert json.loads(json.loads(posted))["success"]
        assert MAX_RESPONSE_BYTES * 0.85 < len(posted) <= MAX_RESPONSE_BYTES


# --- along lines ------------------------------------------------------------------------------------------------------

ROUTE = (
    "LINESTRING(-76.091308 18.427501, -76.695556 18.729501, -76.552734 19.40443,"
    " -74.61914 19.134789, -73.652343 20.07657, -73.157958 20.210656)"
)


def test_points_along_lines_are_those_of_the_other_clouds():
    kilometers, miles, default = results(
        "LINE_INTERPOLATE_POINT",
        (hexed(ROUTE), "250", "kilometers"),
        (hexed(ROUTE), "250", "miles"),
        (hexed(ROUTE), "250", None),
    )
    assert kilometers.coords[0] == pytest.approx((-75.5956489839589, 19.273615818183988), abs=1e-9)
    assert miles.coords[0] == pytest.approx((-74.297592068938, 19.449810710315635), abs=2e-9)
    assert default == kilometers


def test_points_along_lines_are_at_their_distance_on_the_sphere():
    dice = random.Random(3)  # noqa: S311
    for _ in range(20):
        vertices = [(dice.uniform(-170, 170), dice.uniform(-80, 80)) for _ in range(2)]
        far = SPHERE.inv(*vertices[0], *vertices[1])[2]
        part = far * dice.random()
        [point] = results(
            "LINE_INTERPOLATE_POINT", (hexed(shapely.LineString(vertices)), repr(part), "meters")
        )
        assert SPHERE.inv(*vertices[0], point.x, point.y)[2] == pytest.approx(part, abs=1e-4)
        assert SPHERE.inv(point.x, point.y, *vertices[1])[2] == pytest.approx(far - part, abs=1e-4)


def test_the_ends_of_lines_and_beyond():
    line = hexed("LINESTRING(0 0, 1 0, 1 0, 1 1)")
    start, end, vertex = results(
        "LINE_INTERPOLATE_POINT", (line, "0", "km"), (line, "1e9", "km"),
        (line, repr(math.radians(1) * RADIUS_M), "m"),
    )  # fmt: skip
    assert start.coords[0] == (0, 0)
    assert end.coords[0] == (1, 1)
    assert vertex.coords[0] == pytest.approx((1, 0), abs=1e-12)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("LINESTRING(0 0, 1 1)", "-1", "km"), "Invalid distance: should not be negative"),
        (("LINESTRING(0 0, 1 1)", "1", "parsecs"), "unit is invalid"),
        (("MULTILINESTRING((0 0, 1 1))", "1", "km"), ""),
        (("MULTILINESTRING((0 0, 1 1), (2 2, 3 3))", "1", "km"), "line should be a LineString"),
        (("POINT(0 0)", "1", "km"), "line should be a LineString"),
        (("LINESTRING EMPTY", "1", "km"), "line should be a LineString"),
    ],
)
def test_impossible_places_along_lines(row, message):
    good = (hexed(ROUTE), "1", "Kilometers")
    bad = (hexed(row[0]), *row[1:])
    if not message:
        assert results("LINE_INTERPOLATE_POINT", bad)
        return
    found = error("LINE_INTERPOLATE_POINT", good, bad, good)
    assert "row 1: " in found
    assert message in found


# --- buffers ----------------------------------------------------------------------------------------------------------


def buffer(shape, meters, segments=8):
    [found] = results("BUFFER", (hexed(shape), repr(meters), segments))
    return found


def test_buffers_of_points_are_circles_on_the_sphere():
    shape = buffer("POINT(-74 40.7128)", 1000.0, 10)
    assert shape.exterior.coords[0] == pytest.approx(
        (-73.9881354374691, 40.7127993926494), abs=1e-12
    )
    for x, y in shape.exterior.coords:
        assert SPHERE.inv(-74, 40.7128, x, y)[2] == pytest.approx(1000, abs=1e-6)
    assert len(shape.exterior.coords) == 41


def farthest_and_nearest(shape, source, meters):
    """Distances from the boundary of a buffer to points of the geometry, close to each other."""
    outline = shapely.get_coordinates(shape)
    near = shapely.get_coordinates(shapely.segmentize(source, 0.02))
    found = []
    for x, y in outline[:: max(1, len(outline) // 40)]:
        if abs(x) == 180 or abs(y) == 90:
            continue
        count = len(near)
        apart = SPHERE.inv(np.full(count, x), np.full(count, y), near[:, 0], near[:, 1])[2]
        found.append(apart.min() / meters)
    return min(found), max(found)


@pytest.mark.parametrize(
    ("text", "meters"),
    [
        ("LINESTRING(10 10, 10.5 11, 12 11)", 20_000.0),
        ("POLYGON((5 60, 7 60, 7 61, 5 61, 5 60))", 15_000.0),
        ("LINESTRING(0 0, 40 30)", 50_000.0),
        ("POLYGON((-100 20, -60 20, -60 50, -100 50, -100 20))", 100_000.0),
        ("LINESTRING(170 -20, 179.5 -17)", 90_000.0),
    ],
)
def test_the_outline_of_a_buffer_is_at_its_distance(text, meters):
    source = shapely.from_wkt(text)
    shape = buffer(source, meters)
    assert shape.is_valid
    nearest, farthest = farthest_and_nearest(
        shape, source.boundary if "POLY" in text else source, meters
    )
    # Eight edges a quarter cut corners by 0.5 %; the geometry's points stand 2 km apart.
    assert nearest > 0.99
    assert farthest < 1.01


def test_a_negative_distance_shrinks_polygons_and_leaves_nothing_of_the_rest():
    small = buffer(SQUARE, -10_000.0)
    assert shapely.from_wkt(SQUARE).contains_properly(small)
    assert SPHERE.inv(0, 0, small.bounds[0], 0)[2] == pytest.approx(10_000, rel=1e-3)
    wide = buffer("POLYGON((-100 20, -60 20, -60 50, -100 50, -100 20))", -100_000.0)
    assert wide.is_valid
    assert SPHERE.inv(
        -80, 20, -80, wide.intersection(shapely.LineString([(-80, 0), (-80, 35)])).bounds[1]
    )[2] == pytest.approx(100_000, rel=5e-3)
    for text in (
        "POINT(0 0)",
        "LINESTRING(0 0, 1 1)",
        "LINESTRING(0 0, 90 10)",
        SQUARE,
        "POINT EMPTY",
    ):
        assert buffer(text, -100_000.0) is None


@pytest.mark.parametrize(
    ("text", "meters"),
    [("POINT(179.99 10)", 10_000.0), ("POINT(-180 70)", 10_000.0), ("POINT(10 89.99)", 100_000.0),
     ("POINT(0 -90)", 20_000.0), ("POINT(77 90)", 2_000_000.0), ("LINESTRING(-10 88, 170 88)", 50_000.0)],
)  # fmt: skip
def test_buffers_at_the_antimeridian_and_the_poles(text, meters):
    shape = buffer(text, meters)
    assert shape.is_valid
    west, south, east, north = shape.bounds
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90
    source = shapely.from_wkt(text)
    for x, y in shapely.get_coordinates(shapely.from_wkt(text)):
        inside = shapely.Point(min(max(x, -179.999), 179.999), min(max(y, -89.999), 89.999))
        assert shape.buffer(1e-9).contains(inside)
    if source.geom_type == "Point":
        area, _ = SPHERE.polygon_area_perimeter(
            *SPHERE.fwd([source.x] * 720, [source.y] * 720, np.arange(720) / 2, [meters] * 720)[:2]
        )
        parts = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
        covered = sum(abs(area_between(np.array(part.exterior.coords))) for part in parts)
        assert covered == pytest.approx(abs(area), rel=0.03)


def area_between(ring):
    """The area on the sphere under a ring whose edges are straight in longitude and the sine of latitude."""
    x, y = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
    return RADIUS_M**2 * np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2)


def test_buffers_of_collections_join_their_parts():
    apart = buffer(
        "GEOMETRYCOLLECTION(POINT(0 0), GEOMETRYCOLLECTION(LINESTRING(5 5, 6 6)), POINT Z(50 80 3))",
        1000.0,
    )
    assert len(apart.geoms) == 3
    together = buffer("MULTIPOINT(0 0, 0.001 0)", 1000.0)
    assert together.geom_type == "Polygon"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("POINT(0 0)", "6e6", 8), "Invalid distance: should be up to 5000000 meters"),
        (("POINT(0 0)", "1", 0), "Invalid segments: should be between 1 and 1000"),
        (("POINT(0 0)", "1", 1001), "Invalid segments"),
        (("POINT(0 90.5)", "1", 8), "Invalid latitude"),
    ],
)
def test_impossible_buffers_name_their_row(row, message):
    good = (hexed("POINT(0 0)"), "1", 8)
    found = error("BUFFER", good, (hexed(row[0]), *row[1:]), good)
    assert "row 1: " in found
    assert message in found


# --- hulls and points inside ------------------------------------------------------------------------------------------

CORNERS = "MULTIPOINT(-75.833 39.284, -75.6 39.984, -75.221 39.125, -75.521 39.325)"


def hull(shape, longest, units="kilometers"):
    [found] = results("CONCAVEHULL", (hexed(shape), longest, units))
    return found


def test_concave_hulls_of_the_documentation_of_the_other_clouds():
    assert hull(CORNERS, None).normalize() == shapely.from_wkt(CORNERS).convex_hull.normalize()
    concave = hull(CORNERS, "100")
    assert len(concave.exterior.coords) == 5
    assert concave.area < shapely.from_wkt(CORNERS).convex_hull.area
    assert hull(CORNERS, "100000", "meters") == concave
    assert hull(CORNERS, "100", None) == concave
    assert hull(CORNERS, "10") is None
    assert hull("POINT(-75.833 39.284)", "100") == shapely.Point(-75.833, 39.284)


def test_concave_hulls_of_few_and_collinear_points():
    assert hull("MULTIPOINT(1 1, 1 1)", "1") == shapely.Point(1, 1)
    assert hull("MULTIPOINT(0 0, 1 1, 2 2)", "1").normalize() == shapely.LineString(
        [(0, 0), (2, 2)]
    )
    assert hull("MULTIPOINT EMPTY", "1") is None


def test_concave_hulls_have_no_long_edge_and_hold_all_points_that_have_close_ones():
    dice = np.random.default_rng(6)
    angle = dice.uniform(0, 1.5 * math.pi, 400)
    size = dice.uniform(0.8, 1, 400)
    points = np.stack((size * np.cos(angle), size * np.sin(angle)), axis=1)
    shape = hull(shapely.multipoints(points), "35")
    assert shape.is_valid
    assert shape.area < 0.75 * shapely.multipoints(points).convex_hull.area
    edges = shapely.get_coordinates(shape.exterior)
    assert SPHERE.inv(*edges[:-1].T, *edges[1:].T)[2].max() <= 35_000
    assert all(shape.buffer(1e-9).covers(shapely.Point(point)) for point in points)


@pytest.mark.parametrize(("longest", "units"), [("0", "km"), ("-1", "km"), ("1", "parsecs")])
def test_impossible_hulls(longest, units):
    message = error("CONCAVEHULL", (hexed(CORNERS), longest, units))
    assert "row 0: " in message
    assert ("Invalid maxEdge" in message) != ("unit is invalid" in message)


def test_points_on_surfaces_are_inside():
    shapes = [
        "POLYGON((0 0, 9 0, 9 9, 0 9, 0 8, 8 8, 8 1, 0 1, 0 0))", "LINESTRING(0 0, 5 5, 5 0)",
        "MULTIPOINT(1 1, 2 2)", "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 3, 3 3, 3 1, 1 1))",
    ]  # fmt: skip
    found = results("POINTONSURFACE", *((hexed(shape),) for shape in [*shapes, "POLYGON EMPTY"]))
    assert found.pop() is None
    for shape, point in zip(shapes, found, strict=True):
        assert shapely.from_wkt(shape).distance(point) < 1e-12
        assert not shapely.from_wkt(shape).boundary.contains(point)


# --- matrices and boxes -----------------------------------------------------------------------------------------------


def test_minkowski_weights():
    points = [(10, 10), (13, 10), (10, 14), (10, 10)]
    rows = [(hexed(shapely.multipoints(points)), p) for p in ("1", "2", "3.5", None, "400")]
    found = [np.array(json.loads(text)) for text in texts("MINKOWSKIDISTANCE", *rows)]
    for matrix, p in zip(found[:3], (1, 2, 3.5), strict=True):
        for i, a in enumerate(points):
            for j, b in enumerate(points):
                distance = (abs(a[0] - b[0]) ** p + abs(a[1] - b[1]) ** p) ** (1 / p)
                assert matrix[i, j] == pytest.approx(1 / distance if distance else 0)
    assert (found[3] == found[1]).all()
    assert found[4][1, 2] == pytest.approx(1 / 4)


def test_impossible_matrices():
    assert "should be a MultiPoint" in error("MINKOWSKIDISTANCE", (hexed("POINT(1 1)"), "2"))
    points = hexed("MULTIPOINT(1 1, 2 2)")
    assert "Invalid p: should be at least 1" in error("MINKOWSKIDISTANCE", (points, "0.5"))
    many = hexed(shapely.multipoints(np.random.default_rng(1).normal(size=(600, 2))))
    assert "360000 numbers" in error("MINKOWSKIDISTANCE", (many, "2"))


def test_boxes_of_arrays():
    point = {"type": "Point", "coordinates": [1, 2, 99]}
    line = {"type": "LineString", "coordinates": [[-5, 0], [3, 7.5]]}
    both = {"type": "GeometryCollection", "geometries": [point, line]}
    feature = {"type": "Feature", "geometry": both, "properties": None}
    documents = [
        [point, json.dumps(line), None],
        [feature, {"type": "Feature", "geometry": None}],
        {"type": "FeatureCollection", "features": [feature]},
        [],
        [None],
    ]
    documents[2] = [documents[2]]
    found = results("ENVELOPE_ARR", *((json.dumps(one),) for one in documents))
    assert [None if one is None else one.bounds for one in found] == [(-5, 0, 3, 7.5)] * 3 + [
        None
    ] * 2


@pytest.mark.parametrize(
    "text",
    ["{}", "5", "[5]", '["x"]', '[{"type":"Point"}]', '[{"type":"Point","coordinates":[1]}]',
     '[{"type":"Point","coordinates":["a","b"]}]', "[" * 100 + "]" * 100, "[[1,2]]", "nonsense",
     '[{"type":"Polygon","coordinates":%s}]' % ("[" * 99 + "]" * 99)],
)  # fmt: skip
def test_what_is_no_geojson_names_its_row(text):
    good = '[{"type":"Point","coordinates":[1,2]}]'
    assert "row 1: Invalid geojsons: " in error("ENVELOPE_ARR", (good,), (text,), (good,))


# --- all of them ------------------------------------------------------------------------------------------------------

UNARY = {
    "CENTERMEAN": (), "CENTERMEDIAN": (), "POINTONSURFACE": (), "BUFFER": ("1000", 8),
    "CONCAVEHULL": ("100", "km"),
}  # fmt: skip


@pytest.mark.parametrize("function", UNARY)
@pytest.mark.parametrize(
    "text", ["", "zz", "0101", "00000000020000", "0101000000000000000000F87F0000000000000000"]
)
def test_malformed_geometries_name_their_row(function, text):
    good = (hexed(SQUARE), *UNARY[function])
    message = error(function, good, (text, *UNARY[function]), good)
    assert "row 1: Invalid geometry" in message


@pytest.mark.parametrize("function", UNARY)
def test_invalid_rings_do_no_harm(function):
    shapes = [
        "POLYGON((0 0, 1 1, 0 1, 1 0, 0 0))",
        "POLYGON((0 0, 1 1, 2 2, 0 0))",
        "LINESTRING(1 1, 1 1)",
        "POLYGON((1 1, 1 1, 1 1, 1 1))",
    ]
    rows = [(hexed(shape), *UNARY[function]) for shape in [*shapes, SQUARE]]
    assert len(texts(function, *rows)) == 5


@given(
    st.lists(
        st.tuples(
            st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90)
        ),
        min_size=2,
        max_size=9,
    )
)
def test_a_row_does_not_depend_on_its_batch(places):
    starts = [hexed(shapely.Point(x, y)) for x, y, _, _ in places]
    ends = [hexed(shapely.Point(x, y)) for _, _, x, y in places]
    ways = [hexed(shapely.LineString([(a, b), (c, d), (0, 0)])) for a, b, c, d in places]
    for function, rows in (
        ("GREATCIRCLE", [(a, b, 9) for a, b in zip(starts, ends, strict=True)]),
        ("BUFFER", [(a, "30000", 3) for a in starts]),
        ("LINE_INTERPOLATE_POINT", [(a, "3000", "km") for a in ways]),
        ("CENTERMEAN", [(a,) for a in ways]),
        ("CENTERMEDIAN", [(a,) for a in ways]),
    ):
        assert texts(function, *rows) == [texts(function, row)[0] for row in rows]


def test_arrays_of_geojson_are_as_multipoints():
    places = [(-75.833, 39.284), (-75.6, 39.984), (-75.221, 39.125), (-75.521, 39.325)]
    documents = json.dumps([{"type": "Point", "coordinates": place} for place in places])
    texts = json.dumps([json.dumps({"type": "MultiPoint", "coordinates": places}), None])
    geometry = hexed(f"MULTIPOINT({','.join(f'{x} {y}' for x, y in places)})")
    for edge in (None, "100", "40"):
        expected = answer("CONCAVEHULL", (geometry, edge, "miles"))
        assert answer("CONCAVEHULL_ARR", (documents, edge, "miles")) == expected
        assert answer("CONCAVEHULL_ARR", (texts, edge, "miles")) == expected
    expected = answer("MINKOWSKIDISTANCE", (geometry, "3"))
    assert answer("MINKOWSKIDISTANCE_ARR", (documents, "3")) == expected
    assert answer("CONCAVEHULL_ARR", ("[]", None, None))["results"] == [None]


@pytest.mark.parametrize(
    "document",
    ["", "{}", "[1]", '[{"type":"Point"}]', '[{"type":"Point","coordinates":["a","b"]}]'],
)
def test_arrays_of_something_else_are_errors(document):
    good = '[{"type":"Point","coordinates":[1,2]}]'
    for name, rest in (("CONCAVEHULL_ARR", (None, None)), ("MINKOWSKIDISTANCE_ARR", ("2",))):
        assert "row 1: Invalid geojsons: " in error(name, (good, *rest), (document, *rest))
