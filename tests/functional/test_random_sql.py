"""The random module through SQL: volatility, seeds, NULLs and reference systems."""

import json

import pytest

from tests.functional.module_engine import load_module, open_engine, value

MODULE = load_module("random")
SQUARE = "ST_GeomFromText('POLYGON((0 0,2 0,2 1,0 1,0 0))', 4326)"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


def test_only_the_function_without_a_seed_is_volatile():
    functions = [each for each in MODULE.functions if each.external]
    kinds = {each.signature: str(each.volatility) for each in functions}
    assert kinds == {
        "ST_GENERATEPOINTS(GEOMETRY, INTEGER)": "VOLATILE",
        "ST_GENERATEPOINTS(GEOMETRY, INTEGER, BIGINT)": "STABLE",
    }
    assert {str(each.external.volatility) for each in functions} == {"VOLATILE", "STABLE"}


@pytest.mark.parametrize(
    "arguments", ["CAST(NULL AS GEOMETRY), 3", f"{SQUARE}, CAST(NULL AS INTEGER)"]
)
@pytest.mark.parametrize("seed", ["", ", 7"])
def test_null_gives_null(session, arguments, seed):
    assert value(session, f"carto.ST_GENERATEPOINTS({arguments}{seed})") is None


def test_null_seed_gives_null(session):
    assert value(session, f"carto.ST_GENERATEPOINTS({SQUARE}, 3, CAST(NULL AS BIGINT))") is None


def test_other_points_in_every_row_and_query(session):
    session.execute("CREATE TABLE numbers (n INTEGER)")
    session.execute("INSERT INTO numbers VALUES (1), (2), (3)")
    query = f"SELECT carto.ST_GENERATEPOINTS({SQUARE}, 2) FROM numbers"
    texts = [row[0] for _ in range(2) for row in session.execute(query).rows]
    assert len(set(texts)) == 6


def test_other_reference_systems_are_transformed(session):
    projected = "ST_Transform(ST_MakeEnvelope(-3.8, 40.3, -3.6, 40.5, 4326), 25830)"
    points = json.loads(value(session, f"carto.ST_GENERATEPOINTS({projected}, 50)"))["coordinates"]
    assert all(-3.81 < x < -3.59 and 40.29 < y < 40.51 for x, y in points)


def test_polygon_without_area_gives_null(session):
    line = "ST_GeomFromText('POLYGON((0 0,1 1,2 2,0 0))')"
    assert value(session, f"carto.ST_GENERATEPOINTS({line}, 10)") is None
