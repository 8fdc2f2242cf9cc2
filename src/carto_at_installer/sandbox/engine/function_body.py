"""Compiles the body of a SQL function: one SELECT of one expression over $1, $2...

Redshift puts the expression in place of the call. A DuckDB macro does too, and computes an argument as often as the
body names it, which grows exponentially when functions are nested; arguments named more than once are therefore bound
first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine.casts import cast_to
from carto_at_installer.sandbox.engine.data_types import MAX_VARCHAR
from carto_at_installer.sandbox.engine.parser import parse
from carto_at_installer.sandbox.engine.transpile import Transpiler
from carto_at_installer.sandbox.errors import RedshiftError
from carto_at_installer.sql.statements import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.sandbox.engine.data_types import RsType
    from carto_at_installer.sandbox.engine.function_grammar import FunctionDefinition
    from carto_at_installer.sandbox.engine.names import Names

_BOUND = "rs_arguments"
_FORBIDDEN = {
    "from_": "FROM", "joins": "FROM", "into": "INTO", "where": "WHERE", "group": "GROUP BY",
    "having": "HAVING", "order": "ORDER BY", "limit": "LIMIT", "offset": "OFFSET", "with_": "WITH",
    "distinct": "DISTINCT", "qualify": "QUALIFY",
}  # fmt: skip


def body_expression(definition: FunctionDefinition, names: Names) -> str:
    """The DuckDB expression over p1, p2... that a SQL function computes.

    Raises RedshiftError for a body that is not one SELECT of one expression, or that uses what does not exist.
    """
    types = [kind for _, kind in definition.arguments]
    value = _returned(body_tree(definition.body, types, names), definition.returns)
    return _bound(value, len(types))


def body_tree(body: str, types: Sequence[RsType], names: Names) -> exp.Expr:
    """The expression of a body in DuckDB's form, over columns p1, p2...; raises as `body_expression`."""
    holder = exp.Select(expressions=[exp.alias_(_single_expression(body), "result")])
    tree: exp.Expr = Transpiler(names, types).rewrite(holder).expressions[0].this
    return tree


def _single_expression(body: str) -> exp.Expr:
    statements = split(body)
    if len(statements) != 1:
        raise RedshiftError("The body of a SQL function must be one SELECT statement")
    tree = parse(statements[0])
    if not isinstance(tree, exp.Select):
        raise RedshiftError("The body of a SQL function must be a SELECT statement")
    for key, clause in _FORBIDDEN.items():
        if tree.args.get(key):
            raise RedshiftError(f"The body of a SQL function must not have the clause {clause}")
    if tree.find(exp.Subquery, exp.Exists):
        raise RedshiftError("The body of a SQL function must not have a subquery")
    if len(tree.expressions) != 1:
        raise RedshiftError("The body of a SQL function must return exactly one column")
    expression: exp.Expr = tree.expressions[0].unalias()
    return expression


def _returned(value: exp.Expr, kind: RsType) -> exp.Expr:
    if kind.name == "geometry":
        return value
    if kind.textual and kind.length >= MAX_VARCHAR:
        return exp.Cast(this=value, to=exp.DataType.build("VARCHAR"))
    return cast_to(value, kind)


def _bound(value: exp.Expr, count: int) -> str:
    uses = [column for column in value.find_all(exp.Column) if "parameter" in column.meta]
    times = Counter(column.meta["parameter"] for column in uses)
    if not times or max(times.values()) == 1:
        return value.sql("duckdb", identify=True)
    for column in uses:
        column.set("table", exp.to_identifier(_BOUND, quoted=True))
    fields = ", ".join(f"p{i} := p{i}" for i in range(1, count + 1) if i in times)
    text = value.sql("duckdb", identify=True)
    return f"list_transform([struct_pack({fields})], lambda {_BOUND}: {text})[1]"
