"""The h3 module through SQL: cross-checks with the H3 library, NULLs and what is no cell.

The statements run in the sandbox's engine; the Lambda half is the real handler, called in this process.
"""

import json
import random

import h3.api.basic_int as h3
import pytest

from carto_at_installer.sandbox.errors import RedshiftError
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

MADRID = 0x84390CBFFFFFFFF
TEXT = "84390cbffffffff"
MODULE = load_module("h3")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


@pytest.fixture(scope="module")
def points(session):
    """Random points, the poles, the antimeridian and beyond it."""
    seed = random.Random(20_260_630)  # noqa: S311 (test data)
    found = [(seed.uniform(-180, 180), seed.uniform(-90, 90)) for _ in range(2000)]
    edges = (-180.0, -179.9999999, 0.0, 45.0, 179.9999999, 180.0, 181.0, -190.0, 539.0, 725.5)
    found += [(x, y) for x in edges for y in (-90.0, -89.999, 0.0, 26.57, 89.999, 90.0)]
    columns = "id INTEGER, lon DOUBLE PRECISION, lat DOUBLE PRECISION"
    fill_table(session, "points", columns, [(number, *point) for number, point in enumerate(found)])
    return found


@pytest.fixture(scope="module")
def cells(session):
    """Random cells and pentagons of every resolution, as texts and numbers."""
    seed = random.Random(4)  # noqa: S311 (test data)
    found = []
    for z in range(16):
        found += h3.get_pentagons(z)[::3]
        places = ((seed.uniform(-90, 90), seed.uniform(-180, 180)) for _ in range(20))
        found += [h3.latlng_to_cell(*place, z) for place in places]
    found = sorted(set(found))
    records = [(cell, h3.int_to_str(cell), h3.get_resolution(cell)) for cell in found]
    fill_table(session, "cells", "n BIGINT, t VARCHAR(16), z INTEGER", records)
    return found


def answers(session, expression, where=""):
    """The expression's value for each row of `cells`, by cell."""
    return dict(select(session, f"n, {expression}", f"cells {where}"))


@pytest.mark.parametrize(
    "function", [f for f in MODULE.functions if f.returns], ids=lambda function: function.signature
)
def test_result_types_are_the_declared_ones(session, function):
    types = {**SQL_TYPES, "VARCHAR(16)": "varchar", "INTEGER": "int4"}
    nulls = ", ".join(f"CAST(NULL AS {each.type})" for each in function.arguments)
    try:
        result = session.execute(f"SELECT carto.{function.name}({nulls})")
    except RedshiftError:
        result = session.execute(example_sql(function.examples[0], "carto"))
    assert result.columns[0].type == types.get(function.returns, function.returns.lower())


# --- cross-checks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", [0, 1, 5, 9, 15])
def test_points_are_in_the_cells_of_the_library(session, points, resolution):
    columns = (
        f"id, carto.H3_FROMLONGLAT_INT(lon, lat, {resolution}),"
        f" carto.H3_FROMLONGLAT(lon, lat, {resolution}),"
        f" carto.H3_FROMGEOGPOINT(ST_Point(lon, lat), {resolution}),"
        f" carto.H3_FROMGEOPOINT(ST_SetSRID(ST_Point(lon, lat), 4326), {resolution}),"
        f" carto.H3_FROMGEOGPOINT_INT(ST_Point(lon, lat), {resolution})"
    )
    found = select(session, columns, "points")
    assert len(found) == len(points)
    for number, cell, text, *others, last in found:
        longitude, latitude = points[number]
        assert cell == last == h3.latlng_to_cell(latitude, longitude, resolution)
        assert {text, *others} == {h3.int_to_str(cell)}


def test_points_in_other_reference_systems_are_transformed(session):
    mercator = "ST_Transform(ST_SetSRID(ST_Point(-3.7038, 40.4168), 4326), 3857)"
    for name in ("H3_FROMGEOGPOINT", "H3_FROMGEOPOINT"):
        assert value(session, f"carto.{name}({mercator}, 4)") == TEXT
    assert value(session, f"carto.H3_FROMGEOGPOINT_INT({mercator}, 4)") == MADRID


