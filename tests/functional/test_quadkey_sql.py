"""The quadkey module through SQL: random cross-checks with mercantile, and the fixed bugs.

The statements run in the sandbox's engine; the Lambda half is the real handler, called in this process.
"""

import json
import random

import mercantile
import pytest

from carto_at_installer.sandbox.errors import RedshiftError
from carto_at_installer.sql.identifiers import quote_literal
from carto_at_installer.sql.templates import example_sql
from tests.functional.module_engine import (
    SQL_TYPES,
    fill_table,
    load_module,
    open_engine,
    select,
    super_value,
    value,
)

MODULE = load_module("quadkey")
ZOOMS = range(30)
CELL = 3300  # 4/7/6


def quadint(x, y, z):
    return y << (5 + z) | x << 5 | z


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


@pytest.fixture(scope="module")
def points(session):
    """Random points, and the places where grids go wrong."""
    dice = random.Random(20_260_630)  # noqa: S311 (test data)
    found = [(dice.uniform(-180, 180), dice.uniform(-90, 90)) for _ in range(3000)]
    longitudes = (-180.0, -179.9999999, -22.5, 0.0, 45.0, 179.9999999, 180.0, 181.0, -1e9)
    latitudes = (
        -90.0,
        -85.06,
        -85.05,
        -85.0511287798066,
        0.0,
        40.97989806962013,
        85.05,
        89.0,
        95.0,
    )
    found += [(longitude, latitude) for longitude in longitudes for latitude in latitudes]
    rows = [(number, *point) for number, point in enumerate(found)]
    fill_table(session, "points", "id INTEGER, lon DOUBLE PRECISION, lat DOUBLE PRECISION", rows)
    return found


