"""The processing module through SQL: NULLs, reference systems, and native errors."""

import json

import pytest
import shapely

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.module_engine import load_module, open_engine, value

MODULE = load_module("processing")
POINTS = "ST_GeomFromText('MULTIPOINT((0 0),(4 0),(0 3),(5 5))'{})"
NAMES = ["ST_DELAUNAYLINES", "ST_DELAUNAYPOLYGONS", "ST_VORONOILINES", "ST_VORONOIPOLYGONS"]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


@pytest.mark.parametrize("name", [*NAMES, "ST_POLYGONIZE"])
def test_null_gives_null(session, name):
    assert value(session, f"carto.{name}(CAST(NULL AS GEOMETRY))") is None


@pytest.mark.parametrize("name", NAMES[2:])
@pytest.mark.parametrize(
    "box", ["CAST(NULL AS SUPER)", "JSON_PARSE('[0,0,9]')", "JSON_PARSE('null')"]
)
def test_box_that_is_null_or_of_another_length_gives_null(session, name, box):
    assert value(session, f"carto.{name}({POINTS.format('')}, {box})") is None


@pytest.mark.parametrize("name", NAMES)
def test_coordinates_are_planar_in_any_reference_system(session, name):
    one, other = (value(session, f"carto.{name}({POINTS.format(s)})") for s in ("", ", 25830"))
    assert one == other


@pytest.mark.parametrize("name", NAMES)
def test_results_become_geometries(session, name):
    text = value(session, f"carto.{name}({POINTS.format('')})")
    kind = "MultiPolygon" if "POLYGON" in name else "MultiLineString"
    assert json.loads(text)["type"] == kind
    count = value(session, f"ST_NPoints(ST_GeomFromGeoJSON(carto.{name}({POINTS.format('')})))")
    assert count == len(shapely.get_coordinates(shapely.from_geojson(text)))


def test_over_a_table(session):
    session.execute("CREATE TABLE samples (id INTEGER, points GEOMETRY)")
    session.execute(
        "INSERT INTO samples VALUES (1, ST_GeomFromText('MULTIPOINT((0 0),(1 0),(0 1))')), (2, NULL),"
        " (3, ST_GeomFromText('MULTIPOINT((0 0),(1 0),(0 1),(1 1))'))"
    )
    rows = session.execute("SELECT id, carto.ST_DELAUNAYPOLYGONS(points) FROM samples").rows
    found = {id_: text and len(json.loads(text)["coordinates"]) for id_, text in rows}
    assert found == {1: 1, 2: None, 3: 2}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("POINT(0 0)", "type found: POINT"),
        ("LINESTRING(0 0,1 0,1 1)", "Input linestring must be closed"),
    ],
)
def test_polygonize_has_the_native_errors(session, line, message):
    with pytest.raises(RedshiftError, match=message):
        value(session, f"carto.ST_POLYGONIZE(ST_GeomFromText('{line}'))")
