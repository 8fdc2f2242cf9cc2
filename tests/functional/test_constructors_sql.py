"""The constructors through SQL: NULLs, SRIDs, defaults, and the fixed bugs.

The statements run in the sandbox's engine; the Lambda half is the real handler, called in this process.
"""

import random

import pytest

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.module_engine import fill_table, load_module, open_engine, select, value

MODULE = load_module("constructors")
POINT = "ST_Point(-73.9385, 40.6643)"
LINE = "ST_GeomFromText('LINESTRING(0 0, 1 2, 3 0)')"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    path = tmp_path_factory.mktemp("engine") / "dev.duckdb"
    engine, session = open_engine(path, load_module("quadbin"), MODULE)
    yield session
    engine.close()


# --- boxes ------------------------------------------------------------------------------------------------------------


def test_envelopes_have_srid_4326_where_redshift_has_0(session):
    assert value(session, "ST_SRID(carto.ST_MAKEENVELOPE(0, 1, 2, 3))") == 4326
    assert value(session, "ST_SRID(ST_MakeEnvelope(0, 1, 2, 3))") == 0
    exact = "carto.ST_MAKEENVELOPE(0.1, 0.2, 0.30000000000000004, 1.0000000000000002)"
    assert value(session, f"ST_XMax({exact})") == 0.30000000000000004
    assert value(session, f"ST_YMax({exact})") == 1.0000000000000002


@pytest.mark.parametrize("place", range(4))
def test_envelopes_of_null_are_null_and_of_no_number_are_errors(session, place):
    bounds = ["0", "1", "2", "3"]
    bounds[place] = "NULL"
    assert value(session, f"carto.ST_MAKEENVELOPE({', '.join(bounds)})") is None
    for number in ("NaN", "Infinity", "-Infinity"):
        bounds[place] = f"CAST('{number}' AS DOUBLE PRECISION)"
        with pytest.raises(RedshiftError, match="Invalid coordinates: should be finite numbers"):
            value(session, f"carto.ST_MAKEENVELOPE({', '.join(bounds)})")


def test_tileenvelope_is_the_boundary_of_the_cell(session):
    dice = random.Random(2)  # noqa: S311 - test data
    tiles = [(0, 0, 0), (1, 1, 1), (26, 2**26 - 1, 2**26 - 1), (26, 0, 0)]
    for z in range(27):
        tiles += [(z, dice.randrange(2**z), dice.randrange(2**z)) for _ in range(10)]
    fill_table(session, "tiles", "z INTEGER, x INTEGER, y INTEGER", tiles)
    sides = ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
    ours = ", ".join(f"{side}(carto.ST_TILEENVELOPE(z, x, y))" for side in sides)
    cells = ", ".join(
        f"{side}(carto.QUADBIN_BOUNDARY(carto.QUADBIN_FROMZXY(z, x, y)))" for side in sides
    )
    found = select(session, f"{ours}, {cells}", "tiles")
    assert len(found) == len(tiles)
    assert all(row[:4] == row[4:] for row in found)
    same = "ST_AsText(carto.ST_TILEENVELOPE(z, x, y)) = ST_AsText(carto.QUADBIN_BOUNDARY(carto.QUADBIN_FROMZXY(z, x, y)))"  # noqa: E501
    assert select(session, "COUNT(*)", f"tiles WHERE {same}") == [(len(tiles),)]
    assert value(session, "ST_SRID(carto.ST_TILEENVELOPE(3, 2, 1))") == 4326


@pytest.mark.parametrize(
    ("tile", "message"),
    [
        ("NULL, 0, 0", "NULL argument passed to UDF"),
        ("0, NULL, 0", "NULL argument passed to UDF"),
        ("0, 0, NULL", "NULL argument passed to UDF"),
        ("27, 0, 0", "Invalid resolution: should be between 0 and 26"),
        ("-1, 0, 0", "Invalid resolution: should be between 0 and 26"),
        ("4, 16, 0", "Invalid tile"),
        ("4, 0, 16", "Invalid tile"),
        ("4, -1, 0", "Invalid tile"),
    ],
)
def test_tileenvelope_outside_the_grid_is_an_error(session, tile, message):
    with pytest.raises(RedshiftError, match=message):
        value(session, f"carto.ST_TILEENVELOPE({tile})")


