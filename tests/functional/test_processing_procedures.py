"""The procedures that triangulate tables: more points than a text holds, and what they refuse."""

import random

import pytest
import shapely
from scipy.spatial import Delaunay, cKDTree

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.module_engine import fill_table, load_module, open_engine

COUNT = 2500
"""More than one text of 2 000 points."""

BAD_OUTPUT = "Invalid output table name. It must have the form [DATABASE.]SCHEMA.TABLE"


@pytest.fixture(scope="module")
def places():
    dice = random.Random(4)  # noqa: S311 (test data)
    return [(round(dice.gauss(2, 1), 7), round(dice.gauss(48, 0.5), 7)) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def session(tmp_path_factory, places):
    engine, session = open_engine(
        tmp_path_factory.mktemp("engine") / "dev.duckdb", load_module("processing")
    )
    rows = [(number, *place) for number, place in enumerate(places)]
    fill_table(session, "numbers", "id INTEGER, x DOUBLE PRECISION, y DOUBLE PRECISION", rows)
    session.execute(
        "CREATE TABLE points AS SELECT id, ST_SetSRID(ST_Point(x, y), 4326) AS geom FROM numbers"
        " UNION ALL SELECT -1, NULL"
    )
    session.execute("INSERT INTO points SELECT id + 10000, geom FROM points WHERE id = 7")
    yield session
    engine.close()


def call(session, name, source, target, *more):
    texts = ", ".join(
        "NULL" if text is None else "'" + text.replace("'", "''") + "'"
        for text in (source, target, "geom", *more)
    )
    ((answer,),) = session.execute(f"CALL carto.{name}({texts})").rows
    return answer


def test_triangles_are_those_of_scipy(session, places):
    assert (
        call(session, "CREATE_DELAUNAYPOLYGONS", "points", "public.triangles") == "public.triangles"
    )
    rows = session.execute(
        "SELECT triangle_id, ST_SRID(geom), ST_AsHexEWKB(geom) FROM public.triangles"
    ).rows
    found = {frozenset(shapely.from_wkb(text).exterior.coords) for _, _, text in rows}
    expected = {frozenset(places[corner] for corner in one) for one in Delaunay(places).simplices}
    assert found == expected
    assert {srid for _, srid, _ in rows} == {4326}
    assert sorted(number for number, _, _ in rows) == list(range(len(rows)))


def test_edges_are_there_once(session, places):
    call(session, "CREATE_DELAUNAYLINES", "public.points", "public.edges")
    rows = session.execute("SELECT ST_AsHexEWKB(geom) FROM public.edges").rows
    found = [frozenset(shapely.from_wkb(text).coords) for (text,) in rows]
    expected = set()
    for a, b, c in Delaunay(places).simplices.tolist():
        for pair in ((a, b), (b, c), (c, a)):
            expected.add(frozenset(places[corner] for corner in pair))
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_cells_are_the_places_nearest_to_their_points(session, places):
    call(session, "CREATE_VORONOIPOLYGONS", "points", "public.cells", None)
    rows = session.execute("SELECT id, ST_AsHexEWKB(cell) FROM public.cells").rows
    assert len(rows) == COUNT + 2
    cells = {number: text and shapely.from_wkb(text) for number, text in rows}
    assert cells[-1] is None
    assert cells[7].equals(cells[10007])
    tree = cKDTree(places)
    for number in range(0, COUNT, 97):
        inside = cells[number].representative_point()
        assert tree.query((inside.x, inside.y))[1] == number
    # Together they fill the extent with its margin.
    west, south, east, north = shapely.MultiPoint(places).bounds
    margin = min(east - west, north - south)
    area = sum(cells[number].area for number in range(COUNT))
    assert area == pytest.approx((east - west + margin) * (north - south + margin), rel=1e-6)


def test_lines_are_the_sides_of_the_cells(session):
    box = "[-10, 30, 20, 60]"
    query = "SELECT geom FROM points WHERE id < 40"
    call(session, "CREATE_VORONOILINES", query, "public.lines", box)
    call(session, "CREATE_VORONOIPOLYGONS", query, "public.boxed", box)
    lines = [
        shapely.from_wkb(text)
        for (text,) in session.execute("SELECT ST_AsHexEWKB(geom) FROM public.lines").rows
    ]
    cells = [
        shapely.from_wkb(text)
        for (text,) in session.execute(
            "SELECT ST_AsHexEWKB(cell) FROM public.boxed WHERE cell IS NOT NULL"
        ).rows
    ]
    frame = shapely.box(-10, 30, 20, 60)
    around = sum(cell.length for cell in cells) - frame.length
    assert 2 * sum(line.length for line in lines) == pytest.approx(around, rel=1e-6)


def test_no_points_and_one(session):
    call(session, "CREATE_DELAUNAYPOLYGONS", "SELECT geom FROM points WHERE id < 0", "public.none")
    assert session.execute("SELECT COUNT(*) FROM public.none").rows == [(0,)]
    call(
        session,
        "CREATE_VORONOIPOLYGONS",
        "SELECT geom FROM points WHERE id = 1",
        "public.one",
        None,
    )
    assert session.execute("SELECT COUNT(*), COUNT(cell) FROM public.one").rows == [(1, 0)]


@pytest.mark.parametrize(
    ("source", "box", "message"),
    [
        ("points; DROP TABLE points", None, "Invalid input: it should be the name of a table, or a query"),
        ("SELECT * FROM points) x", None, "syntax error"),
        ("SELECT ST_GeomFromText('LINESTRING(0 0,1 1)') AS geom", None, "1 of the geometries are not points"),
        ("points", "[0, 0, 1, 1]", "Points should be within the bounding box supplied"),
        ("points", "[0, 0, 1]", "Invalid bounding box: it should be an array of four numbers"),
        ("points", "'; DROP TABLE points", "Invalid bounding box"),
        (
            "SELECT ST_Point(0, 0) AS geom UNION ALL SELECT ST_SetSRID(ST_Point(1, 1), 4326)",
            None,
            "points have different SRIDs, such as 0 and 4326",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(session, source, box, message):
    with pytest.raises(RedshiftError, match=message.replace("[", r"\[")):
        call(session, "CREATE_VORONOIPOLYGONS", source, "public.never", box)
    assert session.execute("SELECT COUNT(*) FROM points").rows == [(COUNT + 2,)]


def test_output_that_is_no_name_is_answered_in_words(session):
    for name in ("CREATE_DELAUNAYPOLYGONS", "CREATE_DELAUNAYLINES"):
        assert call(session, name, "points", "public.x; DROP TABLE points") == BAD_OUTPUT


def test_too_many_points_are_refused_with_their_number(session):
    query = (
        "SELECT ST_Point(p.x + n.id * 20, p.y) AS geom"
        " FROM numbers p CROSS JOIN (SELECT id FROM numbers WHERE id < 24) n"
    )
    with pytest.raises(RedshiftError, match="Too many points: 60000 different ones; up to 58000"):
        call(session, "CREATE_DELAUNAYLINES", query, "public.never")
