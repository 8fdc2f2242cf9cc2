"""Cursors of a procedure. The rows of a query are all fetched when it is opened, and handed out one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.plpgsql.variables import Variable
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.plpgsql.assignment import Assigner
    from carto_at_installer.sandbox.engine.plpgsql.tree import Declaration, Fetch
    from carto_at_installer.sandbox.engine.plpgsql.variables import Scope
    from carto_at_installer.sandbox.engine.results import ResultSet


@dataclass(slots=True)
class RowCursor:
    """A cursor: its query, empty for a REFCURSOR, and while it is open its rows and the place among them."""

    query: str
    result: ResultSet | None = None
    place: int = 0


def declared_cursor(declaration: Declaration) -> Variable:
    """The variable that stands for a cursor."""
    return Variable(declaration.name, None, RowCursor(declaration.default))


def named(scope: Scope, name: str) -> RowCursor:
    """The cursor of a name. Raises RedshiftError for what is none."""
    cursor = scope.need(name).value
    if not isinstance(cursor, RowCursor):
        raise RedshiftError(f'variable "{name}" must be of type cursor or refcursor')
    return cursor


def open_cursor(scope: Scope, name: str, result: ResultSet | None) -> None:
    """Open a cursor on what its query answered."""
    cursor = named(scope, name)
    if cursor.result is not None:
        raise RedshiftError(f'cursor "{name}" already in use')
    if result is None:
        raise RedshiftError("cannot open a cursor on a statement that is no query")
    cursor.result, cursor.place = result, 0


def fetch(scope: Scope, statement: Fetch, assign: Assigner) -> bool:
    """Assign the next row, or NULLs after the last one; returns whether there was one."""
    cursor = named(scope, statement.cursor)
    result = cursor.result
    if result is None:
        raise RedshiftError(f'cursor "{statement.cursor}" does not exist')
    found = cursor.place < len(result.rows)
    row = result.rows[cursor.place] if found else (None,) * len(result.columns)
    cursor.place += found
    assign.row(statement.targets, result, row, scope)
    return found


def close(scope: Scope, name: str) -> None:
    """Close a cursor. Raises RedshiftError for one that is not open."""
    cursor = named(scope, name)
    if cursor.result is None:
        raise RedshiftError(f'cursor "{name}" does not exist')
    cursor.result = None
