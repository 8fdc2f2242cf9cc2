"""CREATE and DROP of users, groups and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.functions import next_oid
from carto_at_installer.sandbox.engine.grantees import need_principal, principal_exists
from carto_at_installer.sandbox.engine.privileges import is_superuser, may
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session


def create(session: Session, cursor: Cursor) -> None:
    """CREATE ROLE name, CREATE GROUP name [WITH USER ...], CREATE USER name PASSWORD ... [options]."""
    cursor.need("create")
    kind = cursor.identifier()
    _check_allowed(session, "create", kind)
    name = cursor.exact_identifier()
    superuser = _user_options(session, cursor) if kind == "user" else False
    members = _members(session, cursor) if kind == "group" else []
    if kind == "role" and cursor.peek() == "externalid":
        raise cursor.unsupported("CREATE ROLE ... EXTERNALID")
    cursor.finish()
    if principal_exists(session, kind, name):
        raise RedshiftError(f'{kind} "{name}" already exists')
    oid = next_oid(session.connection)
    if kind == "user":
        session.connection.execute(
            f"INSERT INTO {SCHEMA}.users VALUES (?, ?, ?, false)", [oid, name, superuser]
        )
        return
    session.connection.execute(f"INSERT INTO {SCHEMA}.principals VALUES (?, ?)", [kind, name])
    if kind == "role":
        session.connection.execute(
            f"INSERT INTO {SCHEMA}.roles VALUES (?, ?, ?)", [oid, name, session.user]
        )
    for member in members:
        add_to_group(session, name, member)


def add_to_group(session: Session, group: str, user: str) -> None:
    """Make a user a member of a group."""
    row = [group, user]
    session.connection.execute(
        f"DELETE FROM {SCHEMA}.memberships WHERE kind = 'group' AND name = ? AND member = ?", row
    )
    session.connection.execute(
        f"INSERT INTO {SCHEMA}.memberships VALUES ('group', ?, 'user', ?, false)", row
    )


def alter_group(session: Session, cursor: Cursor) -> None:
    """ALTER GROUP name { ADD | DROP } USER name, ..."""
    cursor.need("alter", "group")
    group = cursor.exact_identifier()
    need_principal(session, "group", group)
    _check_allowed(session, "alter", "group")
    adding = cursor.take("add")
    if not adding and not cursor.take("drop"):
        raise cursor.unsupported(f"ALTER GROUP ... {cursor.peek().upper()}")
    if cursor.peek() != "user":
        raise cursor.syntax_error()
    members = _members(session, cursor)
    cursor.finish()
    for member in members:
        if adding:
            add_to_group(session, group, member)
        else:
            session.connection.execute(
                f"DELETE FROM {SCHEMA}.memberships WHERE kind = 'group' AND name = ? AND member = ?",
                [group, member],
            )


def alter_user(session: Session, cursor: Cursor) -> None:
    """ALTER USER name { CREATEUSER | NOCREATEUSER | PASSWORD ... }: passwords are not kept."""
    cursor.need("alter", "user")
    name = cursor.exact_identifier()
    need_principal(session, "user", name)
    cursor.take("with")
    if cursor.take("password"):
        if session.user != name:
            _check_allowed(session, "alter", "user")
        if not cursor.take("disable"):
            cursor.string()
        cursor.finish()
        return
    superuser = cursor.take("createuser")
    if not superuser and not cursor.take("nocreateuser"):
        raise cursor.unsupported(f"ALTER USER ... {cursor.peek().upper()}")
    cursor.finish()
    if not is_superuser(session.connection, session.user):
        raise RedshiftError("must be superuser to alter superusers")
    session.connection.execute(
        f"UPDATE {SCHEMA}.users SET superuser = ? WHERE name = ?", [superuser, name]
    )


def _check_allowed(session: Session, verb: str, kind: str) -> None:
    allowed = (
        is_superuser(session.connection, session.user)
        if kind == "group"
        else may(session.connection, session.user, f"{verb} {kind}")
    )
    if not allowed:
        raise RedshiftError(f"permission denied to {verb} {kind}")


def _members(session: Session, cursor: Cursor) -> list[str]:
    names: list[str] = []
    cursor.take("with")
    if cursor.take("user"):
        names.append(cursor.exact_identifier())
        while cursor.take(","):
            names.append(cursor.exact_identifier())
    for name in names:
        need_principal(session, "user", name)
    return names


def _user_options(session: Session, cursor: Cursor) -> bool:
    """Read the options of CREATE USER; the password is not kept: the Data API never asks for one."""
    cursor.take("with")
    cursor.need("password")
    if not cursor.take("disable"):
        cursor.string()
    superuser = False
    while not cursor.ended:
        if cursor.take("createuser"):
            superuser = True
        elif not (cursor.take("nocreateuser") or cursor.take("nocreatedb")):
            raise cursor.unsupported(f"CREATE USER ... {cursor.peek().upper()}")
    if superuser and not is_superuser(session.connection, session.user):
        raise RedshiftError("must be superuser to create superusers")
    return superuser


def drop(session: Session, cursor: Cursor) -> None:
    """DROP ROLE name [FORCE | RESTRICT], DROP GROUP name, DROP USER [IF EXISTS] name."""
    cursor.need("drop")
    kind = cursor.identifier()
    lenient = kind == "user" and cursor.take("if", "exists")
    name = cursor.exact_identifier()
    force = kind == "role" and cursor.take("force")
    if kind == "role" and not force:
        cursor.take("restrict")
    cursor.finish()
    if lenient and not principal_exists(session, kind, name):
        return
    need_principal(session, kind, name)
    _may_drop(session, kind, name)
    if kind == "user":
        _owns_nothing(session, name)
    if kind == "role" and not force:
        _not_granted(session, name)
    _forget(session, kind, name)


def _may_drop(session: Session, kind: str, name: str) -> None:
    owned = (
        kind == "role"
        and session.connection.execute(
            f"SELECT 1 FROM {SCHEMA}.roles WHERE name = ? AND owner = ?", [name, session.user]
        ).fetchone()
    )
    if not owned:
        _check_allowed(session, "drop", kind)


def _owns_nothing(session: Session, user: str) -> None:
    owned = session.connection.execute(
        f"SELECT object_kind, object_name FROM {SCHEMA}.owners WHERE owner = ? LIMIT 1", [user]
    ).fetchone()
    if owned:
        raise RedshiftError(
            f'user "{user}" cannot be dropped because some objects depend on it\n'
            f"  Detail: owner of {owned[0]} {owned[1]}"
        )


def _not_granted(session: Session, role: str) -> None:
    member = session.connection.execute(
        f"SELECT member_kind, member FROM {SCHEMA}.memberships WHERE kind = 'role' AND name = ? LIMIT 1",
        [role],
    ).fetchone()
    if member:
        raise RedshiftError(
            f'role "{role}" cannot be dropped because it is granted to {member[0]} "{member[1]}"\n'
            "  Hint: Use DROP ROLE ... FORCE to revoke it first."
        )


def _forget(session: Session, kind: str, name: str) -> None:
    execute = session.connection.execute
    if kind == "user":
        execute(f"DELETE FROM {SCHEMA}.users WHERE name = ?", [name])
    else:
        execute(f"DELETE FROM {SCHEMA}.principals WHERE kind = ? AND name = ?", [kind, name])
    if kind == "role":
        execute(f"DELETE FROM {SCHEMA}.roles WHERE name = ?", [name])
    execute(
        f"DELETE FROM {SCHEMA}.default_privileges WHERE grantee_kind = ? AND grantee = ?",
        [kind, name],
    )
    execute(f"DELETE FROM {SCHEMA}.grants WHERE grantee_kind = ? AND grantee = ?", [kind, name])
    execute(
        f"DELETE FROM {SCHEMA}.memberships WHERE kind = ? AND name = ? OR member_kind = ? AND member = ?",
        [kind, name, kind, name],
    )
