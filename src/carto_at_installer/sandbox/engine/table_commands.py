"""CREATE TABLE, DROP TABLE, TRUNCATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import quoted
from carto_at_installer.sandbox.engine.data_types import MAX_VARCHAR, from_duckdb
from carto_at_installer.sandbox.engine.privileges import check, check_owner
from carto_at_installer.sandbox.engine.relations import (
    Column,
    NewRelation,
    drop_relation,
    find_relation,
    record,
    sequence_name,
)
from carto_at_installer.sandbox.engine.table_grammar import create_table
from carto_at_installer.sandbox.engine.transpile import Transpiler
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.data_types import RsType
    from carto_at_installer.sandbox.engine.session import Session
    from carto_at_installer.sandbox.engine.table_grammar import ColumnDefinition, TableDefinition


def create(session: Session, cursor: Cursor) -> None:
    """CREATE [TEMP] TABLE [IF NOT EXISTS], with columns or AS a query."""
    table = create_table(cursor)
    if table.temporary:
        schema, name = "temp", session.names.split(table.name)[1]
    else:
        schema, name = session.names.place(table.name)
    _check_creation(session, schema)
    existing = session.names.relation_or_none((name,) if schema == "temp" else (schema, name))
    if existing and existing[0] == schema:
        if table.lenient:
            return
        raise RedshiftError(f'relation "{name}" already exists')
    place = quoted(name) if schema == "temp" else f"{quoted(schema)}.{quoted(name)}"
    columns = (
        _create_as(session, table, place)
        if table.query
        else _create_plain(session, table, schema, place)
    )
    if schema != "temp":
        record(session.connection, NewRelation(schema, name, "table", session.user, columns), ())


def _check_creation(session: Session, schema: str) -> None:
    """Raise unless the user may create a table in a schema, or temporary ones."""
    wanted = (
        ("database", session.engine.database, "temporary")
        if schema == "temp"
        else ("schema", schema, "create")
    )
    check(session.connection, session.user, wanted, ["create table"])


def _create_words(table: TableDefinition) -> str:
    return "CREATE TEMP TABLE" if table.temporary else "CREATE TABLE"


def _create_as(session: Session, table: TableDefinition, place: str) -> list[Column]:
    query = session.compiled(table.query)
    names = f"({', '.join(map(quoted, table.query_columns))})" if table.query_columns else ""
    session.connection.execute(f"{_create_words(table)} {place}{names} AS {query}")
    return [Column(each, from_duckdb(kind)) for each, kind in session.names.describe(place)]


def _create_plain(
    session: Session, table: TableDefinition, schema: str, place: str
) -> list[Column]:
    seen: set[str] = set()
    for column in table.columns:
        if column.name in seen:
            raise RedshiftError(f'column "{column.name}" duplicated')
        seen.add(column.name)
    definitions = [
        column_definition(session, schema, table.name[-1], each) for each in table.columns
    ]
    session.connection.execute(f"{_create_words(table)} {place}({', '.join(definitions)})")
    return [
        Column(each.name, each.type, each.identity is not None and not each.by_default)
        for each in table.columns
    ]


def column_definition(session: Session, schema: str, table: str, column: ColumnDefinition) -> str:
    """A column as DuckDB's CREATE TABLE takes it."""
    parts = [quoted(column.name), column.type.duckdb]
    if column.identity:
        parts.append(f"DEFAULT nextval('{_sequence(session, schema, table, column)}')")
    elif column.default:
        parts.append(f"DEFAULT ({Transpiler(session.names).expression(column.default)})")
    if column.required or column.identity:
        parts.append("NOT NULL")
    if column.type.textual:
        parts.append(f"CHECK {length_check(column.name, column.type)}")
    return " ".join(parts)


def length_check(name: str, kind: RsType) -> str:
    """The condition that keeps a text column to its length in bytes."""
    return f"(strlen({quoted(name)}) <= {min(kind.length, MAX_VARCHAR)})"


def _sequence(session: Session, schema: str, table: str, column: ColumnDefinition) -> str:
    if schema == "temp":
        raise RedshiftError("IDENTITY in a temporary table is not supported by the sandbox")
    seed, step = column.identity or (1, 1)
    name = f"{quoted(schema)}.{quoted(sequence_name(table, column.name))}"
    session.connection.execute(f"CREATE SEQUENCE {name} START {seed} INCREMENT {step}")
    return name.replace("'", "''")


def drop(session: Session, cursor: Cursor) -> None:
    """DROP TABLE [IF EXISTS] name, ... [CASCADE | RESTRICT]."""
    drop_kind(session, cursor, "table")


def drop_kind(session: Session, cursor: Cursor, kind: str) -> None:
    """DROP TABLE or DROP VIEW."""
    cursor.need("drop", kind)
    lenient = cursor.take("if", "exists")
    names = [cursor.name()]
    while cursor.take(","):
        names.append(cursor.name())
    cascade = cursor.take("cascade")
    if not cascade:
        cursor.take("restrict")
    cursor.finish()
    for name in names:
        found = session.names.relation_or_none(name)
        if found is None:
            if lenient:
                continue
            raise RedshiftError(f"{kind.capitalize()} {'.'.join(name)} does not exist.")
        _drop_found(session, found, kind, cascade=cascade)


def _drop_found(session: Session, found: tuple[str, str, str], kind: str, *, cascade: bool) -> None:
    schema, name, actual = found
    if actual != kind:
        raise RedshiftError(f'"{name}" is not a {kind}')
    if schema == "temp":
        session.connection.execute(f"DROP TABLE temp.main.{quoted(name)}")
        return
    check_owner(session.connection, session.user, ("table", f"{schema}.{name}"), [f"drop {kind}"])
    relation = find_relation(session.connection, schema, name)
    if relation is None:
        raise RedshiftError(f'relation "{schema}.{name}" is not recorded in the catalog')
    drop_relation(session.connection, relation, cascade=cascade)


def truncate(session: Session, cursor: Cursor) -> None:
    """TRUNCATE [TABLE] name. It commits the transaction that it runs in, as in Redshift."""
    cursor.need("truncate")
    cursor.take("table")
    schema, name, kind = session.names.relation(cursor.name())
    cursor.finish()
    if kind != "table":
        raise RedshiftError(f'"{name}" is not a table')
    place = f"temp.main.{quoted(name)}" if schema == "temp" else f"{quoted(schema)}.{quoted(name)}"
    if schema != "temp":
        wanted = ("table", f"{schema}.{name}", "truncate")
        check(session.connection, session.user, wanted, ["truncate table"])
    session.connection.execute(f"DELETE FROM {place}")
    session.commit()


def select_into(cursor: Cursor) -> str:
    """SELECT ... INTO [TEMP | TEMPORARY] [TABLE] name FROM ... as CREATE TABLE AS; nothing for another statement."""
    if cursor.peek() not in {"select", "with"}:
        return ""
    depth, place = 0, -1
    for index, token in enumerate(cursor.tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        word = token.text.lower() if not depth and token.kind == "word" else ""
        if word == "into":
            place = index
            break
        if word in {"from", "union", "where"}:
            return ""
    if place < 0:
        return ""
    cursor.index = place + 1
    temporary = "TEMP " if cursor.take("temp") or cursor.take("temporary") else ""
    cursor.take("table")
    start = cursor.index
    cursor.name()
    name = cursor.source(start, cursor.index)
    query = f"{cursor.source(0, place)} {cursor.rest()}"
    return f"CREATE {temporary}TABLE {name} AS {query}"
