"""The clustering module through SQL: NULLs, and the number of clusters that is taken by default."""

import json

import pytest

from tests.functional.module_engine import load_module, open_engine, value

MODULE = load_module("clustering")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


@pytest.mark.parametrize("arguments", ["CAST(NULL AS GEOMETRY)", "CAST(NULL AS GEOMETRY), 3"])
def test_null_gives_null(session, arguments):
    assert value(session, f"carto.ST_CLUSTERKMEANS({arguments})") is None


def test_null_number_gives_null(session):
    points = "ST_GeomFromText('MULTIPOINT((0 0),(1 1))')"
    assert value(session, f"carto.ST_CLUSTERKMEANS({points}, CAST(NULL AS INTEGER))") is None


@pytest.mark.parametrize("count", [1, 2, 3, 17, 18, 50])
def test_default_number_is_the_rounded_root_of_half_the_points(session, count):
    text = ",".join(f"({number} {number * number})" for number in range(count))
    answer = value(session, f"carto.ST_CLUSTERKMEANS(ST_GeomFromText('MULTIPOINT({text})'))")
    found = {item["cluster"] for item in json.loads(answer)}
    assert found == set(range(round((count / 2) ** 0.5)))


def test_empty_multipoint_gives_an_empty_array(session):
    answer = value(session, "carto.ST_CLUSTERKMEANS(ST_GeomFromText('MULTIPOINT EMPTY'))")
    assert json.loads(answer) == []
