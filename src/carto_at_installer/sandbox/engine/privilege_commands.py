"""COMMENT ON, GRANT, REVOKE, and the users, groups and roles that privileges go to.

Everything is recorded and shows in the catalog (`svv_schema_privileges` and its like); `privileges` enforces a part of
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import functions, procedures
from carto_at_installer.sandbox.engine.function_grammar import argument_list
from carto_at_installer.sandbox.engine.functions import signature
from carto_at_installer.sandbox.engine.procedure_commands import find_procedure
from carto_at_installer.sandbox.engine.procedure_grammar import argument_list as procedure_arguments
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session

_PRIVILEGES = {
    "schema": ("create", "usage", "alter", "drop"),
    "function": ("execute",),
    "procedure": ("execute",),
    "table": ("select", "insert", "update", "delete", "references", "drop", "truncate", "alter"),
    "language": ("usage",),
    "database": ("create", "temporary", "usage"),
}
_LANGUAGES = frozenset({"sql", "plpgsql", "plpythonu", "exfunc", "mlfunc", "c"})
_REFUSED_OBJECTS = frozenset(
    {"copy", "datashare", "external", "model", "library", "column", "template"}
)


def comment(session: Session, cursor: Cursor) -> None:
    """COMMENT ON { SCHEMA | TABLE | VIEW } name IS { 'text' | NULL }."""
    cursor.need("comment", "on")
    kind = cursor.identifier()
    if kind == "function":
        raise RedshiftError('syntax error at or near "FUNCTION"')
    if kind not in {"schema", "table", "view"}:
        raise cursor.unsupported(f"COMMENT ON {kind.upper()}")
    name = cursor.name()
    cursor.need("is")
    text = None if cursor.take("null") else cursor.string()
    cursor.finish()
    if kind == "schema":
        session.names.need_schema(name[-1])
        if name[-1] == "public":
            raise cursor.unsupported("COMMENT ON SCHEMA public")
        session.connection.execute(
            f"UPDATE {SCHEMA}.schemas SET comment = ? WHERE name = ?", [text, name[-1]]
        )
        return
    schema, bare, _ = session.names.relation(name)
    session.connection.execute(
        f"UPDATE {SCHEMA}.relations SET comment = ? WHERE schema_name = ? AND name = ?",
        [text, schema, bare],
    )


@dataclass(frozen=True, slots=True)
class Privileges:
    """What a GRANT or REVOKE says: privileges on objects, for grantees given as (kind, name)."""

    kind: str
    objects: tuple[str, ...]
    privileges: tuple[str, ...]
    grantees: tuple[tuple[str, str], ...]
    with_grant: bool = False


def grant(session: Session, cursor: Cursor) -> None:
    """GRANT privileges ON objects TO { user | GROUP name | ROLE name | PUBLIC }, ... [WITH GRANT OPTION]."""
    cursor.need("grant")
    given = _privileges(session, cursor, "to")
    for name, privilege, (kind, grantee) in _each(given):
        _delete(session, given.kind, (name, privilege, kind, grantee))
        session.connection.execute(
            f"INSERT INTO {SCHEMA}.grants VALUES (?, ?, ?, ?, ?, ?, ?)",
            [given.kind, name, privilege, kind, grantee, session.user, given.with_grant],
        )


def revoke(session: Session, cursor: Cursor) -> None:
    """REVOKE [GRANT OPTION FOR] privileges ON objects FROM grantees [RESTRICT]."""
    cursor.need("revoke")
    if cursor.take("grant", "option", "for"):
        raise cursor.unsupported("REVOKE GRANT OPTION FOR")
    given = _privileges(session, cursor, "from")
    for name, privilege, (kind, grantee) in _each(given):
        _delete(session, given.kind, (name, privilege, kind, grantee))


def _each(given: Privileges) -> list[tuple[str, str, tuple[str, str]]]:
    return [
        (name, privilege, grantee)
        for name in given.objects
        for privilege in given.privileges
        for grantee in given.grantees
    ]


def _delete(session: Session, kind: str, row: tuple[str, str, str, str]) -> None:
    session.connection.execute(
        f"DELETE FROM {SCHEMA}.grants WHERE object_kind = ? AND object_name = ? AND privilege = ?"
        " AND grantee_kind = ? AND grantee = ?",
        [kind, *row],
    )


def _privileges(session: Session, cursor: Cursor, preposition: str) -> Privileges:
    words = _privilege_words(cursor)
    if not cursor.take("on"):
        what = " ".join(words).upper()
        if cursor.peek() in {"to", "from", "for"}:
            raise cursor.unsupported(f"GRANT or REVOKE of {what} without an object")
        raise cursor.syntax_error()
    kind, objects = _objects(session, cursor)
    known = _PRIVILEGES[kind]
    if words == ["all"]:
        words = list(known)
    for word in words:
        if word not in known:
            raise RedshiftError(f"invalid privilege type {word.upper()} for {kind}")
    cursor.need(preposition)
    grantees = [_grantee(session, cursor)]
    while cursor.take(","):
        grantees.append(_grantee(session, cursor))
    with_grant = preposition == "to" and cursor.take("with", "grant", "option")
    if preposition == "from" and not cursor.take("restrict") and cursor.peek() == "cascade":
        raise cursor.unsupported("REVOKE ... CASCADE")
    cursor.finish()
    return Privileges(kind, tuple(objects), tuple(words), tuple(grantees), with_grant)


def _privilege_words(cursor: Cursor) -> list[str]:
    if cursor.take("all"):
        cursor.take("privileges")
        return ["all"]
    if cursor.peek() in {"role", "assumerole", "ownership"}:
        raise cursor.unsupported(f"GRANT or REVOKE of {cursor.peek().upper()}")
    words = [_privilege_word(cursor)]
    while cursor.take(","):
        words.append(_privilege_word(cursor))
    return words


def _privilege_word(cursor: Cursor) -> str:
    word = cursor.identifier()
    if cursor.peek() == "(":
        raise cursor.unsupported("a privilege on columns")
    while cursor.peek() not in {"on", ",", "to", "from", "for", ""}:
        word += f" {cursor.identifier()}"
    return "temporary" if word == "temp" else word


def _objects(session: Session, cursor: Cursor) -> tuple[str, list[str]]:
    if cursor.take("all", "functions", "in", "schema"):
        schema = cursor.identifier()
        session.names.need_schema(schema)
        rows = session.connection.execute(
            f"SELECT schema_name || '.' || name || '(' || signature || ')'"
            f" FROM {SCHEMA}.functions WHERE schema_name = ?",
            [schema],
        ).fetchall()
        return "function", [row[0] for row in rows]
    if cursor.take("all", "procedures", "in", "schema"):
        schema = cursor.identifier()
        session.names.need_schema(schema)
        return "procedure", [each.key for each in procedures.names_in(session.connection, schema)]
    if cursor.take("all", "tables", "in", "schema"):
        schema = cursor.identifier()
        session.names.need_schema(schema)
        rows = session.connection.execute(
            f"SELECT schema_name || '.' || name FROM {SCHEMA}.relations WHERE schema_name = ?",
            [schema],
        ).fetchall()
        return "table", [row[0] for row in rows]
    if cursor.peek() in _REFUSED_OBJECTS or cursor.peek() == "all":
        raise cursor.unsupported(f"GRANT or REVOKE on {cursor.peek().upper()}")
    kind = cursor.peek() if cursor.peek() in _PRIVILEGES else "table"
    cursor.take(kind)
    found = [_object(session, cursor, kind)]
    while cursor.take(","):
        found.append(_object(session, cursor, kind))
    return kind, found


def _object(session: Session, cursor: Cursor, kind: str) -> str:
    if kind == "schema":
        name = cursor.name()[-1]
        session.names.need_schema(name)
        return name
    if kind == "language":
        name = cursor.identifier()
        if name not in _LANGUAGES:
            raise RedshiftError(f'language "{name}" does not exist')
        return name
    if kind == "database":
        name = cursor.identifier()
        if name != session.engine.database:
            raise RedshiftError(f'database "{name}" does not exist')
        return name
    if kind == "function":
        return _function(session, cursor)
    if kind == "procedure":
        return _procedure(session, cursor)
    schema, bare, _ = session.names.relation(cursor.name())
    return f"{schema}.{bare}"


def _function(session: Session, cursor: Cursor) -> str:
    name = cursor.name()
    types = tuple(kind for _, kind in argument_list(cursor))
    schema, bare = session.names.split(name)
    for where in [schema] if schema else session.names.schemas():
        if functions.find_exact(session.connection, where, bare, types):
            return f"{where}.{bare}({signature(types)})"
    raise RedshiftError(f"function {'.'.join(name)}({signature(types)}) does not exist")


def _procedure(session: Session, cursor: Cursor) -> str:
    name = cursor.name()
    types = tuple(each.type for each in procedure_arguments(cursor) if each.mode != "out")
    return find_procedure(session, name, types).key


def _grantee(session: Session, cursor: Cursor) -> tuple[str, str]:
    if cursor.take("public"):
        return "public", "public"
    kind = next((word for word in ("group", "role") if cursor.take(word)), "user")
    name = cursor.exact_identifier()
    if not principal_exists(session, kind, name):
        raise RedshiftError(f'{kind} "{name}" does not exist')
    return kind, name


def principal_exists(session: Session, kind: str, name: str) -> bool:
    """Whether a user, group or role is known."""
    if kind == "user":
        query = f"SELECT 1 FROM {SCHEMA}.users WHERE name = ?"
        return bool(session.connection.execute(query, [name]).fetchone())
    query = f"SELECT 1 FROM {SCHEMA}.principals WHERE kind = ? AND name = ?"
    return bool(session.connection.execute(query, [kind, name]).fetchone())


def create_principal(session: Session, cursor: Cursor) -> None:
    """CREATE ROLE name, CREATE GROUP name, CREATE USER name PASSWORD ... [CREATEUSER | NOCREATEUSER]."""
    cursor.need("create")
    kind = cursor.identifier()
    name = cursor.exact_identifier()
    superuser = _user_options(cursor) if kind == "user" else False
    cursor.finish()
    if principal_exists(session, kind, name):
        raise RedshiftError(f'{kind} "{name}" already exists')
    if kind == "user":
        session.connection.execute(
            f"INSERT INTO {SCHEMA}.users VALUES (?, ?, ?, false)",
            [functions.next_oid(session.connection), name, superuser],
        )
    else:
        session.connection.execute(f"INSERT INTO {SCHEMA}.principals VALUES (?, ?)", [kind, name])


def _user_options(cursor: Cursor) -> bool:
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
    return superuser


def drop_principal(session: Session, cursor: Cursor) -> None:
    """DROP ROLE, DROP GROUP, DROP USER."""
    cursor.need("drop")
    kind = cursor.identifier()
    lenient = kind == "user" and cursor.take("if", "exists")
    name = cursor.exact_identifier()
    cursor.finish()
    if not principal_exists(session, kind, name):
        if lenient:
            return
        raise RedshiftError(f'{kind} "{name}" does not exist')
    if kind == "user":
        session.connection.execute(f"DELETE FROM {SCHEMA}.users WHERE name = ?", [name])
    else:
        session.connection.execute(
            f"DELETE FROM {SCHEMA}.principals WHERE kind = ? AND name = ?", [kind, name]
        )
    session.connection.execute(
        f"DELETE FROM {SCHEMA}.grants WHERE grantee_kind = ? AND grantee = ?", [kind, name]
    )
