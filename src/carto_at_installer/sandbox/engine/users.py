"""Database users: who is known, and who is a superuser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.functions import next_oid
from carto_at_installer.sandbox.engine.privileges import ANYWHERE, PRIVILEGES
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    import duckdb

ADMINISTRATOR = "IAM:sandbox"
_PUBLIC_GRANTS = (
    ("language", "sql", "usage"),
    ("language", "plpgsql", "usage"),
    ("schema", "public", "usage"),
    ("schema", "public", "create"),
    ("database", None, "temporary"),
    *(("iam_role", "all", command) for command in PRIVILEGES["iam_role"]),
)
_ADMINISTRATOR_GRANTS = (
    ("language", "exfunc", "usage"),
    ("database", None, "create"),
    ("system", ANYWHERE, "create or replace external function"),
)
FEDERATED = ("IAM:", "IAMR:", "IAMA:")


def set_up(connection: duckdb.DuckDBPyConnection, database: str, administrator: str) -> None:
    """Once for each database: its administrator, and what PUBLIC holds in a new one, where it can be revoked."""
    query = f"SELECT 1 FROM {SCHEMA}.users WHERE name = ?"
    if not connection.execute(query, [administrator]).fetchone():
        _add(connection, administrator, superuser=True)
    done = connection.execute(f"SELECT 1 FROM {SCHEMA}.settings WHERE name = 'public'").fetchone()
    if done:
        return
    connection.execute("BEGIN")
    for kind, name, privilege in _PUBLIC_GRANTS:
        connection.execute(
            f"INSERT INTO {SCHEMA}.grants VALUES (?, ?, ?, 'public', 'public', 'rdsdb', false)",
            [kind, name or database, privilege],
        )
    connection.execute(f"INSERT INTO {SCHEMA}.settings VALUES ('public', 'set up')")
    connection.execute("COMMIT")


def log_in(connection: duckdb.DuckDBPyConnection, name: str, database: str) -> None:
    """Check that a user exists; IAM identities are recorded at their first login, as ordinary users."""
    known = connection.execute(f"SELECT 1 FROM {SCHEMA}.users WHERE name = ?", [name]).fetchone()
    if not known:
        if not name.startswith(FEDERATED):
            raise RedshiftError(f'FATAL: user "{name}" does not exist')
        _add(connection, name, superuser=False)
    if name == ADMINISTRATOR:
        _set_up_administrator(connection, database)


def _add(connection: duckdb.DuckDBPyConnection, name: str, *, superuser: bool) -> None:
    connection.execute(
        f"INSERT INTO {SCHEMA}.users VALUES (?, ?, ?, ?)",
        [next_oid(connection), name, superuser, superuser],
    )


def _set_up_administrator(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Once for each database: what a superuser would grant to the identity that installs."""
    done = connection.execute(
        f"SELECT 1 FROM {SCHEMA}.settings WHERE name = 'administrator'"
    ).fetchone()
    if done:
        return
    for kind, name, privilege in _ADMINISTRATOR_GRANTS:
        connection.execute(
            f"INSERT INTO {SCHEMA}.grants VALUES (?, ?, ?, 'user', ?, 'rdsdb', false)",
            [kind, name or database, privilege, ADMINISTRATOR],
        )
    connection.execute(
        f"INSERT INTO {SCHEMA}.settings VALUES ('administrator', ?)", [ADMINISTRATOR]
    )
