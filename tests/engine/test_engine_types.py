import pytest

from carto_at_installer.sandbox.engine.data_types import from_duckdb, parse_type
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError


@pytest.mark.parametrize(
    ("text", "declared", "duckdb"),
    [
        ("INT8", "bigint", "BIGINT"),
        ("double  precision", "double precision", "DOUBLE"),
        ("FLOAT", "double precision", "DOUBLE"),
        ("float(24)", "real", "FLOAT"),
        ("VARCHAR", "character varying(256)", "VARCHAR"),
        ("varchar(max)", "character varying(65535)", "VARCHAR"),
        ("character varying(10)", "character varying(10)", "VARCHAR"),
        ("CHAR", "character(1)", "VARCHAR"),
        ("decimal", "numeric(18,0)", "DECIMAL(18,0)"),
        ("NUMERIC(10, 3)", "numeric(10,3)", "DECIMAL(10,3)"),
        ("timestamp without time zone", "timestamp without time zone", "TIMESTAMP"),
        ("TIMESTAMPTZ", "timestamp with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("SUPER", "super", "JSON"),
        ("geometry", "geometry", "STRUCT(srid INTEGER, g GEOMETRY)"),
    ],
)
def test_types_are_read_in_every_spelling(text, declared, duckdb):
    kind = parse_type(text)
    assert (kind.declared, kind.duckdb) == (declared, duckdb)
    assert parse_type(kind.declared) == kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strange", 'type "strange" does not exist'),
        ("varchar(65536)", "length for type character varying must be between 1 and 65535"),
        ("varchar(0)", "must be between 1 and 65535"),
        ("decimal(39)", "DECIMAL precision 39 must be between 1 and 38"),
        ("decimal(5,6)", "DECIMAL scale 6 must be between 0 and precision 5"),
        ("bigint(3)", 'type modifier is not allowed for type "bigint"'),
    ],
)
def test_wrong_types_are_named(text, message):
    with pytest.raises(RedshiftError) as caught:
        parse_type(text)
    assert message in str(caught.value)


def test_types_that_redshift_has_and_the_sandbox_not_are_refused_by_name():
    with pytest.raises(UnsupportedSqlError, match="HLLSKETCH"):
        parse_type("hllsketch")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("BIGINT", "int8"),
        ("HUGEINT", "numeric"),
        ("DECIMAL(4,1)", "numeric"),
        ("JSON", "super"),
        ("JSON[]", "super"),
        ("STRUCT(srid INTEGER, g GEOMETRY)", "geometry"),
        ("TIMESTAMP WITH TIME ZONE", "timestamptz"),
    ],
)
def test_result_types(text, short):
    assert from_duckdb(text).typname == short


def test_a_result_type_that_redshift_has_not_is_refused():
    with pytest.raises(UnsupportedSqlError, match="INTERVAL"):
        from_duckdb("INTERVAL")
