"""Opens the DuckDB file of one database: extension, Python functions, macros, and the engine's own tables.

What DuckDB keeps in the file (schemas, tables, views, macros) survives a restart and a kill; the Python functions do
not, so they are registered at every open, always under the same names.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from carto_at_installer.sandbox.engine import catalog_views, shims, text
from carto_at_installer.sandbox.engine.external import ExternalOptions, ExternalTarget
from carto_at_installer.sandbox.engine.shims import h3_cells, spatial_edits
from carto_at_installer.sandbox.errors import RedshiftError

CATALOG = "redshift"
SCHEMA = shims.SCHEMA
_RESULT_KINDS = {
    "text": (pa.string(), "VARCHAR"),
    "bigint": (pa.int64(), "BIGINT"),
    "double": (pa.float64(), "DOUBLE"),
    "boolean": (pa.bool_(), "BOOLEAN"),
}
_TABLES = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    "CREATE SCHEMA IF NOT EXISTS public",
    f"CREATE SEQUENCE IF NOT EXISTS {SCHEMA}.oids START 100000",
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.settings(name VARCHAR PRIMARY KEY, value VARCHAR)",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.functions(
        oid BIGINT, schema_name VARCHAR, name VARCHAR, signature VARCHAR, arguments VARCHAR,
        returns VARCHAR, kind VARCHAR, volatility VARCHAR, body VARCHAR, options VARCHAR,
        owner VARCHAR, ddl VARCHAR, argument_oids VARCHAR, returns_oid BIGINT)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.procedures(
        oid BIGINT, schema_name VARCHAR, name VARCHAR, signature VARCHAR, arguments VARCHAR,
        body VARCHAR, definer BOOLEAN, owner VARCHAR, ddl VARCHAR, argument_oids VARCHAR,
        returns_oid BIGINT)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.schemas(
        oid BIGINT, name VARCHAR, owner VARCHAR, comment VARCHAR)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.relations(
        oid BIGINT, schema_name VARCHAR, name VARCHAR, kind VARCHAR, owner VARCHAR, definition VARCHAR,
        bound BOOLEAN, comment VARCHAR)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.columns(
        relation_oid BIGINT, position INTEGER, name VARCHAR, type VARCHAR, identity BOOLEAN)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.dependencies(view_oid BIGINT, object_oid BIGINT)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.users(
        oid BIGINT, name VARCHAR, superuser BOOLEAN, createdb BOOLEAN)""",
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.principals(kind VARCHAR, name VARCHAR)",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.default_privileges(
        owner VARCHAR, schema_name VARCHAR, object_kind VARCHAR, privilege VARCHAR, grantee_kind VARCHAR,
        grantee VARCHAR, with_grant BOOLEAN, revoked BOOLEAN)""",
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.roles(oid BIGINT, name VARCHAR, owner VARCHAR)",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.memberships(
        kind VARCHAR, name VARCHAR, member_kind VARCHAR, member VARCHAR, admin_option BOOLEAN)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.lambda_calls(
        user_name VARCHAR, transaction_id BIGINT, query_id BIGINT, function_key VARCHAR, function_position INTEGER,
        lambda_name VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, invocations BIGINT, total_rows BIGINT,
        input_bytes BIGINT, output_bytes BIGINT)""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.grants(
        object_kind VARCHAR, object_name VARCHAR, privilege VARCHAR, grantee_kind VARCHAR,
        grantee VARCHAR, grantor VARCHAR, with_grant BOOLEAN)""",
)


def open_database(path: Path | str, run_external: Any) -> duckdb.DuckDBPyConnection:
    """Open (or create) the file and make it ready. `path` may be `:memory:`.

    `run_external(target, context_id, rows)` is called with the arguments of external functions.
    """
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    connection.execute(f"LOAD '{_spatial_extension()}'")
    location = str(path).replace("'", "''")
    try:
        connection.execute(
            f"ATTACH '{location}' AS {CATALOG} (STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 16384)"
        )
    except duckdb.IOException as error:
        raise RedshiftError(f"the sandbox's database file cannot be opened: {error}") from error
    connection.execute("SET GLOBAL integer_division = true")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL default_null_order = 'nulls_last'")
    _register(connection, run_external)
    connection.execute(f"USE {CATALOG}")
    _prepare(connection)
    return connection


