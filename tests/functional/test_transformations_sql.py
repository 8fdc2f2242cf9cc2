"""The transformations through SQL: cross-checks with pyproj, NULLs, SRIDs, and the fixed bugs.

The statements run in the sandbox's engine; the Lambda half is the real handler, called in this process.
"""

import math
import random

import pytest
from pyproj import Geod

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.module_engine import (
    fill_table,
    load_module,
    open_engine,
    select,
    super_value,
    value,
)

MODULE = load_module("transformations")
RADIUS_M = 6371008.8
SPHERE = Geod(a=RADIUS_M, b=RADIUS_M)
WGS84 = Geod(ellps="WGS84")
POINT = "ST_Point(-3.70325, 40.4167)"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


def shape(text):
    return f"ST_GeomFromText('{text}')"


def place(session, expression):
    """Longitude and latitude of a point."""
    ((x, y, srid),) = select(session, "ST_X(p), ST_Y(p), ST_SRID(p)", f"(SELECT {expression} AS p)")
    assert srid == 4326
    return x, y


# --- destinations -----------------------------------------------------------------------------------------------------


def test_destinations_are_where_the_sphere_has_them(session):
    dice = random.Random(4)  # noqa: S311 - test data
    rows = [
        (n, dice.uniform(-180, 180), dice.uniform(-89.9, 89.9), dice.uniform(-9000, 19000), dice.uniform(-400, 400))
        for n in range(500)
    ]  # fmt: skip
    rows += [
        (500, 10.0, 90.0, 1000.0, 30.0),
        (501, 10.0, -90.0, 1000.0, 30.0),
        (502, 0.0, 0.0, 0.0, 9.0),
    ]
    number = "DOUBLE PRECISION"
    fill_table(
        session, "trips", f"id INTEGER, x {number}, y {number}, d {number}, b {number}", rows
    )
    end = "carto.ST_DESTINATION(ST_Point(x, y), d, b)"
    found = select(session, f"id, ST_X({end}), ST_Y({end})", "trips ORDER BY id")
    for (_, x, y, distance, bearing), (_, lon, lat) in zip(rows, found, strict=True):
        assert -180 <= lon <= 180
        expected = SPHERE.fwd(x, y, bearing, 1000 * distance)
        assert SPHERE.inv(lon, lat, *expected[:2])[2] < 1e-5


def test_destination_has_the_reference_units_and_a_right_yard(session):
    lengths = {
        "kilometers": 1000, "meters": 1, "m": 1, "miles": 1609.344, "degrees": 111325, "radians": RADIUS_M,
        "ft": 0.3048, "in": 0.0254, "yd": 0.9144, "cen": 0.01, "naut": 1852, "Yards": 0.9144, "MILES": 1609.344,
    }  # fmt: skip
    for unit, meters in lengths.items():
        count = 100_000 / meters
        x, y = place(session, f"carto.ST_DESTINATION(ST_Point(0, 0), {count!r}, 90, '{unit}')")
        assert math.radians(x) * RADIUS_M == pytest.approx(100_000, rel=2e-5)
        assert y == pytest.approx(0, abs=1e-12)


def test_destination_longitudes_are_between_minus_180_and_180(session):
    for bearing, start in ((90, 179.99), (270, -179.99)):
        x, _ = place(session, f"carto.ST_DESTINATION(ST_Point({start}, 10), 100, {bearing})")
        assert -180 <= x <= 180
        assert abs(x) > 179


@pytest.mark.parametrize(
    "call",
    ["NULL, 1, 1", f"{POINT}, NULL, 1", f"{POINT}, 1, NULL", f"{POINT}, 1, 1, NULL",
     "ST_GeomFromText('POINT EMPTY'), 1, 1"],
)  # fmt: skip
def test_destination_of_null_is_null(session, call):
    assert value(session, f"carto.ST_DESTINATION({call})") is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (f"{shape('LINESTRING(0 0, 1 1)')}, 1, 1", "geom should be a Point"),
        (f"{shape('LINESTRING(0 0, 1 1)')}, 1, 1, 'miles'", "geom should be a Point"),
        (f"{POINT}, 1, 1, 'parsecs'", "unit is invalid"),
        (f"{POINT}, CAST('NaN' AS DOUBLE PRECISION), 1", "Invalid distance or bearing"),
        (f"{POINT}, 1, CAST('Infinity' AS DOUBLE PRECISION), 'm'", "Invalid distance or bearing"),
    ],
)
def test_impossible_destinations_are_errors(session, call, message):
    with pytest.raises(RedshiftError, match=message):
        value(session, f"carto.ST_DESTINATION({call})")


