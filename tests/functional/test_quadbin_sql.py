"""The quadbin module through SQL: random cross-checks with the quadbin library, and the fixed bugs.

The statements run in the sandbox's engine; the Lambda half is the real handler, called in this process.
"""

import json
import math
import random

import pytest
import quadbin
from quadbin.main import tile_to_cell

from carto_at_installer.sandbox.errors import RedshiftError
from carto_at_installer.sql.identifiers import quote_literal
from carto_at_installer.sql.templates import example_sql
from tests.functional.quadbin_engine import open_engine, quadbin_module

RESOLUTIONS = range(27)
CELL = 5207251884775047167  # 4/7/6
WORLD = 5192650370358181887  # 0/0/0


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb")
    yield session
    engine.close()


def value(session, expression):
    ((answer,),) = session.execute(f"SELECT {expression}").rows
    return answer


def rows(session, columns, source):
    return session.execute(f"SELECT {columns} FROM {source}").rows


def super_value(session, expression):
    answer = value(session, expression)
    return None if answer is None else json.loads(answer)


def table(session, name, columns, records):
    """Make and fill a table; numbers are written so that they are read back exactly."""
    session.execute(f"CREATE TABLE {name} ({columns})")
    for start in range(0, len(records), 5000):
        chunk = records[start : start + 5000]
        values = ", ".join(f"({', '.join(map(repr, record))})" for record in chunk)
        session.execute(f"INSERT INTO {name} VALUES {values}")


@pytest.fixture(scope="module")
def points(session):
    """20 000 random points, and the places where grids go wrong."""
    seed = random.Random(20_260_630)  # noqa: S311 (test data)
    found = [(seed.uniform(-180, 180), seed.uniform(-90, 90)) for _ in range(20_000)]
    longitudes = (-180.0, -179.9999999, -22.5, 0.0, 45.0, 179.9999999, 180.0, 181.0, -1e9)
    latitudes = (
        -90.0,
        -89.0,
        -85.06,
        -85.0511287798066,
        0.0,
        40.97989806962013,
        85.05,
        89.0,
        90.0,
        95.0,
    )
    found += [(longitude, latitude) for longitude in longitudes for latitude in latitudes]
    table(
        session,
        "points",
        "id INTEGER, lon DOUBLE PRECISION, lat DOUBLE PRECISION",
        [(number, *point) for number, point in enumerate(found)],
    )
    return found


