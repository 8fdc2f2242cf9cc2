"""Who is logged in to the database, and what that user may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from carto_at_installer.core.queries import SqlBackend


@dataclass(frozen=True, slots=True)
class Login:
    """A database user."""

    user: str
    superuser: bool


def read_login(sql: SqlBackend) -> Login:
    """The user of this connection. Raises SqlError when there is no way into the database."""
    rows = sql.query(
        "SELECT current_user, (SELECT u.usesuper FROM pg_user u WHERE u.usename = current_user)"
    ).rows
    return Login(str(rows[0][0]), bool(rows[0][1]))


def installer_of(sql: SqlBackend, schema: str) -> str | None:
    """Who owns the release tables in a schema, and so the installation; None where there are none."""
    rows = sql.query(
        "SELECT tableowner FROM pg_tables"
        f" WHERE schemaname = {literal(schema)} AND tablename = '__at_release'"
    ).rows
    return str(rows[0][0]) if rows else None


def names_taken(sql: SqlBackend, user: str, role: str) -> frozenset[str]:
    """Which of a database user and a database role are there, as far as this login sees them."""
    users = sql.query(f"SELECT usename FROM pg_user WHERE usename = {literal(user)}").rows
    roles = sql.query(f"SELECT role_name FROM svv_roles WHERE role_name = {literal(role)}").rows
    return frozenset(str(row[0]) for row in (*users, *roles))


def _roles(sql: SqlBackend, user: str) -> frozenset[str]:
    """The roles that a user has, directly or through other roles."""
    direct = sql.query(
        f"SELECT role_name FROM svv_user_grants WHERE user_name = {literal(user)}"
    ).rows
    inherited = sql.query("SELECT role_name, granted_role_name FROM svv_role_grants").rows
    known = {str(row[0]) for row in direct}
    while more := {str(g) for r, g in inherited if r in known} - known:
        known |= more
    return frozenset(known)


def may_use_language(sql: SqlBackend, login: Login, language: str) -> bool:
    """Whether the login may make functions in a language."""
    rows = sql.query(
        "SELECT identity_type, identity_name FROM svv_language_privileges"
        f" WHERE language_name = {literal(language)} AND UPPER(privilege_type) = 'USAGE'"
    ).rows
    return _holds(sql, login, [(str(kind), str(name)) for kind, name in rows])


def has_system_privilege(sql: SqlBackend, login: Login, *names: str) -> bool:
    """Whether one of the login's roles has one of the system privileges of that name (`CREATE SCHEMA`)."""
    rows = sql.query(
        "SELECT UPPER(system_privilege), identity_type, identity_name FROM svv_system_privileges"
    ).rows
    holders = [
        (str(kind), str(name))
        for privilege, kind, name in rows
        if str(privilege).replace("_", " ") in names
    ]
    return _holds(sql, login, holders)


def _holds(sql: SqlBackend, login: Login, holders: list[tuple[str, str]]) -> bool:
    """Whether the login is among the holders of a privilege, itself, as everybody or through a role."""
    named = {(kind.lower(), name) for kind, name in holders}
    if ("user", login.user) in named or any(kind == "public" for kind, _ in named):
        return True
    roles = {name for kind, name in named if kind == "role"}
    return bool(roles and roles & _roles(sql, login.user))