def test_facts_of_cells(session, cells):
    by_library = {
        "ISVALID": h3.is_valid_cell,
        "ISPENTAGON": h3.is_pentagon,
        "RESOLUTION": h3.get_resolution,
    }
    for name, ask in by_library.items():
        expected = {cell: ask(cell) for cell in cells}
        assert answers(session, f"carto.H3_{name}(n)") == expected
        assert answers(session, f"carto.H3_{name}(t)") == expected
        assert answers(session, f"carto.H3_{name}(UPPER(t))") == expected
    assert answers(session, "carto.H3_INT_TOSTRING(n)") == {c: h3.int_to_str(c) for c in cells}
    assert answers(session, "carto.H3_STRING_TOINT(t)") == {cell: cell for cell in cells}


def test_centres_and_boundaries(session, cells):
    for index in ("n", "t"):
        x = answers(session, f"ST_X(carto.H3_CENTER({index}))")
        y = answers(session, f"ST_Y(carto.H3_CENTER({index}))")
        sizes = answers(session, f"ST_NPoints(carto.H3_BOUNDARY({index}))")
        for cell in cells:
            assert (y[cell], x[cell]) == pytest.approx(h3.cell_to_latlng(cell), rel=1e-12)
            assert sizes[cell] == len(h3.cell_to_boundary(cell)) + 1
    text = value(session, f"ST_AsText(carto.H3_BOUNDARY({MADRID}))")
    corners = [pair.split() for pair in text.removeprefix("POLYGON((").rstrip(")").split(",")]
    expected = [(f"{x:.15g}", f"{y:.15g}") for y, x in h3.cell_to_boundary(MADRID)]
    assert [tuple(corner) for corner in corners] == [*expected, expected[0]]
    for call in (f"H3_CENTER('{TEXT}')", f"H3_BOUNDARY({MADRID})"):
        assert value(session, f"ST_SRID(carto.{call})") == 4326


def test_the_centre_of_a_cell_is_in_the_cell(session, cells):
    assert answers(session, "carto.H3_FROMGEOGPOINT_INT(carto.H3_CENTER(n), z)") == {
        cell: cell for cell in cells
    }
    inside = "ST_Contains(carto.H3_BOUNDARY(n), carto.H3_CENTER(n))"
    away = (
        "WHERE z > 2 AND ABS(ST_X(carto.H3_CENTER(n))) < 150 AND ABS(ST_Y(carto.H3_CENTER(n))) < 80"
    )
    assert set(answers(session, inside, away).values()) == {True}


@pytest.mark.parametrize("up", [0, 1, 4])
def test_parents(session, cells, up):
    expected = {
        cell: h3.cell_to_parent(cell, h3.get_resolution(cell) - up)
        for cell in cells
        if h3.get_resolution(cell) >= up
    }
    where = f"WHERE z >= {up}"
    assert answers(session, f"carto.H3_TOPARENT(n, z - {up})", where) == expected
    texts = {cell: h3.int_to_str(parent) for cell, parent in expected.items()}
    assert answers(session, f"carto.H3_TOPARENT(t, z - {up})", where) == texts


def test_children(session, cells):
    found = answers(session, "carto.H3_TOCHILDREN(n, z + 2)", "WHERE z < 14")
    texts = answers(session, "carto.H3_TOCHILDREN(t, z + 2)", "WHERE z < 14")
    for cell in cells:
        if h3.get_resolution(cell) < 14:
            expected = h3.cell_to_children(cell, h3.get_resolution(cell) + 2)
            assert sorted(json.loads(found[cell])) == sorted(expected)
            assert json.loads(texts[cell]) == [h3.int_to_str(child) for child in sorted(expected)]