# --- ellipses and splines ---------------------------------------------------------------------------------------------


def test_ellipses_have_the_documented_defaults(session):
    calls = [
        f"{POINT}, 5, 3",
        f"{POINT}, 5, 3, 0",
        f"{POINT}, 5, 3, 0, 'kilometers'",
        f"{POINT}, 5, 3, 0, 'kilometers', 64",
        f"{POINT}, 5, 3, 0, NULL, NULL",
    ]
    assert len({value(session, f"ST_AsText(carto.ST_MAKEELLIPSE({call}))") for call in calls}) == 1
    assert value(session, f"ST_SRID(carto.ST_MAKEELLIPSE({calls[0]}))") == 4326


def test_splines_have_the_documented_defaults(session):
    calls = [LINE, f"{LINE}, 10000", f"{LINE}, 10000, 0.85"]
    assert len({value(session, f"ST_AsText(carto.ST_BEZIERSPLINE({call}))") for call in calls}) == 1
    assert value(session, f"ST_SRID(carto.ST_BEZIERSPLINE({LINE}))") == 4326


@pytest.mark.parametrize(
    "call",
    ["ST_BEZIERSPLINE(NULL)", f"ST_BEZIERSPLINE({LINE}, NULL)", f"ST_BEZIERSPLINE({LINE}, 10, NULL)",
     "ST_MAKEELLIPSE(NULL, 1, 1)", f"ST_MAKEELLIPSE({POINT}, NULL, 1)", f"ST_MAKEELLIPSE({POINT}, 1, NULL)",
     f"ST_MAKEELLIPSE({POINT}, 1, 1, NULL)"],
)  # fmt: skip
def test_null_is_null(session, call):
    assert value(session, f"carto.{call}") is None


def test_other_reference_systems_are_transformed(session):
    mercator = f"ST_Transform(ST_SetSRID({POINT}, 4326), 3857)"
    for call in ("ST_MAKEELLIPSE({}, 5, 3)", "ST_MAKEELLIPSE(ST_SetSRID({}, 4326), 5, 3)"):
        expected = value(session, f"ST_AsText(carto.{call.format(POINT)}, 9)")
        if "SetSRID" not in call:
            assert value(session, f"ST_AsText(carto.{call.format(mercator)}, 9)") == expected
        assert value(session, f"ST_AsText(carto.ST_MAKEELLIPSE({POINT}, 5, 3), 9)") == expected


def test_mixed_rows_keep_their_order(session):
    fill_table(session, "sizes", "id INTEGER, steps INTEGER", [(n, 3 + n % 7) for n in range(300)])
    call = f"ST_NPoints(carto.ST_MAKEELLIPSE({POINT}, 1 + id, 2, 15, 'miles', steps))"
    found = select(session, f"id, {call}", "sizes ORDER BY id")
    assert found == [(n, 4 + n % 7) for n in range(300)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (f"ST_MAKEELLIPSE({POINT}, 0, 3)", "Invalid axis"),
        (f"ST_MAKEELLIPSE({POINT}, 1, 1, 0, 'miles', 0)", "Invalid steps"),
        (f"ST_MAKEELLIPSE({LINE}, 1, 1)", "center should be a Point"),
        (f"ST_BEZIERSPLINE({LINE}, 0)", "Invalid resolution"),
        (f"ST_BEZIERSPLINE({POINT})", "linestring should be a LineString"),
    ],
)
def test_errors_reach_the_query(session, call, message):
    with pytest.raises(RedshiftError, match=f"Error processing row 0: {message}"):
        value(session, f"carto.{call}")
