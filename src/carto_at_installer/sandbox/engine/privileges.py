"""Who may do what: the privileges there are, and checks of those that were granted.

Superusers may do everything and owners everything with what is theirs. The rest goes by the grants to a user, to
PUBLIC, and to the groups and roles (and roles of roles) that a user is a member of; the macro `holds` and the view
`identities` say it in SQL, for the functions HAS_..._PRIVILEGE as well as for the checks here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.shims.privileges import ANYWHERE, PRIVILEGES
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

__all__ = ["ANYWHERE", "PRIVILEGES", "SYSTEM_PRIVILEGES"]

SYSTEM_PRIVILEGES = frozenset(
    {
        "create user", "drop user", "alter user", "create schema", "drop schema", "alter default privileges",
        "access catalog", "access system table", "create table", "drop table", "alter table", "truncate table",
        "create or replace function", "create or replace external function", "drop function",
        "create or replace procedure", "drop procedure", "create or replace view", "drop view", "create model",
        "drop model", "create datashare", "alter datashare", "drop datashare", "create library", "drop library",
        "create role", "drop role", "vacuum", "analyze", "cancel", "ignore rls", "explain rls", "explain masking",
    }
)  # fmt: skip


# What most checks need, in plain queries: roles of roles are looked for only when these find nothing.
_PLAINLY = (
    f"SELECT 1 FROM {SCHEMA}.users WHERE name = ? AND superuser UNION ALL SELECT 1 FROM {SCHEMA}.grants"
    " WHERE object_kind = ? AND object_name = ? AND privilege = ?"
    " AND (grantee_kind = 'public' OR grantee_kind = 'user' AND grantee = ?) LIMIT 1"
)
_OWNERS = {
    "schema": f"SELECT owner FROM {SCHEMA}.schemas WHERE name = ?",
    "table": f"SELECT owner FROM {SCHEMA}.relations WHERE schema_name = ? AND name = ?",
    **{
        kind: f"SELECT owner FROM {SCHEMA}.{kind}s WHERE schema_name = ? AND name = ? AND signature = ?"
        for kind in ("function", "procedure")
    },
}


def is_superuser(connection: duckdb.DuckDBPyConnection, user: str) -> bool:
    """Whether a user may do everything."""
    found = connection.execute(
        f"SELECT superuser FROM {SCHEMA}.users WHERE name = ?", [user]
    ).fetchone()
    return bool(found and found[0])


def owner_of(connection: duckdb.DuckDBPyConnection, kind: str, name: str) -> str | None:
    """The owner of a schema, relation (`table`), function or procedure; None for what nobody owns."""
    query = _OWNERS.get(kind)
    if query is None:
        return None
    schema, _, rest = name.partition(".")
    bare, _, types = rest.partition("(")
    parts = {"schema": [name], "table": [schema, rest]}.get(kind, [schema, bare, types[:-1]])
    row = connection.execute(query, parts).fetchone()
    return row[0] if row else None


def holds(
    connection: duckdb.DuckDBPyConnection, user: str, kind: str, name: str, privilege: str
) -> bool:
    """Whether a user has a privilege on an object: as a superuser, as its owner, or by a grant."""
    plain = connection.execute(_PLAINLY, [user, kind, name, privilege, user]).fetchone()
    if plain or owner_of(connection, kind, name) == user:
        return True
    row = connection.execute(
        f"SELECT {SCHEMA}.holds(?, ?, ?, ?)", [user, kind, name, privilege]
    ).fetchone()
    return bool(row and row[0])


def may(connection: duckdb.DuckDBPyConnection, user: str, system_privilege: str) -> bool:
    """Whether a user has a system privilege, by a role or as a superuser."""
    return holds(connection, user, "system", ANYWHERE, system_privilege)


def grant_defaults(
    connection: duckdb.DuckDBPyConnection, thing: tuple[str, str], schema: str, owner: str
) -> None:
    """Grant on a new object, given as (kind, key), what its owner's default privileges say.

    EXECUTE on a function is everybody's, unless the owner has revoked that default.
    """
    kind, key = thing
    chosen = f"FROM {SCHEMA}.default_privileges WHERE owner = ? AND schema_name IN ('', ?) AND object_kind = ?"
    connection.execute(
        f"INSERT INTO {SCHEMA}.grants SELECT DISTINCT ?, ?, privilege, grantee_kind, grantee, ?, with_grant"
        f" {chosen} AND NOT revoked",
        [kind, key, owner, owner, schema, kind],
    )
    if kind == "function":
        connection.execute(
            f"INSERT INTO {SCHEMA}.grants SELECT 'function', ?, 'execute', 'public', 'public', ?, false"
            f" WHERE NOT EXISTS (SELECT 1 {chosen} AND grantee_kind = 'public')",
            [key, owner, owner, schema, kind],
        )


def check(
    connection: duckdb.DuckDBPyConnection,
    user: str,
    wanted: tuple[str, str, str],
    instead: Sequence[str] = (),
) -> None:
    """Raise Redshift's "permission denied" unless the user holds a privilege.

    `wanted` is (kind, name, privilege); `instead` are system privileges of which each one is enough as well.
    """
    kind, name, privilege = wanted
    if holds(connection, user, kind, name, privilege):
        return
    if any(may(connection, user, each) for each in instead):
        return
    raise RedshiftError(f"permission denied for {_shown(kind)} {_bare(kind, name)}")


def check_owner(
    connection: duckdb.DuckDBPyConnection,
    user: str,
    thing: tuple[str, str],
    instead: Sequence[str] = (),
) -> None:
    """Raise Redshift's "must be owner" unless `thing`, (kind, name), is the user's, or a system privilege stands in."""
    kind, name = thing
    if owner_of(connection, kind, name) == user or is_superuser(connection, user):
        return
    if any(may(connection, user, each) for each in instead):
        return
    raise RedshiftError(f"must be owner of {_shown(kind)} {_bare(kind, name)}")


def _shown(kind: str) -> str:
    return "relation" if kind == "table" else kind


def _bare(kind: str, name: str) -> str:
    if kind in {"function", "procedure", "table"}:
        return name.partition("(")[0].rpartition(".")[2]
    return name
