"""What the database itself says of the functions, views and logins in it: typed answers of its catalogs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sql.literals import literal
from carto_at_installer.sql.types import catalog_type, signature_key

if TYPE_CHECKING:
    from carto_at_installer.core.queries import SqlBackend


_VOLATILITIES = {"i": "IMMUTABLE", "s": "STABLE", "v": "VOLATILE"}


@dataclass(frozen=True, slots=True)
class DatabaseFunction:
    """A function of a schema as `pg_proc` shows it. `key` identifies it whatever the lengths of its types.

    `source` is the body of a function in SQL or of a procedure; what it is for an external function, AWS does not say.
    `volatility` is a word of CREATE FUNCTION, `owner` the name of a database user, or empty where it is not known.
    """

    name: str
    types: tuple[str, ...]
    returns: str
    language: str
    source: str = ""
    volatility: str = "VOLATILE"
    owner: str = ""

    @property
    def key(self) -> str:
        """Name and base types, as `signature_key` writes them."""
        return signature_key(self.name, self.types)


def functions_of_schema(sql: SqlBackend, schema: str) -> tuple[DatabaseFunction, ...]:
    """All functions of a schema (its plain name), of whatever owner and language."""
    rows = sql.query(
        "SELECT p.proname, oidvectortypes(p.proargtypes), format_type(p.prorettype, NULL), l.lanname,"
        " p.prosrc, p.provolatile, COALESCE(u.usename, '') FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang"
        " LEFT JOIN pg_user u ON u.usesysid = p.proowner"
        f" WHERE n.nspname = {literal(schema)} ORDER BY 1, 2"
    ).rows
    return tuple(
        DatabaseFunction(
            name,
            _types(arguments),
            catalog_type(returns),
            language,
            str(source or ""),
            _VOLATILITIES.get(str(volatility), "VOLATILE"),
            str(owner),
        )
        for name, arguments, returns, language, source, volatility, owner in rows
    )


def _types(arguments: str) -> tuple[str, ...]:
    return tuple(catalog_type(part) for part in arguments.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class View:
    """A view and the text that defines it."""

    name: str
    definition: str


def views_with(sql: SqlBackend, texts: tuple[str, ...]) -> tuple[View, ...]:
    """The views of the database in whose definitions one of the texts occurs, in any case."""
    conditions = " OR ".join(
        f"POSITION({literal(t.lower())} IN LOWER(definition)) > 0" for t in texts
    )
    rows = sql.query(
        "SELECT schemaname || '.' || viewname, definition FROM pg_views"
        f" WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND ({conditions}) ORDER BY 1"
    ).rows
    return tuple(View(name, definition) for name, definition in rows)
