"""The blanks that SQL functions send with a row are at least as many as its result needs, so that batches fit back."""

import json

import pytest

from tests.functional.module_engine import ROOT, load_module, open_engine

MODULES = [load_module(name) for name in ("constructors", "transformations", "random")]
SQUARE = "ST_MakeEnvelope(-179.123456789, 89.1, -178.987654321, 89.3, 4326)"
ANTIMERIDIAN = "ST_SetSRID(ST_Point(179.99, 60), 4326)"


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """A session, and what its calls sent and got back."""
    found = []

    def watch(event, answer):
        for row, result in zip(event["arguments"], answer["results"], strict=True):
            found.append((json.dumps(row), json.dumps(json.dumps(result))))

    path = tmp_path_factory.mktemp("engine") / "dev.duckdb"
    engine, session = open_engine(path, *MODULES, watch=watch)
    yield session, found
    engine.close()


@pytest.mark.parametrize(
    ("call", "numbers"),
    [
        ("ST_GREATCIRCLE(ST_Point(170, 10), ST_Point(-170, 20), {})", (2, 3, 10, 500, 2040)),
        (f"ST_MAKEELLIPSE({ANTIMERIDIAN}, 50, 30, 45, 'kilometers', {{}})", (3, 4, 10, 500, 2030)),
        ("ST_BEZIERSPLINE(ST_GeomFromText('LINESTRING(0 0,1 2,3 0)'), {})", (20, 110, 199, 401, 40_000)),
        ("ST_BEZIERSPLINE(ST_GeomFromText('LINESTRING(0 0,1 2,3 0)'))", (0,)),
        (f"ST_GENERATEPOINTS({SQUARE}, {{}}, 3)", (2, 10, 1000, 1500)),
    ],
)  # fmt: skip
def test_rows_have_room_for_their_results(sizes, call, numbers):
    session, found = sizes
    for number in numbers:
        found.clear()
        session.execute(f"SELECT carto.{call.format(number)}")
        assert found
        assert all(len(answered) <= len(sent) for sent, answered in found), number


def test_batches_with_room_are_bounded_by_what_is_sent():
    """Lambda returns up to 6 MB: no more than is sent, and the envelope."""
    with_room = [
        function.external
        for module in MODULES
        for function in module.functions
        if function.external
        and any(argument.name == "room" for argument in function.external.arguments)
    ]
    assert len(with_room) == 5
    assert all(each.max_batch_size_kb <= 5 * 1024 for each in with_room)
    assert "REPEAT" in (ROOT / "sql/transformations/macros.sql").read_text()