def test_rings_of_texts_and_numbers(session, cells):
    numbers = answers(session, "carto.H3_KRING(n, 2)")
    texts = answers(session, "carto.H3_KRING(t, 2)")
    labelled = answers(session, "carto.H3_KRING_DISTANCES(n, 2)")
    named = answers(session, "carto.H3_KRING_DISTANCES(t, 2)")
    for cell in cells:
        disk = json.loads(numbers[cell])
        assert sorted(disk) == sorted(h3.grid_disk(cell, 2))
        assert json.loads(texts[cell]) == [h3.int_to_str(each) for each in disk]
        pairs = json.loads(labelled[cell])
        assert [each["index"] for each in pairs] == disk
        assert json.loads(named[cell]) == [
            {"index": h3.int_to_str(each["index"]), "distance": each["distance"]} for each in pairs
        ]
        assert {each["distance"] for each in pairs} <= {0, 1, 2}


def test_hollow_rings_and_distances(session):
    ring = super_value(session, f"carto.H3_HEXRING({MADRID}, 3)")
    assert super_value(session, f"carto.H3_HEXRING('{TEXT}', 3)") == list(map(h3.int_to_str, ring))
    assert sorted(ring) == sorted(h3.grid_ring(MADRID, 3))
    for cell in ring:
        assert value(session, f"carto.H3_DISTANCE({MADRID}, {cell})") == 3
        assert value(session, f"carto.H3_DISTANCE('{h3.int_to_str(cell)}', '{TEXT}')") == 3


def test_sets(session):
    finer = f"carto.H3_UNCOMPACT(carto.H3_COMPACT(carto.H3_TOCHILDREN('{TEXT}', 6)), 7)"
    expected = [h3.int_to_str(cell) for cell in sorted(h3.cell_to_children(MADRID, 7))]
    assert super_value(session, finer) == expected
    numbers = f"carto.H3_COMPACT(carto.H3_TOCHILDREN({MADRID}, 6))"
    assert super_value(session, numbers) == [MADRID]
    assert super_value(session, "carto.H3_COMPACT(ARRAY())") == []


def test_sql_and_lambda_agree_on_what_a_cell_is(session):
    """Redshift's function decides in SQL, ours in Lambda: about bits of cells turned round."""
    for bit in range(64):
        number = MADRID ^ 1 << bit
        number -= (number >> 63) << 64
        literal = str(number) if number > -(2**63) else "-9223372036854775807 - 1"
        try:
            known = super_value(session, f"carto.H3_KRING({literal}, 0)") == [number]
        except RedshiftError:
            known = False
        assert value(session, f"carto.H3_ISVALID({literal})") is known


# --- polyfill ---------------------------------------------------------------------------------------------------------

AREA = "POLYGON((-3.8 40.3, -3.5 40.3, -3.55 40.6, -3.7 40.45, -3.8 40.3))"


def fill(session, geometry, resolution=7, mode=None):
    call = f"H3_POLYFILL({geometry}, {resolution})"
    if mode:
        call = f"H3_POLYFILL_MODE({geometry}, {resolution}, '{mode}')"
    return super_value(session, f"carto.{call}")


def test_polyfill_has_one_answer_under_all_its_names(session):
    geometry = f"ST_GeomFromText('{AREA}', 4326)"
    center = fill(session, geometry)
    ring = [(-3.8, 40.3), (-3.5, 40.3), (-3.55, 40.6), (-3.7, 40.45)]
    library = h3.h3shape_to_cells(h3.LatLngPoly([(y, x) for x, y in ring]), 7)
    assert center == [h3.int_to_str(cell) for cell in sorted(library)]
    assert super_value(session, f"carto.H3_POLYFILL_INT({geometry}, 7)") == sorted(library)
    for mode in ("center", "intersects", "contains"):
        found = fill(session, geometry, mode=mode)
        arguments = f"{geometry}, 7, '{mode}'"
        assert super_value(session, f"carto.H3_POLYFILL({arguments})") == found
        numbers = super_value(session, f"carto.H3_POLYFILL_INT({arguments})")
        assert [h3.int_to_str(cell) for cell in numbers] == found
    assert fill(session, geometry, mode="center") == center
    native = json.loads(value(session, f"H3_Polyfill({geometry}, 7)"))
    assert sorted(native) == sorted(library)


