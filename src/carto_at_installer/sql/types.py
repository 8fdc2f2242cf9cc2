"""Redshift's type names: one canonical text for each type, and what may cross to Lambda.

Redshift identifies a function by the base types of its arguments: lengths and precisions are not part of the signature
("Creating user-defined functions", pg_proc). The types a Lambda function may take and return are the documented list of
"Creating a scalar Lambda UDF".
"""

from __future__ import annotations

import re

_ALIASES = {
    "SMALLINT": "SMALLINT",
    "INT2": "SMALLINT",
    "INTEGER": "INTEGER",
    "INT": "INTEGER",
    "INT4": "INTEGER",
    "BIGINT": "BIGINT",
    "INT8": "BIGINT",
    "DECIMAL": "DECIMAL",
    "NUMERIC": "DECIMAL",
    "REAL": "REAL",
    "FLOAT4": "REAL",
    "DOUBLE PRECISION": "DOUBLE PRECISION",
    "FLOAT8": "DOUBLE PRECISION",
    "FLOAT": "DOUBLE PRECISION",
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
    "CHAR": "CHAR",
    "CHARACTER": "CHAR",
    "NCHAR": "CHAR",
    "VARCHAR": "VARCHAR",
    "CHARACTER VARYING": "VARCHAR",
    "NVARCHAR": "VARCHAR",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMPTZ",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIME": "TIME",
    "TIME WITHOUT TIME ZONE": "TIME",
    "TIMETZ": "TIMETZ",
    "TIME WITH TIME ZONE": "TIMETZ",
    "SUPER": "SUPER",
    "GEOMETRY": "GEOMETRY",
    "GEOGRAPHY": "GEOGRAPHY",
    "HLLSKETCH": "HLLSKETCH",
    "VARBYTE": "VARBYTE",
    "VARBINARY": "VARBYTE",
    "BINARY VARYING": "VARBYTE",
}
LAMBDA_TYPES = frozenset(
    {
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "DECIMAL",
        "REAL",
        "DOUBLE PRECISION",
        "CHAR",
        "VARCHAR",
        "BOOLEAN",
        "DATE",
        "TIMESTAMP",
    }
)
"""Base types that a Lambda UDF may take and return."""

_MAX_LENGTH = {"CHAR": 4096, "VARCHAR": 65535, "VARBYTE": 1_024_000}
_MAX_PRECISION = 38
_PATTERN = re.compile(
    r"([A-Za-z][A-Za-z0-9 ]*?)\s*(?:\(\s*(MAX|\d+(?:\s*,\s*\d+)?)\s*\))?", re.IGNORECASE
)


class TypeNameError(ValueError):
    """Text that is not the name of a Redshift type; the message says why."""


def canonical_type(text: str) -> str:
    """The one text for a type: `int8` gives `BIGINT`, `varchar( max )` gives `VARCHAR(MAX)`.

    Raises TypeNameError for unknown names, for lengths out of bounds and for character types without a length: Redshift
    reads a bare VARCHAR as VARCHAR(256) and a bare CHAR as CHAR(1), which is never what is meant.
    """
    match = _PATTERN.fullmatch(" ".join(text.split()))
    base = _ALIASES.get(match[1].upper()) if match else None
    if match is None or base is None:
        raise TypeNameError(f"{text!r} is not a Redshift type")
    size = (match[2] or "").upper().replace(" ", "")
    if base == "DECIMAL":
        return _decimal(text, size)
    if base in _MAX_LENGTH:
        return _sized(text, base, size)
    if size:
        raise TypeNameError(f"{text!r}: {base} takes no length")
    return base


def _decimal(text: str, size: str) -> str:
    if not size:
        return "DECIMAL(18,0)"
    precision, _, scale = size.partition(",")
    if not precision.isdigit() or not 1 <= int(precision) <= _MAX_PRECISION:
        raise TypeNameError(f"{text!r}: the precision of DECIMAL is between 1 and {_MAX_PRECISION}")
    if int(scale or 0) > int(precision):
        raise TypeNameError(f"{text!r}: the scale of DECIMAL is at most its precision")
    return f"DECIMAL({int(precision)},{int(scale or 0)})"


def _sized(text: str, base: str, size: str) -> str:
    if size == "MAX" and base == "VARCHAR":
        return "VARCHAR(MAX)"
    if not size and base == "VARBYTE":
        return base
    if not size:
        default = 256 if base == "VARCHAR" else 1
        hint = "VARCHAR(MAX)" if base == "VARCHAR" else "CHAR(n)"
        raise TypeNameError(
            f"{text!r} without a length means {base}({default}) in Redshift: write {hint}"
        )
    if not size.isdigit() or not 1 <= int(size) <= _MAX_LENGTH[base]:
        raise TypeNameError(f"{text!r}: the length of {base} is between 1 and {_MAX_LENGTH[base]}")
    return f"{base}({int(size)})"


def base_type(type_name: str) -> str:
    """A canonical type without its length or precision: what counts in a function's signature."""
    return type_name.partition("(")[0].rstrip()


def catalog_type(text: str) -> str:
    """The base type that a catalog names (`character varying` gives `VARCHAR`); unknown ones as they are."""
    name = base_type(" ".join(text.split())).upper()
    return _ALIASES.get(name, name)


def crosses_to_lambda(type_name: str) -> bool:
    """Whether Redshift lets a Lambda function take or return this canonical type."""
    return base_type(type_name) in LAMBDA_TYPES


def signature_key(name: str, types: tuple[str, ...]) -> str:
    """What makes a function one object in a schema: `quadbin_kring(bigint, integer)`, without lengths, in lower case.

    `types` are canonical. Two functions with equal keys replace each other.
    """
    return f"{name}({', '.join(base_type(each) for each in types)})".lower()
