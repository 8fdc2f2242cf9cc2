"""Redshift's own views of schemas, tables and columns: `svv_tables`, `svv_columns`, `pg_table_def` and their kin.

Keys, encodings and constraints are not kept, so the columns about them say what a table without them would.
"""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims.macro import SCHEMA

_DATABASE = "CAST(getvariable('rs_database') AS VARCHAR)"
_COLUMNS = f"{SCHEMA}.columns c JOIN {SCHEMA}.relations r ON r.oid = c.relation_oid"
_STORED = (
    "LEFT JOIN duckdb_columns() d ON d.database_name = 'redshift' AND d.schema_name = r.schema_name"
    " AND d.table_name = r.name AND d.column_name = c.name"
)
_LENGTH = (
    "TRY_CAST(CASE WHEN c.type LIKE 'character%' THEN split_part(split_part(c.type, '(', 2), ')', 1) END"
    " AS INTEGER)"
)

VIEWS: dict[str, str] = {
    "svv_tables": f"SELECT {_DATABASE} AS table_catalog, schema_name AS table_schema, name AS table_name,"
    f" CASE kind WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type, comment AS remarks"
    f" FROM {SCHEMA}.relations",
    "svv_columns": f"SELECT {_DATABASE} AS table_catalog, r.schema_name AS table_schema, r.name AS table_name,"
    f" c.name AS column_name, c.position AS ordinal_position, d.column_default,"
    f" CASE WHEN coalesce(d.is_nullable, true) THEN 'YES' ELSE 'NO' END AS is_nullable,"
    f" trim(split_part(c.type, '(', 1)) AS data_type, {_LENGTH} AS character_maximum_length,"
    f" NULL::VARCHAR AS remarks FROM {_COLUMNS} {_STORED}",
    "svv_all_schemas": f"SELECT database_name, schema_name, schema_owner, schema_type, schema_acl,"
    f" NULL::VARCHAR AS source_database, schema_option FROM {SCHEMA}.svv_redshift_schemas",
    "svv_all_tables": f"SELECT database_name, schema_name, table_name, table_type, table_acl, remarks"
    f" FROM {SCHEMA}.svv_redshift_tables",
    "svv_all_columns": f"SELECT {_DATABASE} AS database_name, r.schema_name, r.name AS table_name,"
    f" c.name AS column_name, c.position AS ordinal_position, d.column_default,"
    f" CASE WHEN coalesce(d.is_nullable, true) THEN 'YES' ELSE 'NO' END AS is_nullable,"
    f" trim(split_part(c.type, '(', 1)) AS data_type, {_LENGTH} AS character_maximum_length"
    f" FROM {_COLUMNS} {_STORED}",
    "pg_table_def": f'SELECT r.schema_name AS schemaname, r.name AS tablename, c.name AS "column", c.type,'
    f" 'none' AS encoding, false AS distkey, 0 AS sortkey, NOT coalesce(d.is_nullable, true) AS notnull"
    f" FROM {_COLUMNS} {_STORED}",
    "pg_group": f"SELECT p.name AS groname, row_number() OVER (ORDER BY p.name) + 100 AS grosysid"
    f" FROM {SCHEMA}.principals p WHERE p.kind = 'group'",
}