@pytest.fixture(scope="module")
def cells(session):
    """Tiles (z, x, y) of every resolution with their cells: corners, middles and random ones."""
    seed = random.Random(4)  # noqa: S311 (test data)
    found = []
    for z in RESOLUTIONS:
        side = 1 << z
        ends = {0, side - 1, side // 2}
        tiles = {(x, y) for x in ends for y in ends}
        tiles |= {(seed.randrange(side), seed.randrange(side)) for _ in range(30)}
        found += [(z, x, y, tile_to_cell((x, y, z))) for x, y in sorted(tiles)]
    table(session, "cells", "z BIGINT, x BIGINT, y BIGINT, q BIGINT", found)
    return found


def answers(session, expression):
    """The expression's value for each row of `cells`, by cell."""
    return dict(rows(session, f"q, {expression}", "cells"))


@pytest.mark.parametrize(
    "function",
    [f for f in quadbin_module().functions if f.returns],
    ids=lambda function: function.name,
)
def test_result_types_are_the_declared_ones(session, function):
    """Of a call with NULLs, or where that is an error, of the first example."""
    types = {"BIGINT": "int8", "VARCHAR(MAX)": "varchar", "BOOLEAN": "bool"}
    nulls = ", ".join(f"CAST(NULL AS {each.type})" for each in function.arguments)
    try:
        result = session.execute(f"SELECT carto.{function.name}({nulls})")
    except RedshiftError:
        result = session.execute(example_sql(function.examples[0], "carto"))
    assert result.columns[0].type == types.get(function.returns, function.returns.lower())


# --- cross-checks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_fromlonglat_equals_the_library(session, points, resolution):
    found = rows(session, f"id, carto.QUADBIN_FROMLONGLAT(lon, lat, {resolution})", "points")
    assert len(found) == len(points)
    different = [
        (points[number], cell)
        for number, cell in found
        if cell != quadbin.point_to_cell(*points[number], resolution)
    ]
    assert not different


def test_fromgeogpoint_and_its_other_name_equal_fromlonglat(session, points):
    count = value(
        session,
        "COUNT(*) FROM points WHERE"
        " carto.QUADBIN_FROMGEOGPOINT(ST_Point(lon, lat), 20) <> carto.QUADBIN_FROMLONGLAT(lon, lat, 20)"
        " OR carto.QUADBIN_FROMGEOPOINT(ST_SetSRID(ST_Point(lon, lat), 4326), 20)"
        " <> carto.QUADBIN_FROMLONGLAT(lon, lat, 20)",
    )
    assert count == 0


def test_points_in_other_reference_systems_are_transformed(session):
    mercator = "ST_Transform(ST_SetSRID(ST_Point(-3.7038, 40.4168), 4326), 3857)"
    for name in ("QUADBIN_FROMGEOGPOINT", "QUADBIN_FROMGEOPOINT"):
        assert value(session, f"carto.{name}({mercator}, 12)") == quadbin.point_to_cell(
            -3.7038, 40.4168, 12
        )


def test_tiles_and_cells(session, cells):
    assert answers(session, "carto.QUADBIN_FROMZXY(z, x, y)") == {q: q for *_, q in cells}
    tiles = answers(session, "carto.QUADBIN_TOZXY(q)")
    assert {q: json.loads(tile) for q, tile in tiles.items()} == {
        q: {"z": z, "x": x, "y": y} for z, x, y, q in cells
    }
    assert answers(session, "carto.QUADBIN_RESOLUTION(q)") == {q: z for z, _, _, q in cells}
    assert set(answers(session, "carto.QUADBIN_ISVALID(q)").values()) == {True}


def test_boxes_centres_and_boundaries_equal_the_library(session, cells):
    boxes = answers(session, "carto.QUADBIN_BBOX(q)")
    longitudes = answers(session, "ST_X(carto.QUADBIN_CENTER(q))")
    latitudes = answers(session, "ST_Y(carto.QUADBIN_CENTER(q))")
    for *_, q in cells:
        box = quadbin.cell_to_bounding_box(q)
        assert json.loads(boxes[q]) == pytest.approx(box, rel=1e-12, abs=1e-12)
        assert [longitudes[q], latitudes[q]] == pytest.approx(
            quadbin.cell_to_point(q), rel=1e-12, abs=1e-12
        )
    sides = [
        answers(session, f"{side}(carto.QUADBIN_BOUNDARY(q))")
        for side in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
    ]
    for *_, q in cells:
        assert [side[q] for side in sides] == json.loads(boxes[q])


def test_geometries_have_an_srid_and_the_documented_order_of_vertices(session):
    assert value(session, f"ST_SRID(carto.QUADBIN_CENTER({CELL}))") == 4326
    assert value(session, f"ST_SRID(carto.QUADBIN_BOUNDARY({CELL}))") == 4326
    text = value(session, f"ST_AsText(carto.QUADBIN_BOUNDARY({CELL}))")
    corners = [
        corner.split() for corner in text.removeprefix("POLYGON((").removesuffix("))").split(",")
    ]
    west, south, east, north = (f"{side:.15g}" for side in quadbin.cell_to_bounding_box(CELL))
    assert corners == [[west, south], [west, north], [east, north], [east, south], [west, south]]


def test_centres_and_boundaries_agree_with_the_grid(session, cells):
    back = answers(
        session, "carto.QUADBIN_FROMGEOGPOINT(carto.QUADBIN_CENTER(q), CAST(z AS INTEGER))"
    )
    assert back == {q: q for *_, q in cells}
    inside = answers(session, "ST_Contains(carto.QUADBIN_BOUNDARY(q), carto.QUADBIN_CENTER(q))")
    assert set(inside.values()) == {True}


def test_parents_equal_the_library(session, cells):
    for up in (0, 1, 5):
        parent = f"carto.QUADBIN_TOPARENT(q, CAST(z - {up} AS INTEGER))"
        parents = dict(rows(session, f"q, {parent}", f"cells WHERE z >= {up}"))
        assert parents == {q: quadbin.cell_to_parent(q, z - up) for z, _, _, q in cells if z >= up}


def test_children_are_those_whose_parent_the_cell_is(session):
    children = super_value(session, f"carto.QUADBIN_TOCHILDREN({CELL}, 7)")
    assert children == quadbin.cell_to_children(CELL, 7)
    parents = {value(session, f"carto.QUADBIN_TOPARENT({child}, 4)") for child in children[::9]}
    assert parents == {CELL}


@pytest.mark.parametrize(
    ("direction", "dx", "dy"), [("left", -1, 0), ("RIGHT", 1, 0), ("Up", 0, -1), ("down", 0, 1)]
)
def test_siblings_are_neighbours_inside_the_grid(session, cells, direction, dx, dy):
    def sibling(z, x, y):
        inside = 0 <= x + dx < 1 << z and 0 <= y + dy < 1 << z
        return tile_to_cell((x + dx, y + dy, z)) if inside else None

    found = answers(session, f"carto.QUADBIN_SIBLING(q, '{direction}')")
    assert found == {q: sibling(z, x, y) for z, x, y, q in cells}


def test_distances_are_chebyshev(session, cells):
    found = answers(session, "carto.QUADBIN_DISTANCE(q, carto.QUADBIN_FROMZXY(z, 0, 0))")
    assert found == {q: max(x, y) for _, x, y, q in cells}
    back = answers(session, "carto.QUADBIN_DISTANCE(carto.QUADBIN_FROMZXY(z, 0, 0), q)")
    assert back == found


def test_quadkeys(session, cells):
    def quadkey(z, x, y):
        return "".join(str((x >> bit & 1) + 2 * (y >> bit & 1)) for bit in range(z - 1, -1, -1))

    keys = answers(session, "carto.QUADBIN_TOQUADKEY(q)")
    assert keys == {q: quadkey(z, x, y) for z, x, y, q in cells}
    back = answers(session, "carto.QUADBIN_FROMQUADKEY(carto.QUADBIN_TOQUADKEY(q))")
    assert back == {q: q for *_, q in cells}


def test_quadints_and_hexadecimal_texts(session, cells):
    for z, x, y, q in cells[:: len(cells) // 60]:
        quadint = y << (z + 5) | x << 5 | z
        assert value(session, f"carto.__QUADBIN_FROMQUADINT({quadint})") == q
    texts = answers(session, "carto.__QUADBIN_INT_TOSTRING(q)")
    assert texts == {q: quadbin.index_to_string(q) for *_, q in cells}
    back = answers(session, "carto.__QUADBIN_STRING_TOINT(carto.__QUADBIN_INT_TOSTRING(q))")
    assert back == {q: q for *_, q in cells}


def test_krings_equal_the_library_inside_the_grid(session):
    for size in (0, 1, 3):
        assert super_value(session, f"carto.QUADBIN_KRING({CELL}, {size})") == quadbin.k_ring(
            CELL, size
        )
        distances = super_value(session, f"carto.QUADBIN_KRING_DISTANCES({CELL}, {size})")
        assert distances == quadbin.k_ring_distances(CELL, size)


def test_ring_distances_are_those_of_the_distance_function(session):
    """Where the ring does not cross the antimeridian: QUADBIN_DISTANCE does not cross it."""
    for each in super_value(session, f"carto.QUADBIN_KRING_DISTANCES({CELL}, 2)"):
        assert (
            value(session, f"carto.QUADBIN_DISTANCE({CELL}, {each['index']})") == each["distance"]
        )


def test_polyfill_equals_the_library(session):
    ring = [[-3.75, 40.38], [-3.65, 40.38], [-3.66, 40.47], [-3.71, 40.43], [-3.75, 40.38]]
    text = ", ".join(f"{lon} {lat}" for lon, lat in ring)
    found = super_value(
        session, f"carto.QUADBIN_POLYFILL(ST_GeomFromText('POLYGON(({text}))', 4326), 15)"
    )
    geojson = json.dumps({"type": "Polygon", "coordinates": [ring]})
    assert sorted(found) == sorted(quadbin.geometry_to_cells(geojson, 15))


def test_polyfill_reads_srid_0_as_degrees_and_transforms_others(session):
    def fill(geometry):
        return sorted(super_value(session, f"carto.QUADBIN_POLYFILL({geometry}, 14)"))

    degrees = "ST_GeomFromText('POLYGON((-3.75 40.38, -3.65 40.38, -3.66 40.47, -3.75 40.38))'{})"
    expected = fill(degrees.format(", 4326"))
    assert len(expected) > 5
    assert fill(degrees.format("")) == expected
    assert fill(f"ST_Transform({degrees.format(', 4326')}, 3857)") == expected


# --- NULLs and errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "QUADBIN_FROMLONGLAT(NULL, 0, 1)",
        "QUADBIN_FROMLONGLAT(0, NULL, 1)",
        "QUADBIN_FROMLONGLAT(0, 0, NULL)",
        "QUADBIN_FROMGEOGPOINT(NULL, 1)",
        "QUADBIN_FROMGEOGPOINT(ST_Point(0, 0), NULL)",
        "QUADBIN_FROMGEOPOINT(NULL, 1)",
        "QUADBIN_CENTER(NULL)",
        "QUADBIN_BOUNDARY(NULL)",
        "QUADBIN_BBOX(NULL)",
        "QUADBIN_TOZXY(NULL)",
        "QUADBIN_TOQUADKEY(NULL)",
        "QUADBIN_RESOLUTION(NULL)",
        f"QUADBIN_TOPARENT({CELL}, NULL)",
        "QUADBIN_TOPARENT(NULL, 1)",
        f"QUADBIN_SIBLING({CELL}, NULL)",
        "QUADBIN_SIBLING(NULL, 'up')",
        "QUADBIN_SIBLING(NULL, 'sideways')",
        f"QUADBIN_DISTANCE({CELL}, NULL)",
        f"QUADBIN_DISTANCE(NULL, {CELL})",
        f"QUADBIN_DISTANCE({CELL}, {WORLD})",
        "QUADBIN_POLYFILL(NULL, 1)",
        "QUADBIN_POLYFILL(ST_Point(0, 0), NULL)",
        "__QUADBIN_FROMQUADINT(NULL)",
        "__QUADBIN_INT_TOSTRING(NULL)",
        "__QUADBIN_STRING_TOINT(NULL)",
    ],
)
def test_null_where_the_reference_answers_null(session, call):
    assert value(session, f"carto.{call}") is None