# --- centroids --------------------------------------------------------------------------------------------------------

CENTROIDS = {
    "POLYGON((0 0, 10 0, 10 10, 0 10, 0 0), (6 6, 9 6, 9 9, 6 9, 6 6))": (432.5 / 91, 432.5 / 91),
    "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 1, 0 0)), ((4 0, 7 0, 7 1, 4 1, 4 0)))": (4.25, 0.5),
    "MULTILINESTRING((0 0, 2 0), (10 0, 10 2))": (5.5, 0.5),
    "LINESTRING(0 0, 4 0, 4 4)": (3, 1),
    "MULTIPOINT(0 0, 3 3, 0 3)": (1, 2),
    "GEOMETRYCOLLECTION(POINT(99 99), LINESTRING(0 0, 2 0))": (1, 0),
    "POINT(5 6)": (5, 6),
    "POLYGON((0 0, 4 0, 2 0, 0 0))": (2, 0),
    "POLYGON((3 4, 3 4, 3 4, 3 4))": (3, 4),
    "LINESTRING(1 2, 1 2)": (1, 2),
}


@pytest.mark.parametrize("name", ["ST_CENTROID", "ST_CENTEROFMASS"])
def test_centroid_with_holes_and_several_lines(session, name):
    for text in list(CENTROIDS)[:7]:
        assert place(session, f"carto.{name}({shape(text)})") == pytest.approx(CENTROIDS[text])


def test_centroid_of_a_zero_area_does_not_divide_by_zero(session):
    for text in list(CENTROIDS)[7:]:
        assert place(session, f"carto.ST_CENTROID({shape(text)})") == pytest.approx(CENTROIDS[text])


def test_centroid_of_null_and_of_empty_is_null(session):
    for text in ("NULL", shape("POLYGON EMPTY"), shape("POINT EMPTY")):
        assert value(session, f"carto.ST_CENTROID({text})") is None


def test_large_geometries_need_not_cross_to_lambda(session):
    """3 000 vertices are more than 64 KB as text, which only functions in the database take."""
    vertices = [(math.cos(n / 3000 * math.tau), math.sin(n / 3000 * math.tau)) for n in range(3000)]
    vertices.append(vertices[0])
    text = ", ".join(f"{x:.6f} {y:.6f}" for x, y in vertices)
    assert place(session, f"carto.ST_CENTROID({shape(f'POLYGON(({text}))')})") == pytest.approx(
        (0, 0), abs=1e-6
    )
    with pytest.raises(RedshiftError, match="65535"):
        value(session, f"carto.ST_CENTERMEAN({shape(f'POLYGON(({text}))')})")


ANYTHING = (
    "POINT(1 2)",
    "POINT EMPTY",
    "POINT Z(1 2 3)",
    "LINESTRING(0 0,1 1)",
    "LINESTRING(1 1,1 1)",
    "LINESTRING EMPTY",
    "LINESTRING(179 0,-179 0)",
    "POLYGON((0 0,2 2,2 0,0 2,0 0))",
    "POLYGON((0 0,1 1,2 2,0 0))",
    "POLYGON EMPTY",
    "POLYGON Z((0 0 1,2 0 1,2 1 1,0 0 1))",
    "MULTIPOINT((1 2),(1 2))",
    "MULTIPOINT EMPTY",
    "MULTIPOINT((0 90),(180 -90))",
    "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
    "MULTIPOLYGON(((0 0,1 0,0 1,0 0)),((5 5,6 5,6 6,5 5)))",
    "MULTIPOLYGON EMPTY",
    "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
    "GEOMETRYCOLLECTION EMPTY",
)


