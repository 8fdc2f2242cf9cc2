"""What single nodes of a Redshift tree become in DuckDB: operators, keywords, and calls with a grammar of their own.

Each rule takes a node whose parts are in DuckDB's form already, and returns what stands in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine import calls, navigation, special
from carto_at_installer.sandbox.engine.navigation import shim
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Callable


def divisor(node: exp.Expr) -> exp.Expr:
    """The right side of a division, checked for zero; a literal that is not zero needs no check."""
    plain = node.unnest()
    if isinstance(plain, exp.Literal) and not plain.is_string and float(plain.name) != 0:
        return node
    name = "simple_divisor" if isinstance(plain, (exp.Column, exp.Literal)) else "divisor"
    return shim(name, node)


def _div(node: exp.Expr) -> exp.Expr:
    return exp.Div(this=node.this, expression=divisor(node.expression), typed=False, safe=False)


def _mod(node: exp.Expr) -> exp.Expr:
    return exp.Mod(this=node.this, expression=divisor(node.expression))


def _shift(name: str) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: shim(name, node.this, node.expression)


def _now(node: exp.Expr) -> exp.Expr:
    return shim("sysdate" if node.args.get("sysdate") else "getdate")


def _today(_: exp.Expr) -> exp.Expr:
    return special.cast(shim("getdate"), "DATE")


def _extract(node: exp.Expr) -> exp.Expr:
    return special.date_part(special.date_part_name(node.this), node.expression)


def _substring(node: exp.Expr) -> exp.Expr:
    start, length = node.args.get("start"), node.args.get("length")
    if start is None and length is None:
        raise RedshiftError("function substring with one argument does not exist")
    parts = [node.this, start or exp.Literal.number(1), length]
    return shim("substring", *(part for part in parts if part is not None))


def _position(node: exp.Expr) -> exp.Expr:
    if node.args.get("position") or node.args.get("occurrence"):
        raise RedshiftError("POSITION takes one text and the one to look for")
    return shim("strpos", node.this, node.args["substr"])


def _trim(node: exp.Expr) -> exp.Expr:
    function = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(
        node.args.get("position") or "", "trim"
    )
    arguments = [node.this, node.args.get("expression")]
    return special.call(function, *(each for each in arguments if each is not None))


def _user(_: exp.Expr) -> exp.Expr:
    return special.current_user()


def _column(node: exp.Expr) -> exp.Expr:
    if node.name == "default" and not node.args.get("table"):
        return exp.Var(this="DEFAULT")
    return node


def _window(node: exp.Expr) -> exp.Expr:
    """A window whose aggregate has another type in Redshift; a copy, because the old node is about to be replaced."""
    if calls.RESULT not in node.this.meta:
        return node
    return calls.typed_result(node.copy(), node.this)


def _compare(node: exp.Expr) -> exp.Expr:
    """A comparison of a SUPER path with a literal: as numbers, or as texts; other kinds of value are not equal."""
    for key, other in (("this", "expression"), ("expression", "this")):
        literal, path = node.args[key], node.args[other]
        if not isinstance(literal, exp.Literal) or not navigation.is_path(path):
            continue
        if literal.is_string:
            node.set(key, special.call("to_json", literal))
        else:
            decimal = exp.DataType.build("DECIMAL(38,10)", dialect="duckdb")
            text = shim("super_text", path)
            node.set(other, exp.TryCast(this=text, to=decimal))
    return node


def _like(node: exp.Expr) -> exp.Expr:
    """LIKE, where a backslash escapes although no ESCAPE was written."""
    pattern = node.expression
    plain = isinstance(pattern, exp.Literal) and "\\" not in pattern.name
    if plain or isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))


def _within_group(node: exp.Expr) -> exp.Expr:
    """`LISTAGG(x, ',') WITHIN GROUP (ORDER BY y)` and the percentiles: DuckDB puts the order inside."""
    call, order = node.this, node.expression
    if not isinstance(call, exp.Anonymous):
        raise UnsupportedSqlError("WITHIN GROUP is supported for LISTAGG and PERCENTILE_* only")
    if call.this in {"quantile_cont", "quantile_disc"}:
        ordered = order.expressions[0]
        if ordered.args.get("desc"):
            raise UnsupportedSqlError("a descending percentile is not supported by the sandbox")
        return exp.Anonymous(this=call.this, expressions=[ordered.this, *call.expressions])
    arguments = list(call.expressions)
    arguments[-1] = exp.Order(this=arguments[-1], expressions=order.expressions)
    aggregate = exp.Anonymous(this=call.this, expressions=arguments)
    return special.listagg_result(node, aggregate) if call.this == "string_agg" else aggregate


RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Div: _div,
    exp.Mod: _mod,
    exp.Cbrt: lambda node: shim("cbrt", node.this),
    exp.BitwiseLeftShift: _shift("shift_left"),
    exp.BitwiseRightShift: _shift("shift_right"),
    exp.CurrentTimestamp: _now,
    exp.CurrentDate: _today,
    exp.CurrentUser: _user,
    exp.SessionUser: _user,
    exp.Extract: _extract,
    exp.Substring: _substring,
    exp.StrPosition: _position,
    exp.Trim: _trim,
    exp.Column: _column,
    exp.WithinGroup: _within_group,
    exp.Window: _window,
    exp.Like: _like,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _compare),
    exp.ILike: _like,
}
