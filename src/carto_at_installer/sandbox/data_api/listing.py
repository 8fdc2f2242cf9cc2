"""What a database holds, as ListDatabases, ListSchemas, ListTables and DescribeTable tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.data_api.results import column_metadata
from carto_at_installer.sandbox.data_api.statements import read_token, write_token
from carto_at_installer.sandbox.data_api.validation import need
from carto_at_installer.sandbox.engine import ResultColumn
from carto_at_installer.sandbox.engine.data_types import parse_type
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import AwsServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from carto_at_installer.sandbox.engine import Session

_MOST = 1000


def databases(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListDatabases: the sandbox has one database in each cluster or workgroup."""
    return _page("Databases", [session.engine.database], request)


def schemas(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListSchemas, those whose names fit SchemaPattern (`%` and `_` as in LIKE)."""
    _check_database(session, request)
    rows = session.connection.execute(
        f"SELECT schema_name FROM {SCHEMA}.svv_redshift_schemas WHERE schema_name LIKE ? ORDER BY 1",
        [request.get("SchemaPattern") or "%"],
    ).fetchall()
    return _page("Schemas", [row[0] for row in rows], request)


def tables(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListTables: tables and views of users, by SchemaPattern and TablePattern."""
    _check_database(session, request)
    rows = session.connection.execute(
        f"SELECT schema_name, name, kind FROM {SCHEMA}.relations WHERE schema_name LIKE ? AND name LIKE ?"
        " ORDER BY 1, 2",
        [request.get("SchemaPattern") or "%", request.get("TablePattern") or "%"],
    ).fetchall()
    found = [{"schema": row[0], "name": row[1], "type": row[2].upper()} for row in rows]
    return _page("Tables", found, request)


def table(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeTable: the columns of a table or view; none for one that does not exist."""
    _check_database(session, request)
    name = str(request.get("Table") or "").lower()
    schema = str(request.get("Schema") or "").lower()
    rows = session.connection.execute(
        f"SELECT r.schema_name, c.name, c.type, coalesce(d.is_nullable, true), d.column_default"
        f" FROM {SCHEMA}.relations r JOIN {SCHEMA}.columns c ON c.relation_oid = r.oid"
        " LEFT JOIN duckdb_columns() d ON d.schema_name = r.schema_name AND d.table_name = r.name"
        " AND d.column_name = c.name AND d.database_name = 'redshift'"
        " WHERE r.name = ? AND (r.schema_name = ? OR ? = '') ORDER BY r.schema_name, c.position",
        [name, schema, schema],
    ).fetchall()
    columns = [_column(name, row) for row in rows]
    return _page("ColumnList", columns, request) | {"TableName": name}


def _column(table_name: str, row: tuple[Any, ...]) -> dict[str, Any]:
    schema, name, declared, nullable, default = row
    kind = parse_type(declared)
    column = ResultColumn(
        name, kind.typname, kind.length, kind.precision or kind.length, kind.scale
    )
    answer = column_metadata(column) | {
        "schemaName": schema,
        "tableName": table_name,
        "nullable": int(nullable),
    }
    if default is not None:
        answer["columnDefault"] = default
    return answer


def _check_database(session: Session, request: Mapping[str, Any]) -> None:
    """Raise for another database than the one that the request connects to."""
    wanted = need(request, "Database")
    if wanted != session.engine.database:
        raise AwsServiceError("ValidationException", f'FATAL: database "{wanted}" does not exist')


def _page(key: str, found: Sequence[Any], request: Mapping[str, Any]) -> dict[str, Any]:
    start = read_token(request.get("NextToken"))
    end = start + (request.get("MaxResults") or _MOST)
    answer: dict[str, Any] = {key: list(found[start:end])}
    if end < len(found):
        answer["NextToken"] = write_token(end)
    return answer


LISTINGS: dict[str, Callable[[Session, Mapping[str, Any]], dict[str, Any]]] = {
    "ListDatabases": databases,
    "ListSchemas": schemas,
    "ListTables": tables,
    "DescribeTable": table,
}