@pytest.fixture(scope="module")
def cells(session):
    """Tiles (x, y, z) of every zoom with their quadints: corners, middles and random ones."""
    dice = random.Random(4)  # noqa: S311 (test data)
    found = []
    for z in ZOOMS:
        side = 1 << z
        ends = {0, side - 1, side // 2}
        tiles = {(x, y) for x in ends for y in ends}
        tiles |= {(dice.randrange(side), dice.randrange(side)) for _ in range(30)}
        found += [(x, y, z, quadint(x, y, z)) for x, y in sorted(tiles)]
    fill_table(session, "cells", "x INTEGER, y INTEGER, z INTEGER, q BIGINT", found)
    return found


def answers(session, expression):
    """The expression's value for each row of `cells`, by cell."""
    return dict(select(session, f"q, {expression}", "cells"))


@pytest.mark.parametrize(
    "function", [f for f in MODULE.functions if f.returns], ids=lambda function: function.name
)
def test_result_types_are_the_declared_ones(session, function):
    result = session.execute(example_sql(function.examples[0], "carto"))
    call = function.examples[0].sql.count("ST_AsText")
    expected = "varchar" if call else SQL_TYPES.get(function.returns, function.returns.lower())
    assert result.columns[0].type == expected


def test_every_name_of_the_reference_is_there():
    names = {function.name for function in MODULE.functions}
    assert names >= {
        "QUADINT_BBOX", "QUADINT_BOUNDARY", "QUADINT_FROMGEOGPOINT", "QUADINT_FROMLONGLAT", "QUADINT_FROMQUADKEY",
        "QUADINT_FROMZXY", "QUADINT_KRING", "QUADINT_KRING_DISTANCES", "QUADINT_POLYFILL", "QUADINT_SIBLING",
        "QUADINT_TOCHILDREN", "QUADINT_TOPARENT", "QUADINT_TOQUADKEY", "QUADINT_TOZXY", "__QUADINT_RESOLUTION",
        "__QUADKEY_BBOX",
    }  # fmt: skip


def test_only_what_needs_arrays_runs_in_lambda():
    external = {function.name for function in MODULE.functions if function.external}
    assert external == {
        "QUADINT_KRING", "QUADINT_KRING_DISTANCES", "QUADINT_TOCHILDREN", "QUADINT_POLYFILL",
        "QUADINT_POLYFILL_MODE", "__QUADINT_POLYFILL_BELOW",
    }  # fmt: skip


# --- cross-checks -----------------------------------------------------------------------------------------------------


def by_mercantile(longitude, latitude, z):
    """What the reference does: clip the latitude, then mercantile."""
    x, y, z = mercantile.tile(longitude, max(-85.05, min(85.05, latitude)), z)
    return quadint(x, y, z)


@pytest.mark.parametrize("z", ZOOMS)
def test_fromlonglat_equals_mercantile(session, points, z):
    rows = select(session, f"id, carto.QUADINT_FROMLONGLAT(lon, lat, {z})", "points")
    assert len(rows) == len(points)
    assert not [
        (points[number], cell) for number, cell in rows if cell != by_mercantile(*points[number], z)
    ]


def test_fromlonglat_on_the_borders_of_tiles(session):
    """Doubles cannot hold most borders: points on them go to the eastern and southern tile, as mercantile has it."""
    for z in (3, 11, 22, 28):
        dice = random.Random(z)  # noqa: S311 (test data)
        tiles = [(dice.randrange(1 << z), dice.randrange(1 << z)) for _ in range(40)]
        corners = [mercantile.ul(x, y, z) for x, y in tiles]
        rows = [(number, *corner) for number, corner in enumerate(corners)]
        name = f"corners_{z}"
        fill_table(session, name, "id INTEGER, lon DOUBLE PRECISION, lat DOUBLE PRECISION", rows)
        found = select(session, f"id, carto.QUADINT_FROMLONGLAT(lon, lat, {z})", name)
        assert dict(found) == {
            number: by_mercantile(*corner, z) for number, corner in enumerate(corners)
        }


def test_fromgeogpoint_equals_fromlonglat(session, points):
    count = value(
        session,
        "COUNT(*) FROM points WHERE"
        " carto.QUADINT_FROMGEOGPOINT(ST_Point(lon, lat), 20) <> carto.QUADINT_FROMLONGLAT(lon, lat, 20)"
        " OR carto.QUADINT_FROMGEOGPOINT(ST_SetSRID(ST_Point(lon, lat), 4326), 20)"
        " <> carto.QUADINT_FROMLONGLAT(lon, lat, 20)",
    )
    assert count == 0


def test_points_in_other_reference_systems_are_transformed(session):
    mercator = "ST_Transform(ST_SetSRID(ST_Point(-3.7038, 40.4168), 4326), 3857)"
    found = value(session, f"carto.QUADINT_FROMGEOGPOINT({mercator}, 12)")
    assert found == by_mercantile(-3.7038, 40.4168, 12)


def test_tiles_and_cells(session, cells):
    assert answers(session, "carto.QUADINT_FROMZXY(z, x, y)") == {q: q for *_, q in cells}
    tiles = answers(session, "carto.QUADINT_TOZXY(q)")
    assert {q: json.loads(tile) for q, tile in tiles.items()} == {
        q: {"z": z, "x": x, "y": y} for x, y, z, q in cells
    }
    for name in ("QUADINT_RESOLUTION", "__QUADINT_RESOLUTION"):
        assert answers(session, f"carto.{name}(q)") == {q: z for _, _, z, q in cells}
    assert set(answers(session, "carto.QUADINT_ISVALID(q)").values()) == {True}


def test_boxes_and_boundaries_equal_mercantile(session, cells):
    boxes = answers(session, "carto.QUADINT_BBOX(q)")
    texts = answers(session, "carto.QUADINT_BOUNDARY(q)")
    for x, y, z, q in cells:
        bounds = mercantile.bounds(x, y, z)
        assert json.loads(boxes[q]) == pytest.approx(tuple(bounds), rel=1e-12, abs=1e-12)
        shape = mercantile.feature(mercantile.Tile(x, y, z))["geometry"]
        found = json.loads(texts[q])
        assert found["type"] == shape["type"]
        assert set(found) == {"type", "coordinates"}
        [ring], [expected] = found["coordinates"], shape["coordinates"]
        assert [each for corner in ring for each in corner] == pytest.approx(
            [each for corner in expected for each in corner], rel=1e-12, abs=1e-12
        )


def test_boundaries_of_quadkeys_are_those_of_quadints(session, cells):
    boxes = answers(session, "carto.QUADINT_BBOX(q)")
    of_keys = answers(session, "carto.__QUADKEY_BBOX(carto.QUADINT_TOQUADKEY(q))")
    for *_, q in cells:
        assert json.loads(of_keys[q]) == json.loads(boxes[q])


def test_centres_are_in_the_middle_of_the_mercator_plane(session, cells):
    back = answers(session, "carto.QUADINT_FROMGEOGPOINT(carto.QUADINT_CENTER(q), z)")
    latitudes = answers(session, "ST_Y(carto.QUADINT_CENTER(q))")
    assert {q for q, found in back.items() if q != found and abs(latitudes[q]) <= 85.05} == set()
    same = answers(session, "ST_Equals(carto.QUADINT_CENTER(q), carto.QUADINT_TOGEOGPOINT(q))")
    assert set(same.values()) == {True}
    # The middle of a tile is a corner one zoom deeper.
    longitudes = answers(session, "ST_X(carto.QUADINT_CENTER(q))")
    for x, y, z, q in cells:
        corner = mercantile.ul(2 * x + 1, 2 * y + 1, z + 1)
        assert (longitudes[q], latitudes[q]) == pytest.approx(corner, rel=1e-12, abs=1e-12)
    assert value(session, f"ST_SRID(carto.QUADINT_CENTER({CELL}))") == 4326


@pytest.mark.parametrize("up", [1, 2, 7])
def test_parents_equal_mercantile(session, cells, up):
    rows = select(session, f"q, carto.QUADINT_TOPARENT(q, z - {up})", f"cells WHERE z >= {up}")
    assert dict(rows) == {
        q: quadint(*mercantile.parent(mercantile.Tile(x, y, z), zoom=z - up))
        for x, y, z, q in cells
        if z >= up
    }


def test_children_are_those_whose_parent_the_cell_is(session):
    children = super_value(session, f"carto.QUADINT_TOCHILDREN({CELL}, 7)")
    assert len(set(children)) == 64
    parents = {value(session, f"carto.QUADINT_TOPARENT({child}, 4)") for child in children[::9]}
    assert parents == {CELL}


@pytest.mark.parametrize(
    ("direction", "dx", "dy"), [("left", -1, 0), ("RIGHT", 1, 0), ("Up", 0, -1), ("down", 0, 1)]
)
def test_siblings_go_around_the_grid(session, cells, direction, dx, dy):
    found = answers(session, f"carto.QUADINT_SIBLING(q, '{direction}')")
    assert found == {
        q: quadint((x + dx) % (1 << z), (y + dy) % (1 << z), z) for x, y, z, q in cells
    }


def test_quadkeys_equal_mercantile(session, cells):
    keys = answers(session, "carto.QUADINT_TOQUADKEY(q)")
    assert keys == {q: mercantile.quadkey(x, y, z) for x, y, z, q in cells}
    back = answers(session, "carto.QUADINT_FROMQUADKEY(carto.QUADINT_TOQUADKEY(q))")
    assert back == {q: q for *_, q in cells}


def test_distances_are_those_of_rings(session):
    for z, x, y in ((1, 0, 0), (3, 0, 0), (3, 7, 2), (29, 0, 1), (29, 2**29 - 1, 2**29 - 1)):
        origin = quadint(x, y, z)
        for each in super_value(session, f"carto.QUADINT_KRING_DISTANCES({origin}, 2)")[::3]:
            there = value(session, f"carto.QUADINT_DISTANCE({origin}, {each['index']})")
            back = value(session, f"carto.QUADINT_DISTANCE({each['index']}, {origin})")
            assert there == back == each["distance"]
    assert value(session, "carto.QUADINT_DISTANCE(0, 0)") == 0


def test_the_farthest_cell_is_half_the_grid_away(session):
    assert (
        value(session, f"carto.QUADINT_DISTANCE({quadint(0, 0, 29)}, {quadint(2**28, 5, 29)})")
        == 2**28
    )


def test_polyfill_contains_the_cells_of_its_points(session):
    ring = "-3.75 40.38, -3.65 40.38, -3.66 40.47, -3.71 40.43, -3.75 40.38"
    shape = f"ST_GeomFromText('POLYGON(({ring}))'{{}})"
    found = super_value(session, f"carto.QUADINT_POLYFILL({shape.format(', 4326')}, 15)")
    assert found == sorted(set(found))
    for corner in ring.split(", "):
        longitude, latitude = corner.split()
        assert value(session, f"carto.QUADINT_FROMLONGLAT({longitude}, {latitude}, 15)") in found
    assert super_value(session, f"carto.QUADINT_POLYFILL({shape.format('')}, 15)") == found
    transformed = f"ST_Transform({shape.format(', 4326')}, 3857)"
    assert super_value(session, f"carto.QUADINT_POLYFILL({transformed}, 15)") == found


# --- NULLs and errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "QUADINT_FROMZXY(NULL, 0, 0)",
        "QUADINT_FROMZXY(0, NULL, 0)",
        "QUADINT_FROMZXY(0, 0, NULL)",
        "QUADINT_TOZXY(NULL)",
        "QUADINT_CENTER(NULL)",
        "QUADINT_TOGEOGPOINT(NULL)",
        "QUADINT_RESOLUTION(NULL)",
        "__QUADINT_RESOLUTION(NULL)",
        f"QUADINT_DISTANCE({CELL}, NULL)",
        f"QUADINT_DISTANCE(NULL, {CELL})",
        f"QUADINT_DISTANCE({CELL}, 0)",
    ],
)
def test_null_where_null_is_the_answer(session, call):
    assert value(session, f"carto.{call}") is None


