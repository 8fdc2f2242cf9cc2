"""The blanks that SQL functions send with a row are at least as many as its result needs, so that batches fit back."""

import json
import math
import random

import pytest

from tests.functional.module_engine import ROOT, load_module, open_engine

MODULES = [load_module(name) for name in ("constructors", "transformations", "random")]
GRIDS = [load_module(name) for name in ("quadbin", "quadkey", "h3", "s2")]
SQUARE = "ST_MakeEnvelope(-179.123456789, 89.1, -178.987654321, 89.3, 4326)"
ANTIMERIDIAN = "ST_SetSRID(ST_Point(179.99, 60), 4326)"


def watched_engine(path, *modules):
    """An engine, a session, and what its calls will have sent and got back."""
    found = []

    def watch(event, answer):
        for row, result in zip(event["arguments"], answer["results"], strict=True):
            found.append((row, json.dumps(result)))

    engine, session = open_engine(path, *modules, watch=watch)
    return engine, session, found


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """A session, and what its calls sent and got back."""
    path = tmp_path_factory.mktemp("engine") / "dev.duckdb"
    engine, session, found = watched_engine(path, *MODULES)
    yield session, found
    engine.close()


@pytest.fixture(scope="module")
def grid_sizes(tmp_path_factory):
    """As `sizes`, of the modules of cells."""
    path = tmp_path_factory.mktemp("grids") / "dev.duckdb"
    engine, session, found = watched_engine(path, *GRIDS)
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
        for row, answered in found:
            assert len(json.dumps(answered)) <= len(json.dumps(row)), number


def _shapes(count):
    """Points, lines, triangles and boxes of any size, anywhere; with the width in degrees."""
    chance = random.Random(20261126)  # noqa: S311  (shapes)
    for _ in range(count):
        width = 10 ** chance.uniform(-4, 1.7)
        west, south = chance.uniform(-180, 180 - width), chance.uniform(-90, 90 - width / 2)
        a, b, c, d = (
            f"{west + width * chance.random():.9f} {south + width / 2 * chance.random():.9f}"
            for _ in range(4)
        )
        yield f"POINT({a})", width
        yield f"LINESTRING({a},{b},{c})", width
        yield f"POLYGON(({a},{b},{c},{a}))", width
        yield f"MULTIPOINT({a},{d})", width
        east, north = west + width, south + width / 2
        box = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
        yield f"POLYGON(({box}))", width


@pytest.mark.parametrize(
    ("call", "finest", "growth", "across"),
    [
        ("QUADBIN_POLYFILL(g, z)", 26, 2, 360),
        ("QUADBIN_POLYFILL_MODE(g, z, 'intersects')", 26, 2, 360),
        ("QUADINT_POLYFILL(g, z)", 29, 2, 360),
        ("QUADINT_POLYFILL_MODE(g, z, 'center')", 29, 2, 360),
        ("H3_POLYFILL(g, z)", 15, 7**0.5, 20),
        ("H3_POLYFILL_MODE(g, z, 'intersects')", 15, 7**0.5, 20),
        ("H3_POLYFILL_INT(g, z, 'intersects')", 15, 7**0.5, 20),
        ("S2_POLYFILL(g, z)", 30, 2, 90),
        ("S2_POLYFILL_MODE(g, z, 'intersects')", 30, 2, 90),
    ],
)
def test_cells_of_geometries_have_room(grid_sizes, call, finest, growth, across):
    """Up to 32 cells along a side, in the mode with most cells: no result beyond its row's room is found."""
    session, found = grid_sizes
    found.clear()
    rows = []
    for position, (shape, width) in enumerate(_shapes(60)):
        step = (
            math.log(max(1.0, across / width), growth) + math.log(32, growth) * (position % 7) / 6
        )
        rows.append(f"('{shape}', {min(finest, int(step))})")
    session.execute("DROP TABLE IF EXISTS public.shapes")
    session.execute("CREATE TABLE public.shapes (wkt VARCHAR(MAX), z INTEGER)")
    session.execute(f"INSERT INTO public.shapes VALUES {', '.join(rows)}")
    session.execute(
        f"SELECT COUNT(carto.{call}) FROM (SELECT ST_GeomFromText(wkt, 4326) AS g, z FROM public.shapes)"
    )
    sent = [(len(room[-1]), len(answered)) for room, answered in found]
    assert len(sent) == len(rows)
    assert max(answered for _, answered in sent) > 5000
    assert [pair for pair in sent if pair[0] < min(65535, pair[1])] == []


def test_a_geometry_that_is_transformed_or_empty_has_room_too(grid_sizes):
    session, found = grid_sizes
    for geometry, least in (
        ("ST_Transform(ST_SetSRID(ST_MakeEnvelope(0, 0, 1, 1), 4326), 3857)", 65535),
        ("ST_GeomFromText('POLYGON EMPTY', 4326)", 2),
        ("ST_GeomFromText('POINT(1 2)')", 20),
    ):
        found.clear()
        session.execute(f"SELECT carto.QUADBIN_POLYFILL({geometry}, 8)")
        assert [
            len(sent[-1]) >= max(least, len(json.loads(answered))) for sent, answered in found
        ] == [True]


def test_batches_with_room_are_bounded_by_what_is_sent():
    """Lambda returns up to 6 MB: no more than is sent, and the envelope."""
    with_room = [
        function.external
        for module in (*MODULES, *GRIDS)
        for function in module.functions
        if function.external
        and any(argument.name == "room" for argument in function.external.arguments)
    ]
    assert len(with_room) == 27
    assert all(each.max_batch_size_kb <= 5 * 1024 for each in with_room)
    assert "REPEAT" in (ROOT / "sql/transformations/macros.sql").read_text()