def test_null_has_no_place_but_the_empty_key_is_the_world(session):
    assert value(session, "carto.QUADBIN_ISVALID(NULL)") is False
    assert value(session, "carto.QUADBIN_FROMQUADKEY(NULL)") == WORLD
    assert value(session, "carto.QUADBIN_FROMQUADKEY('')") == WORLD
    assert value(session, f"carto.QUADBIN_TOQUADKEY({WORLD})") == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("QUADBIN_FROMLONGLAT(0, 0, 27)", "Invalid resolution: should be between 0 and 26"),
        ("QUADBIN_FROMLONGLAT(0, 0, -1)", "Invalid resolution: should be between 0 and 26"),
        ("QUADBIN_FROMLONGLAT(NULL, 0, 27)", "Invalid resolution: should be between 0 and 26"),
        (
            "QUADBIN_FROMGEOGPOINT(ST_Point(0, 0), 27)",
            "Invalid resolution: should be between 0 and 26",
        ),
        ("QUADBIN_FROMZXY(NULL, 0, 0)", "NULL argument passed to UDF"),
        ("QUADBIN_FROMZXY(0, NULL, 0)", "NULL argument passed to UDF"),
        ("QUADBIN_FROMZXY(0, 0, NULL)", "NULL argument passed to UDF"),
        (f"QUADBIN_SIBLING({CELL}, 'sideways')", "Wrong direction argument passed to sibling"),
        (f"QUADBIN_SIBLING({CELL}, '')", "Wrong direction argument passed to sibling"),
        (f"QUADBIN_TOPARENT({CELL}, -1)", "Invalid resolution"),
        ("QUADBIN_KRING(NULL, 1)", "Invalid input origin"),
        ("QUADBIN_KRING(0, 1)", "Invalid input origin"),
        (f"QUADBIN_KRING({CELL}, NULL)", "Invalid input size"),
        (f"QUADBIN_KRING({CELL}, -1)", "Invalid input size"),
        ("QUADBIN_KRING_DISTANCES(-1, 1)", "Invalid input origin"),
        (f"QUADBIN_KRING_DISTANCES({CELL}, -1)", "Invalid input size"),
        ("QUADBIN_TOCHILDREN(NULL, 5)", "NULL argument passed to UDF"),
        (f"QUADBIN_TOCHILDREN({CELL}, NULL)", "NULL argument passed to UDF"),
        (f"QUADBIN_TOCHILDREN({CELL}, 4)", "Invalid resolution"),
        (f"QUADBIN_TOCHILDREN({CELL}, 27)", "Invalid resolution"),
        ("QUADBIN_POLYFILL(ST_Point(0, 0), 27)", "Invalid resolution, should be between 0 and 26"),
        ("QUADBIN_POLYFILL(ST_Point(0, 0), -1)", "Invalid resolution, should be between 0 and 26"),
    ],
)
def test_errors_have_the_documented_words(session, call, message):
    with pytest.raises(RedshiftError, match=message):
        session.execute(f"SELECT carto.{call}")


