"""GRANT and REVOKE: of privileges, of system privileges, of the right to use IAM roles, and of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import roles
from carto_at_installer.sandbox.engine.grant_grammar import privileges
from carto_at_installer.sandbox.engine.privileges import is_superuser, owner_of
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.grant_grammar import Privileges
    from carto_at_installer.sandbox.engine.grantees import Grantee
    from carto_at_installer.sandbox.engine.session import Session


def grant(session: Session, cursor: Cursor) -> None:
    """GRANT privileges ON objects TO { user [WITH GRANT OPTION] | GROUP name | ROLE name | PUBLIC }, ..."""
    cursor.need("grant")
    if cursor.take("role"):
        roles.grant(session, cursor)
        return
    given = privileges(session, cursor, "to")
    _may_grant(session, given)
    for name, privilege, to in _each(given):
        _delete(session, given.kind, (name, privilege, to.kind, to.name))
        session.connection.execute(
            f"INSERT INTO {SCHEMA}.grants VALUES (?, ?, ?, ?, ?, ?, ?)",
            [given.kind, name, privilege, to.kind, to.name, session.user, to.with_option],
        )


def revoke(session: Session, cursor: Cursor) -> None:
    """REVOKE [GRANT OPTION FOR] privileges ON objects FROM grantees [RESTRICT]."""
    cursor.need("revoke")
    only_option = cursor.take("grant", "option", "for")
    if not only_option and (
        cursor.take("role") or (cursor.peek() == "admin" and cursor.peek(1) == "option")
    ):
        roles.revoke(session, cursor)
        return
    given = privileges(session, cursor, "from")
    _may_grant(session, given)
    for name, privilege, to in _each(given):
        row = (name, privilege, to.kind, to.name)
        if only_option:
            session.connection.execute(
                f"UPDATE {SCHEMA}.grants SET with_grant = false WHERE {_ROW}", [given.kind, *row]
            )
        else:
            _delete(session, given.kind, row)


def _each(given: Privileges) -> list[tuple[str, str, Grantee]]:
    return [
        (name, privilege, grantee)
        for name in given.objects
        for privilege in given.privileges
        for grantee in given.grantees
    ]


_ROW = "object_kind = ? AND object_name = ? AND privilege = ? AND grantee_kind = ? AND grantee = ?"


def _delete(session: Session, kind: str, row: tuple[str, str, str, str]) -> None:
    session.connection.execute(f"DELETE FROM {SCHEMA}.grants WHERE {_ROW}", [kind, *row])


def _may_grant(session: Session, given: Privileges) -> None:
    """Raise unless the user may give these privileges away: a superuser, an owner, or by WITH GRANT OPTION."""
    connection, user = session.connection, session.user
    if is_superuser(connection, user):
        return
    if given.kind in {"system", "iam_role", "language", "database"} or " in " in given.kind:
        what = {"system": "system privileges", "iam_role": "ASSUMEROLE"}.get(given.kind, given.kind)
        if given.kind not in {"language", "database"}:
            raise RedshiftError(f"permission denied: must be superuser to grant or revoke {what}")
    for name in given.objects:
        if owner_of(connection, given.kind, name) == user:
            continue
        for privilege in given.privileges:
            _need_grant_option(session, given.kind, name, privilege)


def _need_grant_option(session: Session, kind: str, name: str, privilege: str) -> None:
    found = session.connection.execute(
        f"SELECT 1 FROM {SCHEMA}.grants WHERE {_ROW} AND with_grant",
        [kind, name, privilege, "user", session.user],
    ).fetchone()
    if not found:
        shown = name.partition("(")[0].rpartition(".")[2]
        raise RedshiftError(
            f"permission denied for {'relation' if kind == 'table' else kind} {shown}"
        )
