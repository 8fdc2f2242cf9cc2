"""Tables and views as recorded: their OIDs, owners, columns, and what depends on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import quoted
from carto_at_installer.sandbox.engine.functions import next_oid
from carto_at_installer.sandbox.engine.privileges import grant_defaults
from carto_at_installer.sandbox.engine.storage import CATALOG, SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from carto_at_installer.sandbox.engine.data_types import RsType


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. `kind` is `table` or `view`."""

    oid: int
    schema: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column as declared."""

    name: str
    type: RsType
    identity: bool = False


@dataclass(frozen=True, slots=True)
class NewRelation:
    """A relation about to be recorded. `bound` is false for a view WITH NO SCHEMA BINDING."""

    schema: str
    name: str
    kind: str
    owner: str
    columns: Sequence[Column]
    definition: str = ""
    bound: bool = True


def record(
    connection: duckdb.DuckDBPyConnection, new: NewRelation, depends_on: Iterable[int]
) -> None:
    """Write a relation down, with its columns and with what it depends on."""
    oid = next_oid(connection)
    connection.execute(
        f"INSERT INTO {SCHEMA}.relations VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        [oid, new.schema, new.name, new.kind, new.owner, new.definition, new.bound],
    )
    grant_defaults(connection, ("table", f"{new.schema}.{new.name}"), new.schema, new.owner)
    for position, column in enumerate(new.columns, 1):
        connection.execute(
            f"INSERT INTO {SCHEMA}.columns VALUES (?, ?, ?, ?, ?)",
            [oid, position, column.name, column.type.declared, column.identity],
        )
    for other in depends_on:
        connection.execute(f"INSERT INTO {SCHEMA}.dependencies VALUES (?, ?)", [oid, other])


def relations_of(connection: duckdb.DuckDBPyConnection, schema: str) -> list[Relation]:
    """Everything recorded in a schema; views first, because they depend on tables."""
    rows = connection.execute(
        f"SELECT oid, schema_name, name, kind FROM {SCHEMA}.relations WHERE schema_name = ?"
        " ORDER BY kind = 'table', oid DESC",
        [schema],
    ).fetchall()
    return [Relation(*row) for row in rows]


def find_relation(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> Relation | None:
    """The recorded relation of this name."""
    row = connection.execute(
        f"SELECT oid, schema_name, name, kind FROM {SCHEMA}.relations"
        " WHERE schema_name = ? AND name = ?",
        [schema, name],
    ).fetchone()
    return Relation(*row) if row else None


def dependents(connection: duckdb.DuckDBPyConnection, oid: int) -> list[Relation]:
    """The bound views that use an object."""
    rows = connection.execute(
        f"SELECT r.oid, r.schema_name, r.name, r.kind FROM {SCHEMA}.dependencies d"
        f" JOIN {SCHEMA}.relations r ON r.oid = d.view_oid WHERE d.object_oid = ? ORDER BY r.oid",
        [oid],
    ).fetchall()
    return [Relation(*row) for row in rows]


def need_no_dependents(connection: duckdb.DuckDBPyConnection, oid: int, what: str) -> None:
    """Refuse a change under a view: Redshift's views follow what is renamed or changed, DuckDB's do not."""
    if users := dependents(connection, oid):
        raise UnsupportedSqlError(
            f"{what} is not supported by the sandbox while the view {users[0].name} uses it"
        )


def release_dependents(
    connection: duckdb.DuckDBPyConnection, oid: int, what: str, *, cascade: bool
) -> None:
    """Before an object is dropped: drop the views that use it (CASCADE), or raise Redshift's refusal."""
    users = dependents(connection, oid)
    if users and not cascade:
        lines = "\n".join(f"  Detail: view {each.name} depends on {what}" for each in users)
        raise RedshiftError(
            f"cannot drop {what} because other objects depend on it\n{lines}\n"
            "  Hint: Use DROP ... CASCADE to drop the dependent objects too."
        )
    for each in users:
        drop_relation(connection, each, cascade=True)


def drop_relation(
    connection: duckdb.DuckDBPyConnection, relation: Relation, *, cascade: bool
) -> None:
    """Drop a table or view, its record and its sequences."""
    if find_relation(connection, relation.schema, relation.name) is None:
        return
    what = f"{relation.kind} {relation.name}"
    release_dependents(connection, relation.oid, what, cascade=cascade)
    place = f"{quoted(relation.schema)}.{quoted(relation.name)}"
    connection.execute(f"DROP {relation.kind.upper()} {place}")
    if relation.kind == "table":
        _drop_sequences(connection, relation)
    for table, column in (
        ("relations", "oid"),
        ("columns", "relation_oid"),
        ("dependencies", "view_oid"),
    ):
        connection.execute(f"DELETE FROM {SCHEMA}.{table} WHERE {column} = ?", [relation.oid])
    connection.execute(
        f"DELETE FROM {SCHEMA}.grants WHERE object_kind = 'table' AND object_name = ?",
        [f"{relation.schema}.{relation.name}"],
    )


def _drop_sequences(connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    prefix = sequence_name(relation.name, "")
    rows = connection.execute(
        "SELECT sequence_name FROM duckdb_sequences() WHERE database_name = ? AND schema_name = ?"
        " AND starts_with(sequence_name, ?)",
        [CATALOG, relation.schema, prefix],
    ).fetchall()
    for (name,) in rows:
        connection.execute(f"DROP SEQUENCE {quoted(relation.schema)}.{quoted(name)}")


def sequence_name(table: str, column: str) -> str:
    """The sequence behind an IDENTITY column; the sign in it keeps it apart from names that users write."""
    return f"{table}#{column}"