@pytest.mark.parametrize("call", ["ST_CENTROID(g)", "ST_CENTEROFMASS(g)", "ST_CONCAVEHULL(g)"])
def test_no_geometry_disturbs_the_others_in_the_database(session, call):
    rows = " UNION ALL ".join(
        f"SELECT {n} AS n, {shape(text)} AS g" for n, text in enumerate((*ANYTHING, None))
    ).replace(shape("None"), "NULL")
    found = select(session, f"n, ST_AsEWKT(carto.{call})", f"({rows}) t ORDER BY n")
    assert len(found) == len(ANYTHING) + 1
    for (_, answer), text in zip(found, (*ANYTHING, None), strict=True):
        empty = text is None or text.endswith("EMPTY")
        assert (answer is None) if empty else answer.startswith("SRID=4326;"), text


def test_points_of_every_kind_have_destinations_and_angles(session):
    points = "SELECT ST_Point(1, 2) AS g UNION ALL SELECT NULL"
    points += " UNION ALL SELECT ST_GeomFromText('POINT EMPTY')"
    points += " UNION ALL SELECT ST_GeomFromText('POINT Z(1 2 3)')"
    places = select(session, "ST_AsText(carto.ST_DESTINATION(g, 0, 0))", f"({points}) t")
    assert [row[0] for row in places].count("POINT(1 2)") == 2
    angles = select(session, "carto.ST_ANGLE(g, ST_Point(0, 0), g, FALSE)", f"({points}) t")
    assert [row[0] for row in angles].count(0.0) == 2


# --- what runs in Lambda ----------------------------------------------------------------------------------------------


def test_results_have_srid_4326_whatever_comes_in(session):
    point, mercator = f"ST_SetSRID({POINT}, 4326)", f"ST_Transform(ST_SetSRID({POINT}, 4326), 3857)"
    for call in (
        "ST_CENTROID({})", "ST_CENTERMEAN({})", "ST_CENTERMEDIAN({})", "ST_POINTONSURFACE({})",
        "ST_DESTINATION({}, 0, 0)", "ST_CONCAVEHULL({})", "ST_CONCAVEHULL({}, 10)",
        "ST_STARTPOINT(carto.ST_GREATCIRCLE({}, ST_Point(0, 0), 2))",
    ):  # fmt: skip
        for source in (POINT, point, mercator):
            expression = f"carto.{call}".replace("carto.ST_STARTPOINT", "ST_StartPoint")
            assert place(session, expression.format(source)) == pytest.approx((-3.70325, 40.4167))


def test_great_circles_are_geodesics(session):
    line = f"carto.ST_GREATCIRCLE({POINT}, ST_Point(-73.9385, 40.6643), 11)"
    assert place(session, f"ST_PointN({line}, 6)") == pytest.approx(
        WGS84.npts(-3.70325, 40.4167, -73.9385, 40.6643, 9)[4], abs=1e-11
    )
    assert value(session, f"ST_NPoints(carto.ST_GREATCIRCLE({POINT}, ST_Point(0, 0)))") == 100


@pytest.mark.parametrize(
    "call",
    [
        "ST_CENTERMEAN(NULL)", "ST_CENTERMEDIAN(NULL)", "ST_POINTONSURFACE(NULL)", "ST_BUFFER(NULL, 1)",
        f"ST_BUFFER({POINT}, NULL)", f"ST_BUFFER({POINT}, 1, NULL)", f"ST_GREATCIRCLE(NULL, {POINT})",
        f"ST_GREATCIRCLE({POINT}, {POINT})", f"ST_GREATCIRCLE({POINT}, ST_Point(1, 1), NULL)",
        "ST_CONCAVEHULL(CAST(NULL AS GEOMETRY))", "ST_CONCAVEHULL(CAST(NULL AS GEOMETRY), 1)",
        "ST_CONCAVEHULL(CAST(NULL AS GEOMETRY), 1, 'miles')", "ST_CONCAVEHULL(CAST(NULL AS SUPER), 1, 'miles')",
        "ST_BUFFER(NULL, 1, 'miles', 8)", "ST_ENVELOPE(CAST(NULL AS SUPER))",
        "ST_LINE_INTERPOLATE_POINT(NULL, 1)", "ST_ENVELOPE_ARR(NULL)", "ST_ENVELOPE_ARR(ARRAY())",
        "ST_MINKOWSKIDISTANCE(CAST(NULL AS GEOMETRY))", f"ST_ANGLE({POINT}, {POINT}, {POINT}, NULL)",
        f"ST_ANGLE(NULL, {POINT}, {POINT}, TRUE)",
    ],
)  # fmt: skip
def test_null_is_null(session, call):
    assert value(session, f"carto.{call}") is None


