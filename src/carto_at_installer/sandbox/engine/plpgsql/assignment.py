"""Gives variables their values: evaluates expressions in the engine and converts to the variable's type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.engine.data_types import MAX_VARCHAR, RsType, parse_type
from carto_at_installer.sandbox.engine.plpgsql.variables import (
    Variable,
    check_length,
    column_type,
    typed_literal,
)
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.sandbox.engine.plpgsql.tree import Declaration
    from carto_at_installer.sandbox.engine.plpgsql.variables import Scope
    from carto_at_installer.sandbox.engine.results import ResultSet
    from carto_at_installer.sandbox.engine.session import Session


class Assigner:
    """Assignments of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def expression(
        self, variable: Variable, text: str, scope: Scope, *, first: bool = False
    ) -> None:
        """Assign an expression; `first` is the initial value, which a CONSTANT takes."""
        value, kind = self._answer(text, scope)
        self.value(variable, value, kind, first=first)

    def evaluated(self, text: str, kind: RsType, scope: Scope) -> Any:
        """The value of an expression as a value of `kind`."""
        return self._converted(*self._answer(text, scope), kind)

    def _answer(self, text: str, scope: Scope) -> tuple[Any, RsType]:
        result = self._session.inner(f"SELECT {scope.fill_in(text)}")
        if result is None or len(result.columns) != 1:
            raise RedshiftError(f"syntax error: an expression has one value: {text}")
        if len(result.rows) > 1:
            raise RedshiftError("query returned more than one row")
        value = result.rows[0][0] if result.rows else None
        return value, column_type(result.columns[0])

    def value(self, variable: Variable, value: Any, kind: RsType, *, first: bool = False) -> None:
        """Assign a value of a type."""
        if variable.constant and not first:
            raise RedshiftError(f'"{variable.name}" is declared CONSTANT')
        if variable.type is None:
            raise RedshiftError(f'cannot assign a single value to the record "{variable.name}"')
        new = self._converted(value, kind, variable.type)
        if new is None and variable.required:
            raise RedshiftError(
                f'null value cannot be assigned to variable "{variable.name}" declared NOT NULL'
            )
        variable.value = new

    def _converted(self, value: Any, kind: RsType, wanted: RsType) -> Any:
        if value is None:
            return None
        if kind.textual and wanted.name == "character varying":
            check_length(value, wanted)
            return value
        if kind == wanted and not wanted.textual:
            return value
        goal = (
            RsType(wanted.name, length=MAX_VARCHAR)
            if wanted.name == "character varying"
            else wanted
        )
        source = typed_literal(Variable("", kind, value))
        result = self._session.inner(f"SELECT CAST({source} AS {goal.declared})")
        new = result.rows[0][0] if result else None
        check_length(new, wanted)
        return new

    def row(
        self, targets: Sequence[str], result: ResultSet, row: tuple[Any, ...], scope: Scope
    ) -> None:
        """Assign a row: to a record as a whole, or column by column; columns that are missing give NULL."""
        kinds = [column_type(column) for column in result.columns]
        first = scope.need(targets[0])
        if first.type is None:
            if len(targets) > 1:
                raise RedshiftError(f'the record "{first.name}" takes the whole row')
            columns = zip(result.columns, kinds, row, strict=True)
            first.fields = {c.name: Variable(c.name, kind, value) for c, kind, value in columns}
            return
        for index, name in enumerate(targets):
            value, kind = (row[index], kinds[index]) if index < len(row) else (None, kinds[0])
            self.value(scope.need(name), value, kind)


def declared_variable(session: Session, declaration: Declaration, scope: Scope) -> Variable:
    """The variable of a declaration, without its value."""
    words = declaration.type.lower()
    kind: RsType | None
    if words == "record":
        kind = None
    elif words.endswith("%rowtype"):
        raise UnsupportedSqlError("%ROWTYPE is not supported by the sandbox: use RECORD")
    elif words.endswith("%type"):
        kind = _type_like(session, words.removesuffix("%type").strip(), scope)
    else:
        kind = declared_type(declaration.type)
    return Variable(
        declaration.name, kind, None, constant=declaration.constant, required=declaration.required
    )


def declared_type(text: str) -> RsType:
    """A type of a variable or argument. Raises UnsupportedSqlError for a cursor."""
    if text.strip().lower() == "refcursor":
        raise UnsupportedSqlError("the type REFCURSOR is not supported by the sandbox")
    return parse_type(text)


def _type_like(session: Session, text: str, scope: Scope) -> RsType | None:
    parts = tuple(part.strip().strip('"') for part in text.split("."))
    if len(parts) == 1:
        return scope.need(parts[0]).type
    schema, name, _ = session.names.relation(parts[:-1])
    row = session.connection.execute(
        f"SELECT c.type FROM {SCHEMA}.columns c JOIN {SCHEMA}.relations r ON r.oid = c.relation_oid"
        " WHERE r.schema_name = ? AND r.name = ? AND c.name = ?",
        [schema, name, parts[-1]],
    ).fetchone()
    if row is None:
        raise RedshiftError(f'column "{parts[-1]}" of "{name}" does not exist')
    return parse_type(row[0])
