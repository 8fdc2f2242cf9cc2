"""How the installer speaks SQL: a small protocol, so that the Data API can be replaced by a fake in unit tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """A result column: its name and the type name that the database reports (`int8`, `varchar`, `super`)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The rows of one statement; a statement without a result set has no columns and no rows.

    Values are None, bool, int, float or str (DECIMAL, dates, SUPER and GEOMETRY come as text).
    """

    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


class SqlBackend(Protocol):
    """A database that can run one statement, or several in one all-or-nothing transaction."""

    def query(self, sql: str, parameters: Mapping[str, str] | None = None) -> QueryResult:
        """Run one statement and return its rows. Raises SqlError with the database's own text."""

    def transaction(self, statements: Sequence[str]) -> None:
        """Run all statements or none. Raises SqlError that holds the statement that failed."""
