"""Who may do what: checks of the recorded privileges on languages, schemas, databases, functions and procedures.

Superusers may do everything and owners everything with what is theirs. Privileges on tables are recorded only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    import duckdb

# What PUBLIC holds in a new database without a grant being recorded.
_PUBLIC = frozenset(
    {
        ("language", "sql", "usage"),
        ("language", "plpgsql", "usage"),
        ("schema", "public", "usage"),
        ("schema", "public", "create"),
    }
)
_OWNERS = {
    "schema": "SELECT owner FROM {0}.schemas WHERE name = ?",
    "function": "SELECT owner FROM {0}.functions WHERE concat(schema_name, '.', name, '(', signature, ')') = ?",
    "procedure": "SELECT owner FROM {0}.procedures WHERE concat(schema_name, '.', name, '(', signature, ')') = ?",
}


def is_superuser(connection: duckdb.DuckDBPyConnection, user: str) -> bool:
    """Whether a user may do everything."""
    found = connection.execute(
        f"SELECT superuser FROM {SCHEMA}.users WHERE name = ?", [user]
    ).fetchone()
    return bool(found and found[0])


def holds(
    connection: duckdb.DuckDBPyConnection, user: str, kind: str, name: str, privilege: str
) -> bool:
    """Whether a user has a privilege on an object, as its owner, by a grant, or by one to PUBLIC."""
    if (kind, name, privilege) in _PUBLIC or is_superuser(connection, user):
        return True
    if kind in _OWNERS:
        owner = connection.execute(_OWNERS[kind].format(SCHEMA), [name]).fetchone()
        if owner and owner[0] == user:
            return True
    query = (
        f"SELECT 1 FROM {SCHEMA}.grants WHERE object_kind = ? AND object_name = ? AND privilege = ?"
        " AND (grantee_kind = 'public' OR grantee_kind = 'user' AND grantee = ?) LIMIT 1"
    )
    return bool(connection.execute(query, [kind, name, privilege, user]).fetchone())


def check(
    connection: duckdb.DuckDBPyConnection, user: str, kind: str, name: str, privilege: str
) -> None:
    """Raise Redshift's "permission denied" unless the user holds the privilege."""
    if not holds(connection, user, kind, name, privilege):
        shown = (
            name.partition("(")[0].rpartition(".")[2] if kind in {"function", "procedure"} else name
        )
        raise RedshiftError(f"permission denied for {kind} {shown}")
