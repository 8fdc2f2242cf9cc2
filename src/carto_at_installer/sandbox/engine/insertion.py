"""What INSERT and UPDATE do with texts for SUPER and GEOMETRY columns.

A text is stored in a SUPER as the string it is, not parsed; for a GEOMETRY it is hexadecimal EWKB or EWKT. DuckDB's own
casts would do otherwise, so the values are converted before they get there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine.data_types import from_duckdb
from carto_at_installer.sandbox.engine.navigation import shim
from carto_at_installer.sandbox.engine.special import call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carto_at_installer.sandbox.engine.names import Names

_CONVERTED = frozenset({"super", "geometry"})


def converted_columns(names: Names, statement: exp.Expr) -> dict[str, str]:
    """The SUPER and GEOMETRY columns of the table that a statement changes: name and type; of all columns in order."""
    target = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    if not isinstance(target, exp.Table):
        return {}
    found = names.columns(tuple(part.name for part in target.parts))
    kinds = {name: kind.name for name, kind in found}
    return kinds if _CONVERTED & set(kinds.values()) else {}


def convert_insert(names: Names, insert: exp.Insert, kinds: Mapping[str, str]) -> None:
    """Convert the texts that an INSERT (in DuckDB's form) gives to SUPER and GEOMETRY columns."""
    given = insert.this.expressions if isinstance(insert.this, exp.Schema) else []
    columns = [column.name for column in given] or list(kinds)
    wanted = [kinds.get(name, "") for name in columns]
    source = insert.expression
    if isinstance(source, exp.Values):
        for row in source.expressions:
            if isinstance(row, exp.Tuple):
                row.set("expressions", _converted(row.expressions, wanted))
    elif isinstance(source, exp.Query):
        insert.set("expression", _converted_query(names, source, wanted))


def convert_update(update: exp.Update, kinds: Mapping[str, str]) -> None:
    """Convert the literal texts that an UPDATE assigns to such columns."""
    for assignment in update.expressions:
        if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
            wanted = [kinds.get(assignment.this.name, "")]
            assignment.set("expression", _converted([assignment.expression], wanted)[0])


def _converted(values: Sequence[exp.Expr], wanted: Sequence[str]) -> list[exp.Expr]:
    kinds = [*wanted, *[""] * (len(values) - len(wanted))]
    return [
        _from_text(value.copy(), kind) if _is_text(value) and kind in _CONVERTED else value
        for value, kind in zip(values, kinds, strict=False)
    ]


def _is_text(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and bool(value.is_string)


def _from_text(value: exp.Expr, kind: str) -> exp.Expr:
    return call("to_json", value) if kind == "super" else shim("geometry_of", value)


def _converted_query(names: Names, query: exp.Query, wanted: Sequence[str]) -> exp.Expr:
    text = query.sql("duckdb", identify=True)
    types = [from_duckdb(kind) for _, kind in names.describe(text)]
    places = [
        index
        for index, (kind, goal) in enumerate(zip(types, wanted, strict=False))
        if kind.textual and goal in _CONVERTED
    ]
    if not places:
        return query
    labels = [f"c{index}" for index in range(len(types))]
    columns = [exp.column(label, quoted=True) for label in labels]
    outer = exp.Select(
        expressions=[
            _from_text(column, wanted[index]) if index in places else column
            for index, column in enumerate(columns)
        ]
    )
    alias = exp.TableAlias(
        this=exp.to_identifier("given", quoted=True),
        columns=[exp.to_identifier(label, quoted=True) for label in labels],
    )
    return outer.from_(exp.Subquery(this=query, alias=alias))