def _spatial_extension() -> Path:
    spec = find_spec("duckdb_extension_spatial")
    if spec is None or spec.origin is None:
        raise RedshiftError("the package duckdb-extension-spatial is not installed")
    folder = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    return folder / "spatial.duckdb_extension"


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create our tables and, after a change of version, our macros. One transaction: all or nothing."""
    connection.execute("BEGIN")
    for statement in _TABLES:
        connection.execute(statement)
    wanted = [*catalog_views.definitions(), *shims.definitions()]
    digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    found = connection.execute(
        f"SELECT value FROM {SCHEMA}.settings WHERE name = 'macros'"
    ).fetchone()
    if found is None or found[0] != digest:
        for statement in wanted:
            connection.execute(statement)
        connection.execute(
            f"INSERT OR REPLACE INTO {SCHEMA}.settings VALUES ('macros', ?)", [digest]
        )
    connection.execute("COMMIT")


def _register(connection: duckdb.DuckDBPyConnection, run_external: Any) -> None:
    """Register the Python functions, in autocommit: DuckDB cannot roll their creation back."""
    create_function: Any = (
        connection.create_function
    )  # Its annotations do not know arrow functions.
    for name, (arrow_type, result) in _RESULT_KINDS.items():
        for suffix, volatile in (("", False), ("_volatile", True)):
            create_function(
                f"pg_external_{name}{suffix}",
                _external(run_external, arrow_type),
                ["VARCHAR", "VARCHAR", "VARCHAR"],
                result,
                type="arrow",
                null_handling="special",
                side_effects=volatile,
            )
    for name, function, arguments, result in (
        ("pg_geometry_text", _geometry_text, ["BLOB", "VARCHAR", "INTEGER"], "VARCHAR"),
        ("pg_geometry_ewkb", _geometry_ewkb, ["BLOB", "INTEGER"], "VARCHAR"),
        ("pg_cut", _cut, ["VARCHAR", "INTEGER"], "VARCHAR"),
        *h3_cells.FUNCTIONS,
        *spatial_edits.FUNCTIONS,
    ):
        create_function(name, function, arguments, result, type="arrow", null_handling="special")


def _external(run_external: Any, arrow_type: pa.DataType) -> Any:
    def call(target: pa.ChunkedArray, context: pa.ChunkedArray, rows: pa.ChunkedArray) -> pa.Array:
        if not len(rows):
            return pa.array([], type=arrow_type)
        parsed = read_target(target[0].as_py())
        results: pa.Array = run_external(parsed, context[0].as_py(), rows.combine_chunks())
        return results

    return call


def write_target(target: ExternalTarget) -> str:
    """The constant that stands in a macro: what the call needs, so that a rollback takes it back as well."""
    options = target.options
    return json.dumps(
        [
            target.name,
            target.arity,
            target.floats,
            target.returns,
            target.length,
            options.lambda_name,
            list(options.role_arns),
            options.retry_timeout_ms,
            options.max_batch_rows,
            options.max_batch_bytes,
            target.signature,
            target.volatile,
        ]
    )


@lru_cache(maxsize=1024)
def read_target(constant: str) -> ExternalTarget:
    """Undo `write_target`."""
    name, arity, floats, returns, length, function, roles, retry, rows, size, *rest = json.loads(
        constant
    )
    options = ExternalOptions(function, tuple(roles), retry, rows, size)
    return ExternalTarget(name, arity, floats, returns, length, options, *rest)


def _geometry_text(
    blobs: pa.ChunkedArray, forms: pa.ChunkedArray, digits: pa.ChunkedArray
) -> pa.Array:
    writers = {"wkt": text.to_wkt, "json": text.to_geojson}
    return pa.array(
        [
            None if None in (blob, count) else writers[form](text.read_wkb(blob), count)
            for blob, form, count in zip(
                blobs.to_pylist(), forms.to_pylist(), digits.to_pylist(), strict=True
            )
        ],
        type=pa.string(),
    )


def _geometry_ewkb(blobs: pa.ChunkedArray, srids: pa.ChunkedArray) -> pa.Array:
    return pa.array(
        [
            None if None in (blob, srid) else text.to_ewkb(blob, srid).hex().upper()
            for blob, srid in zip(blobs.to_pylist(), srids.to_pylist(), strict=True)
        ],
        type=pa.string(),
    )


def _cut(values: pa.ChunkedArray, sizes: pa.ChunkedArray) -> pa.Array:
    """Cut texts to so many bytes, never inside a character."""
    return pa.array(
        [
            None if None in (value, size) else value.encode()[:size].decode(errors="ignore")
            for value, size in zip(values.to_pylist(), sizes.to_pylist(), strict=True)
        ],
        type=pa.string(),
    )
