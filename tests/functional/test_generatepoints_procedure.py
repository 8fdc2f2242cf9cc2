"""CREATE_GENERATEPOINTS: more points than a text holds, in which polygons, and what it refuses."""

import pytest
import shapely

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.module_engine import load_module, open_engine

SQUARES = """SELECT 1 AS id, ST_MakeEnvelope(-3.8, 40.3, -3.6, 40.5, 4326) AS geom
UNION ALL SELECT 2, ST_Transform(ST_MakeEnvelope(2, 48, 3, 49, 4326), 3857)
UNION ALL SELECT 3, NULL
UNION ALL SELECT 4, ST_GeomFromText('POLYGON((0 0,1 1,2 2,0 0))', 4326)"""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(
        tmp_path_factory.mktemp("engine") / "dev.duckdb", load_module("random")
    )
    session.execute(f"CREATE TABLE areas AS {SQUARES}")
    yield session
    engine.close()


def call(session, target, count, seed="NULL", source="areas"):
    text = source.replace("'", "''")
    statement = f"CALL carto.CREATE_GENERATEPOINTS('{text}', '{target}', 'geom', {count}, {seed})"
    ((answer,),) = session.execute(statement).rows
    return answer


def points(session, table):
    rows = session.execute(
        f"SELECT id, ST_SRID(random_point), ST_AsHexEWKB(random_point) FROM {table} ORDER BY id, 3"
    ).rows
    assert {srid for _, srid, _ in rows} == {4326}
    return [(number, shapely.from_wkb(text)) for number, _, text in rows]


def test_more_points_than_one_text_holds(session):
    assert call(session, "public.many", 2501, 7) == "public.many"
    made = points(session, "public.many")
    assert [sum(1 for number, _ in made if number == id_) for id_ in (1, 2, 3, 4)] == [
        2501,
        2501,
        0,
        0,
    ]
    boxes = {1: shapely.box(-3.8, 40.3, -3.6, 40.5), 2: shapely.box(2, 48, 3, 49)}
    assert all(boxes[number].buffer(1e-9).contains(point) for number, point in made)
    assert len({point.wkt for _, point in made}) == 5002
    call(session, "public.again", 2501, 7)
    assert points(session, "public.again") == made


def test_without_a_seed_points_are_others(session):
    call(session, "public.some", 5)
    call(session, "public.others", 5)
    assert points(session, "public.some") != points(session, "public.others")


def test_one_point(session):
    call(session, "public.one", 1, 3)
    assert [number for number, _ in points(session, "public.one")] == [1, 2]


@pytest.mark.parametrize("count", ["0", "-1", "NULL", "100000001"])
def test_number_of_points_out_of_range_is_an_error(session, count):
    with pytest.raises(RedshiftError, match="Invalid number of points: should be between 1 and"):
        call(session, "public.never", count)


def test_other_geometries_and_injections_are_refused(session):
    with pytest.raises(RedshiftError, match="1 of the geometries are not polygons"):
        call(session, "public.never", 3, source="SELECT ST_Point(0, 0) AS geom")
    with pytest.raises(RedshiftError, match="Invalid input"):
        call(session, "public.never", 3, source="areas; DROP TABLE areas")
    assert call(session, "never; DROP TABLE areas", 3).startswith("Invalid output table name")
    assert session.execute("SELECT COUNT(*) FROM areas").rows == [(4,)]