def test_a_null_does_not_disturb_its_batch(session):
    fill_table(
        session, "things", "id INTEGER, wkt VARCHAR(99)", [(n, f"POINT({n} 1)") for n in range(50)]
    )
    session.execute("UPDATE things SET wkt = NULL WHERE id IN (0, 7, 49)")
    found = select(
        session, "id, ST_X(carto.ST_CENTERMEAN(ST_GeomFromText(wkt)))", "things ORDER BY id"
    )
    assert found == [(n, None if n in (0, 7, 49) else float(n)) for n in range(50)]


def test_buffers_and_hulls(session):
    circle = "carto.ST_BUFFER(ST_Point(10, 60), 5000, 16)"
    assert value(session, f"ST_NPoints({circle})") == 65
    assert value(session, f"ST_XMax({circle})") == pytest.approx(
        10 + math.degrees(5000 / RADIUS_M) / math.cos(math.radians(60)), abs=1e-6
    )
    assert value(session, "ST_Area(ST_Buffer(ST_Point(10, 60), 1))") > 3
    points = shape("MULTIPOINT(0 0, 1 0, 1 1, 0 1)")
    hulls = [
        f"carto.ST_CONCAVEHULL({points}{more})" for more in ("", ", NULL", ", 200", ", 200, NULL")
    ]
    assert {value(session, f"ST_Area({one})") for one in hulls} == {1.0}


def test_angles(session):
    corner = "ST_Point(0, 0)"
    for mercator in ("TRUE", "FALSE"):
        call = f"carto.ST_ANGLE(ST_Point(0, 10), {corner}, ST_Point(10, 0), {mercator})"
        assert value(session, call) == pytest.approx(90)
    great = "carto.ST_ANGLE(ST_Point(20, 50), ST_Point(-10, 40), ST_Point(5, -30), FALSE)"
    bearings = [SPHERE.inv(x, y, -10, 40)[0] % 360 for x, y in ((20, 50), (5, -30))]
    assert value(session, great) == pytest.approx(abs(bearings[0] - bearings[1]), abs=1e-9)


def test_matrices_and_boxes(session):
    matrix = super_value(
        session, f"carto.ST_MINKOWSKIDISTANCE({shape('MULTIPOINT(0 0, 3 4)')}, NULL)"
    )
    assert matrix == [[0, 0.2], [0.2, 0]]
    box = 'carto.ST_ENVELOPE_ARR(ARRAY(\'{"type":"Point","coordinates":[1,2]}\'))'
    assert value(session, f"ST_AsText({box})") == "POLYGON((1 2,1 2,1 2,1 2,1 2))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (f"ST_GREATCIRCLE({POINT}, ST_Point(1, 1), 1)", "Invalid n_points"),
        (f"ST_GREATCIRCLE({POINT}, {shape('LINESTRING(0 0, 1 1)')})", "start_point and end_point"),
        (f"ST_CENTERMEAN({shape('POLYGON EMPTY')})", "Invalid operation: Found empty point"),
        (f"ST_BUFFER({POINT}, 1, 0)", "Invalid segments"),
        (f"ST_LINE_INTERPOLATE_POINT({POINT}, 1)", "line should be a LineString"),
        (f"ST_CONCAVEHULL({POINT}, 1, 'parsecs')", "unit is invalid"),
        ("ST_ENVELOPE_ARR(ARRAY(1))", "Invalid geojsons"),
    ],
)
def test_errors_reach_the_query(session, call, message):
    with pytest.raises(RedshiftError, match=f"Error processing row 0: {message}"):
        value(session, f"carto.{call}")
