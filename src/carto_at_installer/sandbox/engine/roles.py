"""Roles that are granted to users and to other roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.grantees import grantees, need_principal
from carto_at_installer.sandbox.engine.privileges import is_superuser, may
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session

_ROW = "kind = 'role' AND name = ? AND member_kind = ? AND member = ?"


def grant(session: Session, cursor: Cursor) -> None:
    """GRANT ROLE name, ... TO { user [WITH ADMIN OPTION] | ROLE name }, ... (read from after ROLE)."""
    names = _names(session, cursor)
    cursor.need("to")
    members = grantees(session, cursor, "admin")
    cursor.finish()
    for name in names:
        _may_administer(session, name)
        for member in members:
            if member.kind not in {"user", "role"}:
                raise RedshiftError("a role can only be granted to users and roles")
            if member.kind == "role" and _reaches(session, name, member.name):
                raise RedshiftError(f'role "{name}" is a member of role "{member.name}" already')
            row = [name, member.kind, member.name]
            session.connection.execute(f"DELETE FROM {SCHEMA}.memberships WHERE {_ROW}", row)
            session.connection.execute(
                f"INSERT INTO {SCHEMA}.memberships VALUES ('role', ?, ?, ?, ?)",
                [*row, member.with_option],
            )


def revoke(session: Session, cursor: Cursor) -> None:
    """REVOKE [ADMIN OPTION FOR] ROLE name, ... FROM { user | ROLE name }, ... (read from after ROLE)."""
    only_option = cursor.take("admin", "option", "for")
    if only_option:
        cursor.need("role")
    names = _names(session, cursor)
    cursor.need("from")
    members = grantees(session, cursor, "")
    cursor.finish()
    change = (
        "UPDATE {0}.memberships SET admin_option = false"
        if only_option
        else "DELETE FROM {0}.memberships"
    )
    for name in names:
        _may_administer(session, name)
        for member in members:
            session.connection.execute(
                f"{change.format(SCHEMA)} WHERE {_ROW}", [name, member.kind, member.name]
            )


def _names(session: Session, cursor: Cursor) -> list[str]:
    names = [cursor.exact_identifier()]
    while cursor.take(","):
        names.append(cursor.exact_identifier())
    for name in names:
        need_principal(session, "role", name)
    return names


def _reaches(session: Session, role: str, other: str) -> bool:
    """Whether `role` is `other`, or has been granted it on any way: the grant back would be a circle."""
    row = session.connection.execute(
        f"SELECT 1 FROM {SCHEMA}.role_closure WHERE role_name = ? AND granted = ?", [role, other]
    ).fetchone()
    return role == other or bool(row)


def _may_administer(session: Session, role: str) -> None:
    """Raise unless the user may give a role away: a superuser, its owner, or by ADMIN OPTION or CREATE ROLE."""
    connection, user = session.connection, session.user
    if is_superuser(connection, user) or may(connection, user, "create role"):
        return
    row = connection.execute(
        f"SELECT 1 FROM {SCHEMA}.roles WHERE name = ? AND owner = ? UNION ALL SELECT 1 FROM {SCHEMA}.memberships"
        " WHERE kind = 'role' AND name = ? AND member_kind = 'user' AND member = ? AND admin_option",
        [role, user, role, user],
    ).fetchone()
    if not row:
        raise RedshiftError(f"permission denied for role {role}")