def test_null_is_no_quadint(session):
    assert value(session, "carto.QUADINT_ISVALID(NULL)") is False


@pytest.mark.parametrize(
    "call",
    [
        "QUADINT_FROMLONGLAT(NULL, 0, 1)",
        "QUADINT_FROMLONGLAT(0, NULL, 1)",
        "QUADINT_FROMLONGLAT(0, 0, NULL)",
        "QUADINT_FROMGEOGPOINT(NULL, 1)",
        "QUADINT_FROMGEOGPOINT(ST_Point(0, 0), NULL)",
        "QUADINT_BBOX(NULL)",
        "QUADINT_BOUNDARY(NULL)",
        "__QUADKEY_BBOX(NULL)",
        "QUADINT_FROMQUADKEY(NULL)",
        "QUADINT_TOQUADKEY(NULL)",
        f"QUADINT_SIBLING({CELL}, NULL)",
        "QUADINT_SIBLING(NULL, 'up')",
        f"QUADINT_TOPARENT({CELL}, NULL)",
        "QUADINT_TOPARENT(NULL, 1)",
        f"QUADINT_TOCHILDREN({CELL}, NULL)",
        "QUADINT_TOCHILDREN(NULL, 1)",
        "QUADINT_POLYFILL(NULL, 1)",
        "QUADINT_POLYFILL(ST_Point(0, 0), NULL)",
    ],
)
def test_null_where_the_reference_refuses_it(session, call):
    with pytest.raises(RedshiftError, match="NULL argument passed to UDF"):
        session.execute(f"SELECT carto.{call}")