def test_errors_are_raised_for_rows_of_tables_too(session, cells):
    assert len(cells) > 27
    with pytest.raises(RedshiftError, match="Invalid resolution: should be between 0 and 26"):
        session.execute("SELECT carto.QUADBIN_FROMLONGLAT(0, 0, CAST(z + 1 AS INTEGER)) FROM cells")


# --- fixed bugs of the reference: docs/compatibility.md names these tests ---------------------------------------------


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_fromlonglat_not_a_number_has_a_clear_error(session, text):
    number = f"CAST('{text}' AS DOUBLE PRECISION)"
    for arguments in (f"{number}, 0", f"0, {number}"):
        with pytest.raises(
            RedshiftError, match="Invalid coordinates: longitude and latitude should be"
        ):
            session.execute(f"SELECT carto.QUADBIN_FROMLONGLAT({arguments}, 4)")


@pytest.mark.parametrize(
    "tile", ["4, 16, 0", "4, 0, 16", "4, -1, 0", "4, 0, -1", "0, 1, 0", "26, 67108864, 0"]
)
def test_fromzxy_tile_outside_the_grid_is_an_error(session, tile):
    with pytest.raises(RedshiftError, match="Invalid tile: x and y should be between 0 and 2"):
        session.execute(f"SELECT carto.QUADBIN_FROMZXY({tile})")


