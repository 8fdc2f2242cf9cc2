"""CREATE VIEW and DROP VIEW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import Cursor, quoted
from carto_at_installer.sandbox.engine.data_types import from_duckdb
from carto_at_installer.sandbox.engine.privileges import check, check_owner
from carto_at_installer.sandbox.engine.relations import (
    Column,
    NewRelation,
    drop_relation,
    find_relation,
    record,
)
from carto_at_installer.sandbox.engine.table_commands import drop_kind
from carto_at_installer.sandbox.engine.transpile import Transpiler
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.session import Session

_UNBOUND = ("with", "no", "schema", "binding")


def create(session: Session, cursor: Cursor) -> None:
    """CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING].

    What a bound view uses cannot be dropped without CASCADE. A view without binding is recorded as using nothing; what
    it names must exist already (Redshift also takes what does not exist yet).
    """
    replace, name, columns = _head(cursor)
    query, bound = _query(cursor)
    schema, bare = session.names.place(name)
    making = ("schema", schema, "create")
    check(session.connection, session.user, making, ["create or replace view"])
    old = find_relation(session.connection, schema, bare)
    if old is not None and (not replace or old.kind != "view"):
        raise RedshiftError(f'relation "{bare}" already exists')
    if old is not None:
        replaced = ("table", f"{schema}.{bare}")
        check_owner(session.connection, session.user, replaced, ["create or replace view"])
    session.names.dependencies.clear()
    duck = Transpiler(session.names).query(query)
    used = set(session.names.dependencies) if bound else set()
    if old is not None:
        drop_relation(session.connection, old, cascade=False)
    place = f"{quoted(schema)}.{quoted(bare)}"
    shown = f"({', '.join(map(quoted, columns))})" if columns else ""
    with session.names.looking():
        session.connection.execute(f"CREATE VIEW {place}{shown} AS {duck}")
    found = [Column(each, from_duckdb(kind)) for each, kind in session.names.describe(place)]
    new = NewRelation(schema, bare, "view", session.user, found, cursor.sql, bound=bound)
    record(session.connection, new, used)


def query_of(definition: str) -> str:
    """The query in a CREATE VIEW statement."""
    cursor = Cursor(definition)
    _head(cursor)
    return _query(cursor)[0]


def _head(cursor: Cursor) -> tuple[bool, tuple[str, ...], list[str]]:
    """(whether it replaces, name, columns); reads up to the query."""
    cursor.need("create")
    replace = cursor.take("or", "replace")
    cursor.need("view")
    name = cursor.name()
    columns = _column_names(cursor)
    cursor.need("as")
    return replace, name, columns


def _column_names(cursor: Cursor) -> list[str]:
    names: list[str] = []
    if cursor.take("("):
        names.append(cursor.identifier())
        while cursor.take(","):
            names.append(cursor.identifier())
        cursor.need(")")
    return names


def _query(cursor: Cursor) -> tuple[str, bool]:
    start, end = cursor.index, len(cursor.tokens)
    tail = tuple(token.text.lower() for token in cursor.tokens[-4:])
    bound = tail != _UNBOUND
    cursor.index = end
    return cursor.source(start, end if bound else end - 4), bound


def drop(session: Session, cursor: Cursor) -> None:
    """DROP VIEW [IF EXISTS] name, ... [CASCADE | RESTRICT]."""
    drop_kind(session, cursor, "view")