def test_one_null_among_rows_is_refused_too(session):
    values = f"(SELECT {CELL} AS q UNION ALL SELECT NULL)"
    with pytest.raises(RedshiftError, match="NULL argument passed to UDF"):
        select(session, "carto.QUADINT_TOPARENT(q, 1)", f"{values} t")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("QUADINT_FROMLONGLAT(0, 0, 30)", "Wrong zoom"),
        ("QUADINT_FROMLONGLAT(0, 0, -1)", "Wrong zoom"),
        ("QUADINT_FROMGEOGPOINT(ST_Point(0, 0), 30)", "Wrong zoom"),
        (f"QUADINT_SIBLING({CELL}, 'sideways')", "Wrong direction argument passed to sibling"),
        (f"QUADINT_SIBLING({CELL}, '')", "Wrong direction argument passed to sibling"),
        ("QUADINT_TOPARENT(0, 0)", "Wrong quadint zoom"),
        ("QUADINT_TOPARENT(30, 0)", "Wrong quadint zoom"),
        ("QUADINT_TOPARENT(31, 0)", "Wrong quadint zoom"),
        (f"QUADINT_TOPARENT({CELL}, 4)", "Wrong resolution"),
        (f"QUADINT_TOPARENT({CELL}, 5)", "Wrong resolution"),
        (f"QUADINT_TOPARENT({CELL}, -1)", "Wrong resolution"),
        ("QUADINT_TOCHILDREN(29, 30)", "Wrong quadint zoom"),
        (f"QUADINT_TOCHILDREN({CELL}, 4)", "Wrong resolution"),
        ("QUADINT_KRING(NULL, 1)", "Invalid input origin"),
        ("QUADINT_KRING(0, 1)", "Invalid input origin"),
        (f"QUADINT_KRING({CELL}, NULL)", "Invalid input size"),
        (f"QUADINT_KRING({CELL}, -1)", "Invalid input size"),
        ("QUADINT_KRING_DISTANCES(NULL, 1)", "Invalid input origin"),
        (f"QUADINT_KRING_DISTANCES({CELL}, -1)", "Invalid input size"),
    ],
)
def test_documented_errors(session, call, message):
    with pytest.raises(RedshiftError, match=message):
        session.execute(f"SELECT carto.{call}")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_fromlonglat_not_a_number_has_a_clear_error(session, number):
    literal = f"CAST('{number}' AS DOUBLE PRECISION)"
    for arguments in (f"{literal}, 0", f"0, {literal}"):
        with pytest.raises(RedshiftError, match="Invalid coordinates: longitude and latitude"):
            session.execute(f"SELECT carto.QUADINT_FROMLONGLAT({arguments}, 4)")


