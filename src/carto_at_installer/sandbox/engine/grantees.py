"""The users, groups and roles that statements name, and PUBLIC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session


@dataclass(frozen=True, slots=True)
class Grantee:
    """Who a privilege goes to: a user, group or role, or everybody (kind and name are `public`)."""

    kind: str
    name: str
    with_option: bool = False


def grantees(session: Session, cursor: Cursor, option: str) -> tuple[Grantee, ...]:
    """{ user [WITH GRANT OPTION] | GROUP name | ROLE name | PUBLIC }, ...; `option` is `grant`, `admin` or nothing."""
    found = [_grantee(session, cursor, option)]
    while cursor.take(","):
        found.append(_grantee(session, cursor, option))
    return tuple(found)


def _grantee(session: Session, cursor: Cursor, option: str) -> Grantee:
    if cursor.take("public"):
        kind, name = "public", "public"
    else:
        kind = next((word for word in ("group", "role") if cursor.take(word)), "user")
        name = cursor.exact_identifier()
        need_principal(session, kind, name)
    chosen = bool(option) and cursor.take("with", option, "option")
    if chosen and kind != "user":
        raise RedshiftError(f"{option} options can only be granted to users")
    return Grantee(kind, name, chosen)


def need_principal(session: Session, kind: str, name: str) -> None:
    """Raise unless the user, group or role exists."""
    if not principal_exists(session, kind, name):
        raise RedshiftError(f'{kind} "{name}" does not exist')


def principal_exists(session: Session, kind: str, name: str) -> bool:
    """Whether a user, group or role is known."""
    if kind == "user":
        query = f"SELECT 1 FROM {SCHEMA}.users WHERE name = ?"
        return bool(session.connection.execute(query, [name]).fetchone())
    query = f"SELECT 1 FROM {SCHEMA}.principals WHERE kind = ? AND name = ?"
    return bool(session.connection.execute(query, [kind, name]).fetchone())
