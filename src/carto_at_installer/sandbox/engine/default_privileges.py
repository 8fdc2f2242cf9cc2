"""ALTER DEFAULT PRIVILEGES: what is granted on tables, functions and procedures at the moment they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.grant_grammar import known_privileges, privilege_words
from carto_at_installer.sandbox.engine.grantees import grantees, need_principal
from carto_at_installer.sandbox.engine.privileges import may
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.grantees import Grantee
    from carto_at_installer.sandbox.engine.session import Session

_KINDS = {"tables": "table", "functions": "function", "procedures": "procedure"}


def alter(session: Session, cursor: Cursor) -> None:
    """ALTER DEFAULT PRIVILEGES [FOR USER name, ...] [IN SCHEMA name, ...] { GRANT ... TO | REVOKE ... FROM } ..."""
    cursor.need("alter", "default", "privileges")
    owners = _owners(session, cursor)
    schemas = _schemas(session, cursor)
    granting = cursor.take("grant")
    if not granting:
        cursor.need("revoke")
        if cursor.peek() == "grant":
            raise cursor.unsupported("ALTER DEFAULT PRIVILEGES REVOKE GRANT OPTION FOR")
    words = privilege_words(cursor)
    cursor.need("on")
    plural = cursor.identifier()
    if plural not in _KINDS:
        raise cursor.syntax_error()
    kind = _KINDS[plural]
    cursor.need("to" if granting else "from")
    found = grantees(session, cursor, "grant" if granting else "")
    cursor.finish()
    for owner in owners:
        for schema in schemas:
            for privilege in known_privileges(words, kind):
                for grantee in found:
                    place = (owner, schema, kind, privilege)
                    _record(session, place, grantee, granting=granting)


def _owners(session: Session, cursor: Cursor) -> list[str]:
    if not cursor.take("for", "user"):
        return [session.user]
    names = [cursor.exact_identifier()]
    while cursor.take(","):
        names.append(cursor.exact_identifier())
    for name in names:
        need_principal(session, "user", name)
        if name != session.user and not may(
            session.connection, session.user, "alter default privileges"
        ):
            raise RedshiftError("permission denied to alter the default privileges of another user")
    return names


def _schemas(session: Session, cursor: Cursor) -> list[str]:
    """The schemas of IN SCHEMA; an empty name stands for all."""
    if not cursor.take("in", "schema"):
        return [""]
    names = [cursor.identifier()]
    while cursor.take(","):
        names.append(cursor.identifier())
    for name in names:
        session.names.need_schema(name)
    return names


def _record(
    session: Session, place: tuple[str, str, str, str], grantee: Grantee, *, granting: bool
) -> None:
    """Write one default down. What was never granted is kept as revoked: EXECUTE on functions is PUBLIC's else."""
    row = [*place, grantee.kind, grantee.name]
    session.connection.execute(
        f"DELETE FROM {SCHEMA}.default_privileges WHERE owner = ? AND schema_name = ? AND object_kind = ?"
        " AND privilege = ? AND grantee_kind = ? AND grantee = ?",
        row,
    )
    implied = place[1:] == ("", "function", "execute") and grantee.kind == "public"
    if granting != implied:
        session.connection.execute(
            f"INSERT INTO {SCHEMA}.default_privileges VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [*row, grantee.with_option, not granting],
        )
