"""Casts: between Redshift's types, in DuckDB's words."""

from __future__ import annotations

import re

from sqlglot import exp

from carto_at_installer.sandbox.engine.data_types import MAX_VARCHAR, RsType, parse_type
from carto_at_installer.sandbox.engine.navigation import shim
from carto_at_installer.sandbox.errors import RedshiftError

_INTEGER_TEXT = re.compile(r"^\s*[+-]?\d+\s*$")
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_BYTES = frozenset({"from_hex", "st_asbinary", "st_asewkb"})


def rewrite_cast(node: exp.Cast | exp.TryCast) -> exp.Expr:
    """The DuckDB form of a CAST whose operand is in DuckDB's form already."""
    kind = parse_type(node.to.sql("redshift"))
    return cast_to(node.this, kind, attempt=isinstance(node, exp.TryCast))


def cast_to(value: exp.Expr, kind: RsType, *, attempt: bool = False) -> exp.Expr:
    """`value` as a value of `kind`; `attempt` gives NULL instead of an error where the text cannot be read."""
    if kind.textual:
        return _to_text(value, kind)
    if kind.name == "super":
        return exp.Anonymous(this="to_json", expressions=[value])
    if kind.name == "geometry":
        return shim("geometry_of", value)
    if kind.name in _INTEGERS and _shim_name(value) in _BYTES:
        value = shim("bigint_of_bytes", value)
    if kind.name in _INTEGERS and isinstance(value, exp.Literal) and value.is_string:
        _check_integer(value.name, kind)
    cls = exp.TryCast if attempt else exp.Cast
    return cls(this=value, to=exp.DataType.build(kind.duckdb, dialect="duckdb"))


def _shim_name(node: exp.Expr) -> str:
    node = node.unnest()
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
        return str(node.expression.this)
    return ""


def _check_integer(text: str, kind: RsType) -> None:
    if not _INTEGER_TEXT.match(text):
        name = "integer" if kind.name == "integer" else kind.name
        raise RedshiftError(f'invalid input syntax for {name}: "{text}"')


def _to_text(value: exp.Expr, kind: RsType) -> exp.Expr:
    is_literal = isinstance(value, exp.Literal) and value.is_string
    varchar = exp.DataType.build("VARCHAR")
    text = exp.Cast(this=value, to=varchar) if is_literal else shim("varchar_of", value)
    if isinstance(value, exp.Null):
        text = exp.Cast(this=value, to=varchar)
    if kind.length < MAX_VARCHAR:
        text = shim("cut", text, exp.Literal.number(kind.length))
    if kind.name == "character":
        blank = exp.Literal.string(" ")
        size = exp.Literal.number(kind.length)
        return exp.Anonymous(this="rpad", expressions=[text, size, blank])
    return text
