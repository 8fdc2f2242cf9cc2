"""Turns Redshift's SQL into DuckDB's, node by node; whatever is not known here is refused by name.

The order matters: names of relations and SUPER paths first (they need the tree as it was written), then every other
node from the leaves up, FROM clauses before what stands on them, so that types can be asked of DuckDB on the way.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine import arithmetic, calls, insertion, navigation, special
from carto_at_installer.sandbox.engine.casts import cast_to, rewrite_cast
from carto_at_installer.sandbox.engine.nodes import check_node, name_projections
from carto_at_installer.sandbox.engine.parser import PARAMETER, parse
from carto_at_installer.sandbox.engine.rules import RULES
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def common_tables(self) -> str:
        """The WITH clause (already in DuckDB's form) of what can be read where the expression stands, or nothing."""
        found: list[exp.CTE] = []
        inside: exp.Expr = self._node
        while (above := inside.parent) is not None:
            if isinstance(above, exp.With):
                found = [*above.expressions[: above.expressions.index(inside)], *found]
                inside = above.parent or above
                continue
            if (clause := above.args.get("with_")) is not None:
                found = [*clause.expressions, *found]
            inside = above
        return (
            f"WITH {', '.join(cte.sql('duckdb', identify=True) for cte in found)}" if found else ""
        )


class Transpiler:
    """Rewrites one statement, or the body of one SQL function whose parameters have the given types."""

    def __init__(self, names: Names, parameters: Sequence[RsType] = ()) -> None:
        self.names = names
        self.parameters = parameters

    def query(self, sql: str) -> str:
        """A whole statement (SELECT, INSERT, UPDATE, DELETE) as DuckDB text."""
        return duckdb_text(self.tree(sql))

    def tree(self, sql: str) -> exp.Expr:
        """A whole statement in DuckDB's form; calls of users' functions carry what is called."""
        tree = parse(sql)
        if not isinstance(tree, STATEMENTS):
            raise UnsupportedSqlError(
                f"the statement {tree.key.upper()} is not supported by the sandbox"
            )
        name_projections(tree)
        if isinstance(tree, exp.Insert):
            self._check_identity(tree)
        if not isinstance(tree, (exp.Insert, exp.Update)):
            return self.rewrite(tree)
        kinds = insertion.converted_columns(self.names, tree)
        changed = self.rewrite(tree)
        if kinds and isinstance(changed, exp.Insert):
            insertion.convert_insert(self.names, changed, kinds)
        elif kinds and isinstance(changed, exp.Update):
            insertion.convert_update(changed, kinds)
        return changed

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
        place = self.names.table_reference(parts, _privileges(table))
        found = [exp.to_identifier(name, quoted=True) for name in place]
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
            return self._plain_call(node)
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
            return self._qualified_call(node)
        if isinstance(node, exp.Column) and node.name.startswith(PARAMETER):
            return self._parameter(node)
        if isinstance(node, (exp.Cast, exp.TryCast)):
            return rewrite_cast(node)
        if isinstance(node, _ARITHMETIC):
            return self._arithmetic(node)
        return _by_rule(node)

    def _plain_call(self, node: exp.Anonymous) -> exp.Expr:
        if isinstance(node.parent, exp.Dot) and node.arg_key == "expression":
            return node  # Rewritten with its schema.
        return calls.rewrite_call(node, None, self.names, self._scope(node))

    def _arithmetic(self, node: exp.Binary) -> exp.Expr:
        """An operator, whose meaning may depend on the types of its operands."""
        self._type_literals(node)
        if special_form := arithmetic.on_super(node) or arithmetic.days_between(node):
            return special_form
        if isinstance(node, exp.Div) and not arithmetic.plainly_no_decimal(node):
            sides = [node.this, node.expression]
            kinds = calls.argument_types(sides, self.names, self._scope(node))
            if quotient := arithmetic.decimal_quotient(node, kinds):
                return quotient
        return _by_rule(node)

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


def duckdb_text(tree: exp.Expr) -> str:
    """The text of a tree in DuckDB's form."""
    return tree.sql("duckdb", identify=True)


def _by_rule(node: exp.Expr) -> exp.Expr:
    rule = RULES.get(type(node))
    return rule(node) if rule else node


def _privileges(table: exp.Table) -> tuple[str, ...]:
    """What a statement needs on a table: SELECT, unless the table is what DML changes."""
    node = table.parent if isinstance(table.parent, exp.Schema) else table
    statement = node.parent
    if not isinstance(statement, (exp.Insert, exp.Update, exp.Delete)) or node.arg_key != "this":
        return ("select",)
    if statement.args.get("where"):
        return (statement.key, "select")
    return (statement.key,)


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