def test_polyfill_modes_agree_with_the_database(session):
    geometry = f"ST_GeomFromText('{AREA}', 4326)"
    modes = {
        mode: fill(session, geometry, mode=mode) for mode in ("contains", "center", "intersects")
    }
    assert set(modes["contains"]) < set(modes["center"]) < set(modes["intersects"])
    near = {cell for each in modes["intersects"] for cell in h3.grid_disk(int(each, 16), 1)}
    fill_table(session, "near", "t VARCHAR(16)", [(h3.int_to_str(cell),) for cell in near])
    columns = (
        f"t, ST_Contains({geometry}, carto.H3_BOUNDARY(t)),"
        f" ST_Contains({geometry}, carto.H3_CENTER(t)),"
        f" ST_Intersects({geometry}, carto.H3_BOUNDARY(t))"
    )
    found = select(session, columns, "near")
    assert len(found) == len(near)
    for cell, *expected in found:
        assert [cell in modes[mode] for mode in ("contains", "center", "intersects")] == expected


def test_polyfill_reads_srid_0_as_degrees_and_transforms_others(session):
    degrees = f"ST_GeomFromText('{AREA}', 4326)"
    expected = fill(session, degrees, 6, "intersects")
    assert len(expected) > 5
    assert fill(session, f"ST_GeomFromText('{AREA}')", 6, "intersects") == expected
    assert fill(session, f"ST_Transform({degrees}, 3857)", 6, "intersects") == expected


def test_polyfill_of_a_column_with_nulls(session):
    session.execute("CREATE TABLE areas (id INTEGER, geom GEOMETRY, z INTEGER, mode VARCHAR(12))")
    session.execute(
        f"INSERT INTO areas SELECT 1, ST_GeomFromText('{AREA}', 4326), 5, 'center' UNION ALL"
        " SELECT 2, NULL, 5, 'center' UNION ALL"
        " SELECT 3, ST_Point(1, 2), NULL, 'center' UNION ALL"
        " SELECT 4, ST_Point(1, 2), 16, 'intersects' UNION ALL"
        " SELECT 5, ST_Point(1, 2), 3, 'INTERSECTS' UNION ALL"
        " SELECT 6, ST_Point(1, 2), 3, NULL UNION ALL"
        " SELECT 7, ST_GeomFromText('POINT EMPTY', 4326), 3, 'intersects'"
    )
    found = dict(
        session.execute("SELECT id, carto.H3_POLYFILL_MODE(geom, z, mode) FROM areas").rows
    )
    assert len(json.loads(found.pop(1))) > 0
    point = h3.int_to_str(h3.latlng_to_cell(2, 1, 3))
    assert found == {2: None, 3: None, 4: None, 5: f'["{point}"]', 6: None, 7: "[]"}


# --- NULLs and what is no cell ----------------------------------------------------------------------------------------

NOT_CELLS = ("NULL", "''", "'madrid'", "'1'", "'84390cbfffffff'", "'084390cbffffffff'", "'-84390cbfffffff'",
             "'84390cbfffffffg'", "'115283473fffffff'", "'ffffffffffffffff'", "'84390cbffffffff '",
             "CAST(NULL AS BIGINT)", "0", "-1", "1", "9223372036854775807", "1248204388774707199")  # fmt: skip


