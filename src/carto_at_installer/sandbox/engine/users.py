"""Database users: who is known, and who is a superuser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.functions import next_oid
from carto_at_installer.sandbox.engine.storage import SCHEMA

if TYPE_CHECKING:
    import duckdb

FEDERATED = ("IAM:", "IAMR:", "IAMA:")


def ensure_user(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Record a user at first sight: logins by IAM identity are ordinary users, database users superusers."""
    known = connection.execute(f"SELECT 1 FROM {SCHEMA}.users WHERE name = ?", [name]).fetchone()
    if not known:
        superuser = not name.startswith(FEDERATED)
        connection.execute(
            f"INSERT INTO {SCHEMA}.users VALUES (?, ?, ?, ?)",
            [next_oid(connection), name, superuser, superuser],
        )
