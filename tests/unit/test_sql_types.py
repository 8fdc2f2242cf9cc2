"""Type names: one canonical text for each, and what counts in a signature."""

import pytest

from carto_at_installer.sql.types import (
    TypeNameError,
    base_type,
    canonical_type,
    crosses_to_lambda,
    signature_key,
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("int", "INTEGER"),
        ("INT4", "INTEGER"),
        ("int8", "BIGINT"),
        ("float8", "DOUBLE PRECISION"),
        ("FLOAT", "DOUBLE PRECISION"),
        ("double   precision", "DOUBLE PRECISION"),
        ("float4", "REAL"),
        ("bool", "BOOLEAN"),
        ("varchar( max )", "VARCHAR(MAX)"),
        ("VARCHAR(65535)", "VARCHAR(65535)"),
        ("character varying(10)", "VARCHAR(10)"),
        ("char(3)", "CHAR(3)"),
        ("numeric(9, 2)", "DECIMAL(9,2)"),
        ("decimal", "DECIMAL(18,0)"),
        ("decimal(5)", "DECIMAL(5,0)"),
        ("timestamp without time zone", "TIMESTAMP"),
        ("super", "SUPER"),
        ("geometry", "GEOMETRY"),
        ("varbyte", "VARBYTE"),
    ],
)
def test_canonical_text(text, canonical):
    assert canonical_type(text) == canonical
    assert canonical_type(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("varchar", "means VARCHAR(256) in Redshift: write VARCHAR(MAX)"),
        ("char", "means CHAR(1) in Redshift"),
        ("text", "is not a Redshift type"),
        ("int(4)", "INTEGER takes no length"),
        ("varchar(0)", "between 1 and 65535"),
        ("varchar(70000)", "between 1 and 65535"),
        ("char(max)", "between 1 and 4096"),
        ("decimal(39)", "between 1 and 38"),
        ("decimal(3,4)", "at most its precision"),
        ("varchar(1,2)", "between 1 and 65535"),
        ("", "is not a Redshift type"),
        ("int; drop", "is not a Redshift type"),
    ],
)
def test_refused_with_a_reason(text, reason):
    with pytest.raises(TypeNameError) as caught:
        canonical_type(text)
    assert reason in str(caught.value)


def test_lengths_do_not_tell_signatures_apart():
    assert signature_key("F", ("VARCHAR(MAX)", "DECIMAL(9,2)")) == "f(varchar, decimal)"
    assert signature_key("f", ("VARCHAR(10)", "DECIMAL(3,0)")) == signature_key(
        "F", ("VARCHAR(MAX)", "DECIMAL(9,2)")
    )
    assert base_type("DOUBLE PRECISION") == "DOUBLE PRECISION"


@pytest.mark.parametrize(
    ("type_name", "crosses"),
    [
        ("BIGINT", True),
        ("VARCHAR(MAX)", True),
        ("DECIMAL(9,2)", True),
        ("TIMESTAMP", True),
        ("TIMESTAMPTZ", False),
        ("SUPER", False),
        ("GEOMETRY", False),
        ("VARBYTE", False),
    ],
)
def test_what_crosses_to_lambda(type_name, crosses):
    assert crosses_to_lambda(type_name) is crosses