@pytest.mark.parametrize("index", NOT_CELLS)
def test_what_is_no_cell_has_no_facts(session, index):
    own = str(MADRID) if "'" not in index and index != "NULL" else f"'{TEXT}'"
    nothing = [f"H3_{name}({index})" for name in ("CENTER", "BOUNDARY", "RESOLUTION")]
    nothing += [f"H3_{name}({index}, 4)" for name in ("TOPARENT", "TOCHILDREN")]
    nothing += [f"H3_DISTANCE({index}, {own})", f"H3_DISTANCE({own}, {index})"]
    untrue = [f"H3_{name}({index})" for name in ("ISVALID", "ISPENTAGON")]
    columns = ", ".join(f"carto.{call}" for call in nothing + untrue)
    (found,) = session.execute(f"SELECT {columns}").rows
    assert found == (None,) * len(nothing) + (False, False)
    for name in ("KRING", "KRING_DISTANCES", "HEXRING"):
        with pytest.raises(RedshiftError, match="Error processing row 0: Invalid input origin"):
            session.execute(f"SELECT carto.H3_{name}({index}, 1)")


@pytest.mark.parametrize("index", [f"'{TEXT}'", str(MADRID)])
@pytest.mark.parametrize("size", ["NULL", "-1"])
def test_rings_of_impossible_sizes_are_errors(session, index, size):
    for name in ("KRING", "KRING_DISTANCES", "HEXRING"):
        with pytest.raises(RedshiftError, match="Error processing row 0: Invalid input size"):
            session.execute(f"SELECT carto.H3_{name}({index}, {size})")


@pytest.mark.parametrize("index", [f"'{TEXT}'", str(MADRID)])
def test_families_at_impossible_resolutions_are_null(session, index):
    for resolution in ("NULL", "-1", "5", "16"):
        assert value(session, f"carto.H3_TOPARENT({index}, {resolution})") is None
    for resolution in ("NULL", "-1", "3", "16"):
        assert value(session, f"carto.H3_TOCHILDREN({index}, {resolution})") is None


@pytest.mark.parametrize(
    "arguments",
    [
        "NULL, 40.4, 4", "-3.7, NULL, 4", "-3.7, 40.4, NULL", "-3.7, 40.4, -1", "-3.7, 40.4, 16",
        "-3.7, 90.1, 4", "-3.7, -91, 4", "CAST('NaN' AS DOUBLE PRECISION), 0, 4",
        "0, CAST('NaN' AS DOUBLE PRECISION), 4", "CAST('Infinity' AS DOUBLE PRECISION), 0, 4",
        "0, CAST('-Infinity' AS DOUBLE PRECISION), 4",
    ],
)  # fmt: skip
def test_impossible_places_have_no_cell(session, arguments):
    assert value(session, f"carto.H3_FROMLONGLAT({arguments})") is None
    assert value(session, f"carto.H3_FROMLONGLAT_INT({arguments})") is None


@pytest.mark.parametrize(
    "geometry",
    [
        "NULL", "ST_GeomFromText('POINT EMPTY', 4326)", "ST_GeomFromText('LINESTRING(0 0, 1 1)')",
        "ST_GeomFromText('MULTIPOINT((0 0))', 4326)", "ST_Point(0, 91)",
    ],
)  # fmt: skip
def test_geometries_that_are_no_points_have_no_cell(session, geometry):
    for name in ("H3_FROMGEOGPOINT", "H3_FROMGEOPOINT", "H3_FROMGEOGPOINT_INT"):
        assert value(session, f"carto.{name}({geometry}, 4)") is None


def test_conversions_of_other_indexes(session):
    edge = 0x115283473FFFFFFF
    assert value(session, f"carto.H3_STRING_TOINT('{edge:x}')") == edge
    assert value(session, f"carto.H3_INT_TOSTRING({edge})") == f"{edge:x}"
    assert value(session, "carto.H3_STRING_TOINT('ff')") == 255
    for text in (
        "NULL",
        "''",
        "'0x1'",
        "'-1'",
        "' 1'",
        "'8000000000000000'",
        "'11528347300000000'",
    ):
        assert value(session, f"carto.H3_STRING_TOINT({text})") is None
    assert value(session, "carto.H3_INT_TOSTRING(NULL)") is None