@pytest.mark.parametrize("zoom", [-1, 27, 33, 100])
def test_fromzxy_zoom_outside_the_range_is_an_error(session, zoom):
    with pytest.raises(RedshiftError, match="Invalid resolution: should be between 0 and 26"):
        session.execute(f"SELECT carto.QUADBIN_FROMZXY({zoom}, 0, 0)")


@pytest.mark.parametrize("key", ["4", "12a", " 1", "1 ", "-1", "+1", "0x1", "1.0", "0" * 27])
def test_fromquadkey_bad_key_has_a_clear_error(session, key):
    with pytest.raises(
        RedshiftError, match="Invalid quadkey: should be up to 26 digits from 0 to 3"
    ):
        session.execute(f"SELECT carto.QUADBIN_FROMQUADKEY({quote_literal(key)})")


def test_isvalid_checks_every_trailing_bit(session):
    assert value(session, "carto.QUADBIN_ISVALID(5210682356758740991)") is False
    for z in RESOLUTIONS:
        cell = tile_to_cell(((1 << z) // 3, (1 << z) // 2, z))
        for bit in range(52 - 2 * z):
            if bit % 7 == 0:
                assert value(session, f"carto.QUADBIN_ISVALID({cell ^ 1 << bit})") is False, (
                    z,
                    bit,
                )


@pytest.mark.parametrize(
    "number",
    [
        0,
        1,
        -1,
        -(2**63),
        2**63 - 1,
        CELL & ~(1 << 62),
        CELL | 1 << 57,
        CELL | 1 << 58,
        CELL ^ 1 << 59,
        CELL | 1 << 60,
        WORLD + (27 << 52),
        WORLD + (31 << 52),
    ],
)
def test_isvalid_checks_header_mode_and_resolution(session, number):
    literal = str(number) if number > -(2**63) else "-9223372036854775807 - 1"
    assert value(session, f"carto.QUADBIN_ISVALID({literal})") is False


def test_toparent_finer_resolution_is_an_error(session):
    for resolution in (5, 26, 27, 31):
        with pytest.raises(RedshiftError, match="Invalid resolution"):
            session.execute(f"SELECT carto.QUADBIN_TOPARENT({CELL}, {resolution})")


def test_fromquadint_outside_the_grid_is_an_error(session):
    with pytest.raises(RedshiftError, match="Invalid resolution"):
        session.execute("SELECT carto.__QUADBIN_FROMQUADINT(27)")
    with pytest.raises(RedshiftError, match="Invalid quadint"):
        session.execute(f"SELECT carto.__QUADBIN_FROMQUADINT({16 << 9 | 4})")


def ring(session, z, x, y, size):
    return super_value(session, f"carto.QUADBIN_KRING({tile_to_cell((x, y, z))}, {size})")


def test_kring_goes_on_across_the_antimeridian(session):
    found = ring(session, 4, 0, 6, 1)
    assert found == [tile_to_cell((x, y, 4)) for y in (5, 6, 7) for x in (15, 0, 1)]


def test_kring_ends_at_the_poles(session):
    assert ring(session, 4, 7, 0, 1) == [tile_to_cell((x, y, 4)) for y in (0, 1) for x in (6, 7, 8)]
    assert ring(session, 4, 7, 15, 1) == [
        tile_to_cell((x, y, 4)) for y in (14, 15) for x in (6, 7, 8)
    ]


def test_kring_has_every_cell_once(session):
    assert ring(session, 0, 0, 0, 3) == [WORLD]
    for z, size in ((1, 1), (1, 5), (2, 2), (3, 4)):
        found = ring(session, z, 0, 0, size)
        assert len(found) == len(set(found)) == (1 << z) * min(1 << z, size + 1)


def test_kring_distances_across_the_antimeridian(session):
    origin = tile_to_cell((0, 6, 4))
    found = super_value(session, f"carto.QUADBIN_KRING_DISTANCES({origin}, 2)")
    distances = {each["index"]: each["distance"] for each in found}
    assert distances[tile_to_cell((15, 6, 4))] == 1
    assert distances[tile_to_cell((14, 6, 4))] == 2
    assert distances[origin] == 0
    assert len(found) == 25


@pytest.mark.parametrize("number", [1, 1234, WORLD + (27 << 52), CELL ^ 1])
def test_rings_and_children_of_a_number_that_is_no_cell_are_errors(session, number):
    for call in ("KRING({}, 1)", "KRING_DISTANCES({}, 1)"):
        with pytest.raises(RedshiftError, match="Invalid input origin"):
            session.execute(f"SELECT carto.QUADBIN_{call.format(number)}")
    with pytest.raises(RedshiftError, match="Invalid input quadbin"):
        session.execute(f"SELECT carto.QUADBIN_TOCHILDREN({number}, 26)")


def test_polyfill_reaches_the_poles(session):
    box = "ST_MakeEnvelope(-180, -90, 180, 90, 4326)"
    assert len(super_value(session, f"carto.QUADBIN_POLYFILL({box}, 3)")) == 64


def test_polyfill_zero_length_line_fills_the_cell_of_its_point(session):
    line = "ST_GeomFromText('LINESTRING(-3.7 40.4, -3.7 40.4)', 4326)"
    found = super_value(session, f"carto.QUADBIN_POLYFILL({line}, 12)")
    assert found == [quadbin.point_to_cell(-3.7, 40.4, 12)]


def test_invalid_cells_never_break_the_query(session):
    """Functions that do not check their cell answer something for any number."""
    for number in (0, -1, 2**63 - 1, WORLD + (31 << 52)):
        west = super_value(session, f"carto.QUADBIN_BBOX({number})")[0]
        assert math.isfinite(west)
        for call in (
            "TOZXY({})",
            "CENTER({})",
            "BOUNDARY({})",
            "TOQUADKEY({})",
            "SIBLING({}, 'left')",
        ):
            session.execute(f"SELECT carto.QUADBIN_{call.format(number)}")
