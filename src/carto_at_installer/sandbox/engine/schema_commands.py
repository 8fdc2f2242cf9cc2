"""CREATE SCHEMA and DROP SCHEMA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import functions, procedures
from carto_at_installer.sandbox.engine.cursor import literal, quoted
from carto_at_installer.sandbox.engine.grantees import need_principal
from carto_at_installer.sandbox.engine.privileges import check, check_owner
from carto_at_installer.sandbox.engine.relations import drop_relation, relations_of
from carto_at_installer.sandbox.engine.storage import CATALOG, SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session

_SYSTEM = frozenset({SCHEMA, "main", "information_schema", "catalog_history"})


def create(session: Session, cursor: Cursor) -> None:
    """CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] [QUOTA ...]."""
    cursor.need("create", "schema")
    lenient = cursor.take("if", "not", "exists")
    name, owner = "", session.user
    if cursor.peek() != "authorization":
        name = cursor.identifier()
    if cursor.take("authorization"):
        owner = cursor.exact_identifier()
        name = name or owner
        need_principal(session, "user", owner)
    if cursor.take("quota"):
        _quota(cursor)
    if not cursor.ended and cursor.peek() in {"create", "grant"}:
        raise cursor.unsupported("CREATE SCHEMA with schema elements")
    cursor.finish()
    if name.startswith("pg_") or name in _SYSTEM:
        raise RedshiftError(
            f'unacceptable schema name "{name}"\n  Detail: The prefix "pg_" is reserved for system schemas.'
        )
    if session.names.schema_exists(name):
        if lenient:
            return
        raise RedshiftError(f'schema "{name}" already exists')
    database = ("database", session.engine.database, "create")
    check(session.connection, session.user, database, ["create schema"])
    session.connection.execute(f"CREATE SCHEMA {quoted(name)}")
    session.connection.execute(
        f"INSERT INTO {SCHEMA}.schemas VALUES (?, ?, ?, NULL)",
        [functions.next_oid(session.connection), name, owner],
    )


def _quota(cursor: Cursor) -> None:
    """Quotas are read and kept nowhere: they bound tables of sizes that a sandbox does not see."""
    if cursor.take("unlimited"):
        return
    cursor.number()
    if not any(cursor.take(unit) for unit in ("mb", "gb", "tb")):
        raise cursor.syntax_error()


def drop(session: Session, cursor: Cursor) -> None:
    """DROP SCHEMA [IF EXISTS] name, ... [CASCADE | RESTRICT]."""
    cursor.need("drop", "schema")
    lenient = cursor.take("if", "exists")
    names = [cursor.identifier()]
    while cursor.take(","):
        names.append(cursor.identifier())
    cascade = cursor.take("cascade")
    if not cascade:
        cursor.take("restrict")
    cursor.finish()
    for name in names:
        if not session.names.schema_exists(name):
            if lenient:
                continue
            raise RedshiftError(f'schema "{name}" does not exist')
        check_owner(session.connection, session.user, ("schema", name), ["drop schema"])
        _drop_one(session, name, cascade=cascade)


def _drop_one(session: Session, name: str, *, cascade: bool) -> None:
    connection = session.connection
    owned = connection.execute(
        f"SELECT name FROM {SCHEMA}.functions WHERE schema_name = ?", [name]
    ).fetchall()
    relations = relations_of(connection, name)
    called = procedures.names_in(connection, name)
    if (owned or relations or called) and not cascade:
        raise RedshiftError(
            f"cannot drop schema {name} because other objects depend on it\n"
            "  Hint: Use DROP ... CASCADE to drop the dependent objects too."
        )
    for relation in relations:
        drop_relation(connection, relation, cascade=True)
    for (function,) in owned:
        for each in functions.find(connection, name, function):
            functions.drop(connection, each)
    for procedure in called:
        procedures.drop(connection, procedure)
    sequences = connection.execute(
        "SELECT sequence_name FROM duckdb_sequences() WHERE database_name = ? AND schema_name = ?",
        [CATALOG, name],
    ).fetchall()
    for (sequence,) in sequences:
        connection.execute(f"DROP SEQUENCE {quoted(name)}.{quoted(sequence)}")
    connection.execute(f"DROP SCHEMA {quoted(name)}")
    connection.execute(f"DELETE FROM {SCHEMA}.schemas WHERE name = {literal(name)}")
    connection.execute(
        f"DELETE FROM {SCHEMA}.grants WHERE object_kind = 'schema' AND object_name = ?"
        " OR object_kind LIKE '% in schema' AND object_name = ?"
        " OR object_kind = 'function' AND starts_with(object_name, ?)",
        [name, name, f"{name}."],
    )
    connection.execute(f"DELETE FROM {SCHEMA}.default_privileges WHERE schema_name = ?", [name])
