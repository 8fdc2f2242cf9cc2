"""What the engine accepts of a parsed statement, and how Redshift names the columns of a result."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from carto_at_installer.sandbox.engine.data_types import parse_type
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

_KNOWN: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Add, exp.Alias, exp.Aliases, exp.All, exp.And, exp.Anonymous, exp.Any, exp.AtIndex, exp.AtTimeZone,
        exp.Between, exp.BitwiseAnd, exp.BitwiseLeftShift, exp.BitwiseNot, exp.BitwiseOr,
        exp.BitwiseRightShift, exp.BitwiseXor, exp.Boolean, exp.Bracket, exp.CTE, exp.Case, exp.Cast,
        exp.Column, exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentUser, exp.DPipe, exp.DataType,
        exp.DataTypeParam, exp.Delete, exp.Distinct, exp.Div, exp.Dot, exp.EQ, exp.Escape, exp.Except,
        exp.Exists, exp.Extract, exp.From, exp.GT, exp.GTE, exp.Group, exp.Having, exp.ILike, exp.Identifier,
        exp.If, exp.In, exp.Insert, exp.Intersect, exp.Interval, exp.Is, exp.Join, exp.LT, exp.LTE, exp.Like,
        exp.Limit, exp.Literal, exp.Mod, exp.Mul, exp.NEQ, exp.Neg, exp.Not, exp.Null, exp.NullSafeEQ,
        exp.NullSafeNEQ, exp.Offset, exp.Or, exp.Order, exp.Ordered, exp.Paren, exp.Pow,
        exp.Qualify, exp.RegexpLike, exp.Select, exp.SessionUser, exp.SimilarTo, exp.Star, exp.StrPosition,
        exp.Sub, exp.Subquery, exp.Substring, exp.Table, exp.TableAlias, exp.Trim, exp.TryCast, exp.Tuple,
        exp.Union, exp.Unnest, exp.Update, exp.Values, exp.Var, exp.Where, exp.Window, exp.WindowSpec, exp.With,
        exp.WithinGroup, exp.Schema, exp.Sqrt, exp.Cbrt, exp.Abs, exp.Returning,
    }
)  # fmt: skip
_SELECT_PARTS = frozenset(
    {
        "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "with_",
        "distinct", "qualify", "kind", "hint", "operation_modifiers",
    }
)  # fmt: skip


def check_node(node: exp.Expr) -> None:
    """Raise UnsupportedSqlError for a construct that the engine does not know, naming it."""
    if type(node) not in _KNOWN:
        raise UnsupportedSqlError(
            f"{node.key.upper()} is not supported by the sandbox: {node.sql('redshift')[:200]}"
        )
    if isinstance(node, exp.Select):
        given = {key for key, value in node.args.items() if value}
        if "into" in given:
            raise UnsupportedSqlError(
                "INTO in this place is not supported by the sandbox: use CREATE TABLE AS"
            )
        distinct = node.args.get("distinct")
        if isinstance(distinct, exp.Distinct) and distinct.args.get("on"):
            raise RedshiftError('syntax error at or near "ON"')
        if unknown := given - _SELECT_PARTS:
            raise UnsupportedSqlError(
                f"{', '.join(sorted(unknown)).upper()} in a SELECT is not supported by the sandbox"
            )
    if isinstance(node, (exp.Insert, exp.Delete, exp.Update)) and node.args.get("returning"):
        raise RedshiftError('syntax error at or near "RETURNING"')
    if isinstance(node, exp.Table):
        extra = {k for k, v in node.args.items() if v} - {"this", "db", "catalog", "alias", "joins"}
        if extra:
            raise UnsupportedSqlError(
                f"{', '.join(sorted(extra)).upper()} of a table is not supported by the sandbox"
            )


def name_projections(tree: exp.Expr) -> None:
    """Give every column of a SELECT that has no name the one that Redshift would show."""
    for select in tree.find_all(exp.Select):
        for projection in list(select.expressions):
            if isinstance(projection, (exp.Alias, exp.Aliases, exp.Star)) or projection.is_star:
                continue
            if isinstance(projection, exp.Column) and not projection.table:
                continue  # It has its own name, and DuckDB's message for an unknown one is better without an alias.
            name = projection_name(projection)
            projection.replace(exp.alias_(projection.copy(), name, quoted=True))


_UNNAMED = "?column?"
_FIXED: dict[type[exp.Expr], str] = {
    exp.Case: "case",
    exp.Extract: "date_part",
    exp.Substring: "substring",
    exp.StrPosition: "position",
    exp.Trim: "btrim",
    exp.CurrentDate: "date",
    exp.CurrentTimestamp: "sysdate",
    exp.CurrentUser: "current_user",
    exp.SessionUser: "session_user",
    exp.Exists: _UNNAMED,
}


def projection_name(node: exp.Expr) -> str:
    """The name of an unnamed result column: the column's, the function's, or `?column?`."""
    if type(node) in _FIXED:
        return _FIXED[type(node)]
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    if isinstance(node, exp.Cast):
        inner = projection_name(node.this)
        return inner if inner != _UNNAMED else parse_type(node.to.sql("redshift")).typname
    inside = _named_part(node)
    if inside is None:
        return str(node.name) if isinstance(node, (exp.Column, exp.Identifier)) else _UNNAMED
    return str(inside.alias) if isinstance(inside, exp.Alias) else projection_name(inside)


def _named_part(node: exp.Expr) -> exp.Expr | None:
    """The part of an expression that gives it its name."""
    part: Any = None
    if isinstance(node, (exp.Window, exp.WithinGroup, exp.Paren, exp.Bracket)):
        part = node.this
    elif isinstance(node, exp.Dot):
        part = node.expression
    elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select):
        part = node.this.expressions[0]
    return part if isinstance(part, exp.Expr) else None
