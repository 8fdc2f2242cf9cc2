"""What the engine assumes of DuckDB and its spatial extension: a new version that differs shows here first."""

from importlib.metadata import version

import duckdb
import pyarrow as pa
import pytest

from carto_at_installer.sandbox.engine import storage


@pytest.fixture
def connection():
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    connection.execute(f"LOAD '{storage._spatial_extension()}'")
    connection.execute("ATTACH ':memory:' AS redshift (STORAGE_VERSION 'v1.5.0')")
    connection.execute("USE redshift")
    yield connection
    connection.close()


def one(connection, sql):
    return connection.execute(sql).fetchone()[0]


def test_duckdb_and_spatial_are_one_pair():
    assert version("duckdb") == version("duckdb-extension-spatial")
    assert storage._spatial_extension().is_file()


def test_typed_macros_are_strict(connection):
    connection.execute('CREATE MACRO "f(bigint)"(p1 BIGINT) AS p1 + 1')
    assert one(connection, 'SELECT "f(bigint)"(1::INTEGER)') == 2
    for argument in ("1.5::DOUBLE", "'1'", "true"):
        with pytest.raises(duckdb.BinderException, match="does not support the supplied arguments"):
            connection.execute(f'SELECT "f(bigint)"({argument})')


def test_a_lambda_over_a_list_of_one_computes_its_input_once(connection):
    calls = []

    def count(values):
        calls.append(len(values))
        return values

    connection.create_function(
        "counted", count, ["BIGINT"], "BIGINT", type="arrow", null_handling="special"
    )
    sql = "SELECT sum(list_transform([struct_pack(a := counted(i))], lambda v: v.a + v.a)[1]) FROM range(5000) t(i)"
    assert one(connection, sql) == 5000 * 4999
    assert sum(calls) == 5000


def test_arrow_functions_get_at_most_2048_rows(connection):
    sizes = []

    def measure(values):
        sizes.append(len(values))
        return pa.array(values)

    connection.create_function(
        "measured", measure, ["BIGINT"], "BIGINT", type="arrow", null_handling="special"
    )
    connection.execute("SELECT sum(measured(i)) FROM range(10000) t(i)").fetchall()
    assert max(sizes) == 2048


def test_macros_are_rolled_back(connection):
    connection.execute("CREATE MACRO m() AS 1")
    connection.execute("BEGIN")
    connection.execute("CREATE OR REPLACE MACRO m() AS 2")
    connection.execute("CREATE MACRO n() AS 3")
    connection.execute("ROLLBACK")
    assert one(connection, "SELECT m()") == 1
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT n()")


def test_session_variables_belong_to_a_cursor(connection):
    first, second = connection.cursor(), connection.cursor()
    first.execute("SET VARIABLE rs_user = 'a'")
    second.execute("SET VARIABLE rs_user = 'b'")
    assert one(first, "SELECT getvariable('rs_user')") == "a"


def test_integer_division_and_division_by_zero(connection):
    connection.execute("SET GLOBAL integer_division = true")
    assert connection.execute("SELECT 7 / 2, 1 / 0, 1.0::DOUBLE / 0").fetchone() == (3, None, None)


def test_json_arrays_carry_bigints_and_dates(connection):
    sql = "SELECT CAST(json_array(9223372036854775807, 0.1::DOUBLE, DATE '2024-01-02', NULL, 'a\"b') AS VARCHAR)"
    assert one(connection, sql) == '[9223372036854775807,0.1,"2024-01-02",null,"a\\"b"]'


def test_json_keeps_the_order_of_keys(connection):
    assert (
        one(connection, """SELECT CAST(json('{"b": 1, "a": [1, 2]}') AS VARCHAR)""")
        == '{"b":1,"a":[1,2]}'
    )


def test_geometries_are_iso_wkb_and_read_ewkb(connection):
    assert one(connection, "SELECT ST_AsHexWKB(ST_GeomFromText('POINT Z (1 2 3)'))").startswith(
        "01E9030000"
    )
    ewkb = "0101000020E6100000000000000000F03F0000000000000040"
    assert one(connection, f"SELECT ST_AsText(ST_GeomFromHEXEWKB('{ewkb}'))") == "POINT (1 2)"


def test_coordinates_are_longitude_first_when_asked(connection):
    sql = "SELECT ST_X(ST_Transform(ST_Point(1, 2), 'EPSG:4326', 'EPSG:3857', always_xy := true))"
    assert one(connection, sql) == pytest.approx(111319.4907932736, rel=1e-12)


def test_types_are_named_as_the_engine_reads_them(connection):
    connection.execute("SELECT 1, 1::HUGEINT, json('1'), {'srid': 1, 'g': ST_Point(1, 2)}, 'a'")
    kinds = [str(column[1]) for column in connection.description]
    assert kinds == ["INTEGER", "HUGEINT", "JSON", "STRUCT(srid INTEGER, g GEOMETRY)", "VARCHAR"]


@pytest.mark.parametrize(
    ("sql", "start"),
    [
        (
            "SELECT 9223372036854775807 + 1::BIGINT",
            "Out of Range Error: Overflow in addition of INT64",
        ),
        ("SELECT 'x'::INTEGER", "Conversion Error: Could not convert string 'x' to INT32"),
        ("SELECT nothing FROM range(1)", 'Binder Error: Referenced column "nothing" not found'),
        ("SELECT * FROM nothing", "Catalog Error: Table with name nothing does not exist!"),
        ("SELECT error('boo')", "Invalid Input Error: boo"),
    ],
)
def test_error_texts(connection, sql, start):
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(sql)
    assert str(caught.value).startswith(start)