def test_sets_with_nulls_and_what_is_no_cell(session):
    assert value(session, "carto.H3_COMPACT(NULL)") is None
    assert value(session, "carto.H3_UNCOMPACT(NULL, 3)") is None
    assert value(session, "carto.H3_UNCOMPACT(ARRAY(), NULL)") is None
    with pytest.raises(RedshiftError, match="Invalid input cell: 'madrid'"):
        session.execute("SELECT carto.H3_COMPACT(ARRAY('madrid'))")
    with pytest.raises(RedshiftError, match="should be between 4"):
        session.execute(f"SELECT carto.H3_UNCOMPACT(ARRAY('{TEXT}'), 3)")


# --- Redshift's own functions, as the sandbox has them ----------------------------------------------------------------


def test_native_functions_are_those_of_the_library(session):
    assert value(session, f"H3_IsValid({MADRID})") is True
    assert value(session, f"pg_catalog.H3_Resolution({MADRID})") == 4
    assert value(session, "H3_FromLongLat(-3.7038, 40.4168, 4)") == MADRID
    assert value(session, "H3_FromPoint(ST_Point(-3.7038, 40.4168), 4)") == MADRID
    assert value(session, f"H3_ToParent({MADRID}, 3)") == h3.cell_to_parent(MADRID, 3)
    children = super_value(session, f"H3_ToChildren({MADRID}, 5)")
    assert sorted(children) == sorted(h3.cell_to_children(MADRID, 5))
    assert value(session, f"ST_SRID(H3_Center({MADRID}))") == 4326
    assert value(session, f"ST_NPoints(H3_Boundary({MADRID}))") == 7


@pytest.mark.parametrize(
    "call",
    [
        "H3_IsValid(NULL)", "H3_Resolution(NULL)", "H3_Center(NULL)", "H3_Boundary(NULL)",
        f"H3_ToParent({MADRID}, NULL)", "H3_ToChildren(NULL, 3)", "H3_FromLongLat(NULL, 0, 3)",
        "H3_FromPoint(NULL, 3)", "H3_Polyfill(NULL, 3)",
    ],
)  # fmt: skip
def test_native_functions_of_null_are_null(session, call):
    assert value(session, call) is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("H3_Resolution(5)", "H3_Resolution: 5 is not a valid H3 cell"),
        ("H3_Center(5)", "H3_Center: 5 is not a valid H3 cell"),
        ("H3_Boundary(-1)", "H3_Boundary: -1 is not a valid H3 cell"),
        ("H3_ToParent(5, 3)", "H3_ToParent: 5 is not a valid H3 cell"),
        (f"H3_ToParent({MADRID}, 5)", "H3_ToParent: invalid resolution 5"),
        (f"H3_ToChildren({MADRID}, 3)", "H3_ToChildren: invalid resolution 3"),
        ("H3_FromLongLat(0, 0, 16)", "H3_FromLongLat: invalid resolution 16"),
        ("H3_FromLongLat(CAST('NaN' AS FLOAT), 0, 1)", "H3_FromLongLat: invalid coordinates"),
        ("H3_FromPoint(ST_Point(0, 0), -1)", "H3_FromPoint: invalid resolution -1"),
        ("H3_FromPoint(ST_MakeEnvelope(0, 0, 1, 1), 1)", "H3_FromPoint: expected POINT"),
        ("H3_Polyfill(ST_Point(0, 0), 1)", "H3_Polyfill of anything but polygons is not supported"),
        ("H3_Polyfill(ST_MakeEnvelope(0, 0, 1, 1), 16)", "H3_Polyfill: invalid resolution 16"),
    ],
)
def test_native_functions_fail_for_what_is_no_cell(session, call, message):
    with pytest.raises(RedshiftError, match=message):
        session.execute(f"SELECT {call}")
