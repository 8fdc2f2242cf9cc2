"""Reads what GRANT and REVOKE say about privileges on objects, system privileges, IAM roles and scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import procedures
from carto_at_installer.sandbox.engine.function_grammar import argument_list
from carto_at_installer.sandbox.engine.grantees import grantees
from carto_at_installer.sandbox.engine.privileges import ANYWHERE, PRIVILEGES, SYSTEM_PRIVILEGES
from carto_at_installer.sandbox.engine.procedure_commands import find_procedure
from carto_at_installer.sandbox.engine.procedure_grammar import argument_list as procedure_arguments
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.grantees import Grantee
    from carto_at_installer.sandbox.engine.session import Session

_LANGUAGES = frozenset({"sql", "plpgsql", "plpythonu", "exfunc", "mlfunc", "c"})
_REFUSED_OBJECTS = frozenset(
    {"copy", "datashare", "external", "model", "library", "column", "template"}
)
_SCOPED = {
    "schemas": "schema",
    "functions": "function",
    "procedures": "procedure",
    "tables": "table",
    "languages": "language",
}
_COMMANDS = PRIVILEGES["iam_role"]


@dataclass(frozen=True, slots=True)
class Privileges:
    """What a GRANT or REVOKE says: privileges on objects of one kind, for grantees.

    `kind` is that of the table of grants: `schema`, `system`, `iam_role`, `functions in schema`...
    """

    kind: str
    objects: tuple[str, ...]
    privileges: tuple[str, ...]
    grantees: tuple[Grantee, ...]


def privileges(session: Session, cursor: Cursor, preposition: str) -> Privileges:
    """Everything after GRANT or REVOKE, except roles. `preposition` is `to` or `from`."""
    if cursor.take("assumerole"):
        return _assume_role(session, cursor, preposition)
    words = privilege_words(cursor)
    if cursor.peek() == preposition:
        return _system(session, cursor, words, preposition)
    kind, base, objects = _scope(session, cursor) if cursor.take("for") else _on(session, cursor)
    named = known_privileges(words, base)
    cursor.need(preposition)
    found = grantees(session, cursor, "grant" if preposition == "to" else "")
    _no_cascade(cursor, preposition)
    cursor.finish()
    return Privileges(kind, tuple(objects), named, found)


def known_privileges(words: list[str], kind: str) -> tuple[str, ...]:
    """The privileges that words mean on a kind of object. Raises RedshiftError for one that it does not have."""
    known = PRIVILEGES[kind]
    if words == ["all"]:
        return known
    for word in words:
        if word not in known:
            raise RedshiftError(f"invalid privilege type {word.upper()} for {kind}")
    return tuple(words)


def privilege_words(cursor: Cursor) -> list[str]:
    """Privileges as written, up to ON, TO or FROM: `all`, or names in lower case."""
    if cursor.take("all"):
        cursor.take("privileges")
        return ["all"]
    if cursor.peek() == "ownership":
        raise cursor.unsupported("GRANT or REVOKE of OWNERSHIP")
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


def _system(session: Session, cursor: Cursor, words: list[str], preposition: str) -> Privileges:
    """System privileges, which go to roles only: GRANT CREATE SCHEMA, DROP FUNCTION TO ROLE name."""
    named = [_SHORT.get(word, word) for word in words]
    for word in named:
        if word not in SYSTEM_PRIVILEGES and word != "all":
            raise cursor.syntax_error()
    cursor.need(preposition)
    found = grantees(session, cursor, "")
    _no_cascade(cursor, preposition)
    cursor.finish()
    if any(each.kind != "role" for each in found):
        raise RedshiftError("system privileges can only be granted to or revoked from roles")
    granted = tuple(sorted(SYSTEM_PRIVILEGES)) if named == ["all"] else tuple(named)
    return Privileges("system", (ANYWHERE,), granted, found)


_SHORT = {
    f"create {what}": f"create or replace {what}"
    for what in ("function", "external function", "procedure", "view")
}


def _assume_role(session: Session, cursor: Cursor, preposition: str) -> Privileges:
    """ASSUMEROLE ON { 'arn' [, ...] | DEFAULT | ALL } TO grantees FOR { ALL | command [, ...] }."""
    cursor.need("on")
    if cursor.peek() in {"default", "all"}:
        arns = [cursor.identifier()]
    else:
        arns = [cursor.string()]
        while cursor.take(","):
            arns.append(cursor.string())
    cursor.need(preposition)
    found = grantees(session, cursor, "")
    cursor.need("for")
    commands = _COMMANDS if cursor.take("all") else tuple(_commands(cursor))
    cursor.finish()
    return Privileges("iam_role", tuple(arns), commands, found)


def _commands(cursor: Cursor) -> list[str]:
    found: list[str] = []
    while True:
        for command in _COMMANDS:
            if cursor.take(*command.split()):
                found.append(command)
                break
        else:
            raise cursor.syntax_error()
        if not cursor.take(","):
            return found


def _scope(session: Session, cursor: Cursor) -> tuple[str, str, list[str]]:
    """FOR { SCHEMAS | TABLES | FUNCTIONS | ... } IN { SCHEMA | DATABASE } name: objects of now and later."""
    plural = cursor.identifier()
    if plural not in _SCOPED:
        raise cursor.unsupported(f"GRANT or REVOKE FOR {plural.upper()}")
    cursor.need("in")
    if plural not in {"schemas", "languages"} and cursor.take("schema"):
        schema = cursor.identifier()
        session.names.need_schema(schema)
        return f"{plural} in schema", _SCOPED[plural], [schema]
    cursor.need("database")
    _object(session, cursor, "database")
    return f"{plural} in database", _SCOPED[plural], [ANYWHERE]


def _on(session: Session, cursor: Cursor) -> tuple[str, str, list[str]]:
    cursor.need("on")
    kind, found = _objects(session, cursor)
    return kind, kind, found


def _objects(session: Session, cursor: Cursor) -> tuple[str, list[str]]:
    if cursor.take("all", "functions", "in", "schema"):
        query = (
            f"SELECT schema_name || '.' || name || '(' || signature || ')'"
            f" FROM {SCHEMA}.functions WHERE schema_name = ?"
        )
        return "function", _names_in(session, cursor, query)
    if cursor.take("all", "procedures", "in", "schema"):
        schema = cursor.identifier()
        session.names.need_schema(schema)
        return "procedure", [each.key for each in procedures.names_in(session.connection, schema)]
    if cursor.take("all", "tables", "in", "schema"):
        query = f"SELECT schema_name || '.' || name FROM {SCHEMA}.relations WHERE schema_name = ?"
        return "table", _names_in(session, cursor, query)
    if cursor.peek() in _REFUSED_OBJECTS or cursor.peek() == "all":
        raise cursor.unsupported(f"GRANT or REVOKE on {cursor.peek().upper()}")
    kind = cursor.peek() if cursor.peek() in _OBJECT_KINDS else "table"
    cursor.take(kind)
    found = [_object(session, cursor, kind)]
    while cursor.take(","):
        found.append(_object(session, cursor, kind))
    return kind, found


_OBJECT_KINDS = frozenset(PRIVILEGES) - {"iam_role"}


def _names_in(session: Session, cursor: Cursor, query: str) -> list[str]:
    schema = cursor.identifier()
    session.names.need_schema(schema)
    return [row[0] for row in session.connection.execute(query, [schema]).fetchall()]


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
    return session.names.function(name, tuple(kind for _, kind in argument_list(cursor))).key


def _procedure(session: Session, cursor: Cursor) -> str:
    name = cursor.name()
    types = tuple(each.type for each in procedure_arguments(cursor) if each.mode != "out")
    return find_procedure(session, name, types).key


def _no_cascade(cursor: Cursor, preposition: str) -> None:
    if preposition == "from" and not cursor.take("restrict") and cursor.peek() == "cascade":
        raise cursor.unsupported("REVOKE ... CASCADE")