# --- the reference's bugs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tile", ["4, 16, 0", "4, 0, 16", "4, -1, 0", "4, 0, -1", "0, 1, 0"])
def test_fromzxy_tile_outside_the_grid_is_an_error(session, tile):
    with pytest.raises(RedshiftError, match="Invalid tile: x and y should be between 0 and 2"):
        session.execute(f"SELECT carto.QUADINT_FROMZXY({tile})")


@pytest.mark.parametrize("zoom", [-1, 30, 33, 100])
def test_fromzxy_zoom_outside_the_range_is_an_error(session, zoom):
    with pytest.raises(RedshiftError, match="Wrong zoom"):
        session.execute(f"SELECT carto.QUADINT_FROMZXY({zoom}, 0, 0)")


@pytest.mark.parametrize("key", ["4", "12a", " 1", "1 ", "-1", "+1", "0x1", "1.0", "0" * 30])
def test_fromquadkey_bad_key_has_a_clear_error(session, key):
    for name in ("QUADINT_FROMQUADKEY", "__QUADKEY_BBOX"):
        with pytest.raises(RedshiftError, match="Unexpected quadkey digit: a quadkey is up to 29"):
            session.execute(f"SELECT carto.{name}({quote_literal(key)})")


def test_tochildren_beyond_zoom_29_is_an_error(session):
    with pytest.raises(RedshiftError, match="Wrong resolution"):
        session.execute(f"SELECT carto.QUADINT_TOCHILDREN({quadint(1, 1, 28)}, 30)")


def test_kring_has_every_cell_once(session):
    for z, size in ((1, 1), (1, 5), (2, 2), (3, 4)):
        found = super_value(session, f"carto.QUADINT_KRING({quadint(0, 0, z)}, {size})")
        assert len(found) == len(set(found)) == 4**z


def test_polyfill_reaches_the_poles(session):
    box = "ST_MakeEnvelope(-180, -90, 180, 90, 4326)"
    assert len(super_value(session, f"carto.QUADINT_POLYFILL({box}, 3)")) == 64


def test_polyfill_zoom_outside_the_range_is_an_error(session):
    for z in (-1, 30):
        with pytest.raises(RedshiftError, match="Invalid resolution, should be between 0 and 29"):
            session.execute(f"SELECT carto.QUADINT_POLYFILL(ST_Point(0, 0), {z})")


def test_polyfill_at_zoom_29_gives_the_right_tiles(session):
    line = "ST_GeomFromText('LINESTRING(-3.7038 40.4168, -3.703797 40.416802)', 4326)"
    found = super_value(session, f"carto.QUADINT_POLYFILL({line}, 29)")
    for point in ((-3.7038, 40.4168), (-3.703797, 40.416802)):
        assert by_mercantile(*point, 29) in found
    assert len(found) < 20


def test_isvalid_checks_zoom_sign_and_row(session, cells):
    assert len(cells) > 30
    outside = [-1, -CELL, 30, 31, 2**63 - 1, 1 << 5, quadint(0, 16, 4), quadint(5, 1 << 20, 20)]
    for number in outside:
        assert value(session, f"carto.QUADINT_ISVALID({number})") is False


def test_invalid_cells_never_break_the_query(session):
    """Functions that do not check their cell answer something for any number."""
    for number in (-1, -CELL, 30, 31, 2**63 - 1, 2**62 + 31, 1 << 5, quadint(0, 16, 4)):
        for call in (
            "TOZXY({})",
            "CENTER({})",
            "BOUNDARY({})",
            "BBOX({})",
            "TOQUADKEY({})",
            "RESOLUTION({})",
            "DISTANCE({}, {})",
            "SIBLING({}, 'left')",
            "SIBLING({}, 'right')",
            "SIBLING({}, 'up')",
            "SIBLING({}, 'down')",
        ):
            session.execute(f"SELECT carto.QUADINT_{call.format(number, number)}")
