"""Turns Redshift's SQL into DuckDB's, node by node; whatever is not known here is refused by name.

The order matters: names of relations and SUPER paths first (they need the tree as it was written), then every other
node from the leaves up, FROM clauses before what stands on them, so that types can be asked of DuckDB on the way.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine import calls, navigation, special
from carto_at_installer.sandbox.engine.casts import cast_to, rewrite_cast
from carto_at_installer.sandbox.engine.navigation import shim
from carto_at_installer.sandbox.engine.nodes import check_node, name_projections
from carto_at_installer.sandbox.engine.parser import PARAMETER, parse
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carto_at_installer.sandbox.engine.data_types import RsType
    from carto_at_installer.sandbox.engine.names import Names

_FIRST = ("with_", "with", "from_", "from", "joins")
_ARITHMETIC = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.BitwiseAnd,
    exp.BitwiseOr,
    exp.BitwiseXor,
)
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
STATEMENTS = (exp.Select, exp.SetOperation, exp.Subquery, exp.Insert, exp.Update, exp.Delete)


class Scope:
    """Where an expression stands: enough to ask DuckDB for its type."""

    def __init__(self, node: exp.Expr, parameters: Sequence[RsType] = ()) -> None:
        self._node = node
        self._parameters = parameters

    def source(self, _: Sequence[exp.Expr]) -> str:
        """The FROM clause (already in DuckDB's form) that the expression's columns come from."""
        if self._parameters:
            columns = ", ".join(
                f"CAST(NULL AS {kind.duckdb}) AS p{index}"
                for index, kind in enumerate(self._parameters, 1)
            )
            return f"FROM (SELECT {columns})"
        select = self._node.find_ancestor(exp.Select)
        if select is None:
            return ""
        parts = [select.args.get("from_"), *(select.args.get("joins") or [])]
        return " ".join(part.sql("duckdb", identify=True) for part in parts if part)


class Transpiler:
    """Rewrites one statement, or the body of one SQL function whose parameters have the given types."""

    def __init__(self, names: Names, parameters: Sequence[RsType] = ()) -> None:
        self.names = names
        self.parameters = parameters

    def query(self, sql: str) -> str:
        """A whole statement (SELECT, INSERT, UPDATE, DELETE) as DuckDB text."""
        tree = parse(sql)
        if not isinstance(tree, STATEMENTS):
            raise UnsupportedSqlError(
                f"the statement {tree.key.upper()} is not supported by the sandbox"
            )
        name_projections(tree)
        if isinstance(tree, exp.Insert):
            self._check_identity(tree)
        return self.rewrite(tree).sql("duckdb", identify=True)

    def _check_identity(self, insert: exp.Insert) -> None:
        """Raise when a value is given for an IDENTITY column."""
        target = insert.this
        if not isinstance(target, exp.Schema) or not isinstance(target.this, exp.Table):
            return
        identities = self.names.identities(tuple(part.name for part in target.this.parts))
        for column in target.expressions:
            if column.name in identities:
                raise RedshiftError(f'cannot set an identity column to a value: "{column.name}"')

    def expression(self, sql: str) -> str:
        """One expression without columns, as DuckDB text."""
        tree = parse(f"SELECT {sql}")
        if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
            raise RedshiftError(f"syntax error in the expression {sql}")
        if column := tree.find(exp.Column):
            raise RedshiftError(f'column "{column.name}" does not exist')
        projection: exp.Expr = self.rewrite(tree).expressions[0]
        return projection.sql("duckdb", identify=True)

    def rewrite(self, tree: exp.Expr) -> exp.Expr:
        """The DuckDB tree of a Redshift tree."""
        for node in tree.walk():
            check_node(node)
            if isinstance(node, exp.Identifier) and node.name == SCHEMA:
                raise RedshiftError(f'schema "{SCHEMA}" does not exist')
        navigation.rewrite_unnests(tree)
        tree = navigation.rewrite_columns(tree)
        self._tables(tree)
        return self._visit(tree)

    def _tables(self, tree: exp.Expr) -> None:
        common = {cte.alias for cte in tree.find_all(exp.CTE)}
        for table in list(tree.find_all(exp.Table)):
            if table.meta.get("final"):
                continue
            if isinstance(table.this, exp.Anonymous):
                table.replace(_table_function(table))
                continue
            parts = tuple(part.name for part in table.parts)
            if len(parts) == 1 and parts[0] in common:
                continue
            self._relation(table, parts)

    def _relation(self, table: exp.Table, parts: tuple[str, ...]) -> None:
        found = [exp.to_identifier(name, quoted=True) for name in self.names.table_reference(parts)]
        if found[-1].name != parts[-1] and not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(parts[-1], quoted=True)))
        for key, part in itertools.zip_longest(("this", "db", "catalog"), reversed(found)):
            table.set(key, part)

    def _visit(self, node: exp.Expr) -> exp.Expr:
        keys = sorted(node.args, key=lambda key: key not in _FIRST)
        for key in keys:
            value = node.args[key]
            for child in list(value) if isinstance(value, list) else [value]:
                if isinstance(child, exp.Expr):
                    self._visit(child)
        if node.meta.get("final"):
            return node
        new = self._node(node)
        if new is node:
            return node
        if node.parent is not None:
            node.replace(new)
        return new

    def _node(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous):
            if isinstance(node.parent, exp.Dot) and node.arg_key == "expression":
                return node
            return calls.rewrite_call(node, None, self.names, self._scope(node))
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
            return self._qualified_call(node)
        if isinstance(node, exp.Column) and node.name.startswith(PARAMETER):
            return self._parameter(node)
        if isinstance(node, (exp.Cast, exp.TryCast)):
            return rewrite_cast(node)
        if isinstance(node, _ARITHMETIC):
            self._type_literals(node)
        rule = _RULES.get(type(node))
        return rule(node) if rule else node

    def _type_literals(self, node: exp.Binary) -> None:
        """In arithmetic with a number, a literal text (a parameter of the Data API) is a number of the same type."""
        for key, other in (("this", node.expression), ("expression", node.this)):
            side = node.args[key]
            if isinstance(side, exp.Literal) and side.is_string:
                kind = calls.argument_types([other], self.names, self._scope(node))[0]
                if kind is not None and kind.name in _NUMBERS:
                    node.set(key, cast_to(side, kind))

    def _scope(self, node: exp.Expr) -> Scope:
        return Scope(node, self.parameters)

    def _qualified_call(self, node: exp.Dot) -> exp.Expr:
        parts = tuple(part.name for part in node.this.flatten() if isinstance(part, exp.Identifier))
        if isinstance(node.this, exp.Dot):
            parts = (node.this.this.name, node.this.expression.name)
        elif isinstance(node.this, (exp.Identifier, exp.Column)):
            parts = (node.this.name,)
        if parts == (SCHEMA,):
            return node
        schema, _ = self.names.split((*parts, node.expression.name))
        return calls.rewrite_call(node.expression, schema, self.names, self._scope(node))

    def _parameter(self, node: exp.Column) -> exp.Expr:
        number = int(node.name[len(PARAMETER) :])
        if not 1 <= number <= len(self.parameters):
            raise RedshiftError(f"there is no parameter ${number}")
        column = exp.column(f"p{number}", quoted=True)
        column.meta["parameter"] = number
        return column


def _table_function(table: exp.Table) -> exp.Expr:
    call = table.this
    if str(call.this).lower() != "generate_series":
        raise UnsupportedSqlError(f"the table function {call.this} is not supported by the sandbox")
    alias = table.alias or "generate_series"
    given = table.args.get("alias")
    column = given.columns[0].name if isinstance(given, exp.TableAlias) and given.columns else alias
    series = exp.Anonymous(this="generate_series", expressions=call.expressions)
    values = special.cast(exp.Anonymous(this="unnest", expressions=[series]), "INTEGER")
    for part in (series, values.this, values):
        part.meta["final"] = True
    query = exp.Select(expressions=[exp.alias_(values, column, quoted=True)])
    return exp.Subquery(
        this=query, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    )


def _divisor(node: exp.Expr) -> exp.Expr:
    """The right side of a division, checked for zero; a literal that is not zero needs no check."""
    plain = node.unnest()
    if isinstance(plain, exp.Literal) and not plain.is_string and float(plain.name) != 0:
        return node
    name = "simple_divisor" if isinstance(plain, (exp.Column, exp.Literal)) else "divisor"
    return shim(name, node)


def _div(node: exp.Expr) -> exp.Expr:
    return exp.Div(this=node.this, expression=_divisor(node.expression), typed=False, safe=False)


def _mod(node: exp.Expr) -> exp.Expr:
    return exp.Mod(this=node.this, expression=_divisor(node.expression))


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
    return exp.Anonymous(this=call.this, expressions=arguments)


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Div: _div,
    exp.Mod: _mod,
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
