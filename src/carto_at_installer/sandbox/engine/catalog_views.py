"""Redshift's system catalogs, as views over the engine's own tables.

A query of `pg_proc` or `information_schema.tables` reads the view of that name in the internal schema. Catalogs that
are not here do not exist for queries, which then fail with their name. Only users' objects are listed: Redshift's own
functions and catalogs are not.
"""

from __future__ import annotations

from carto_at_installer.sandbox.engine import privilege_views, relation_views
from carto_at_installer.sandbox.engine.data_types import all_types
from carto_at_installer.sandbox.engine.shims.macro import SCHEMA
from carto_at_installer.sandbox.errors import UnsupportedSqlError

_SCHEMAS = f"""
    SELECT 2200::BIGINT AS oid, 'public' AS name, 'rdsdb' AS owner, NULL::VARCHAR AS comment
    UNION ALL SELECT 11, 'pg_catalog', 'rdsdb', NULL
    UNION ALL SELECT 10501, 'information_schema', 'rdsdb', NULL
    UNION ALL SELECT oid, name, owner, comment FROM {SCHEMA}.schemas"""
_OWNER = f"coalesce((SELECT u.oid FROM {SCHEMA}.users u WHERE u.name = {{0}}), 1)"
_LANGUAGES = (
    "SELECT 12::BIGINT AS oid, 'internal' AS lanname UNION ALL SELECT 13, 'c' UNION ALL SELECT 14, 'sql'"
    " UNION ALL SELECT 100000, 'plpgsql' UNION ALL SELECT 100003, 'plpythonu'"
    " UNION ALL SELECT 100005, 'exfunc' UNION ALL SELECT 100006, 'mlfunc'"
)
_TYPES = " UNION ALL ".join(
    f"SELECT {oid}::BIGINT AS oid, '{short}' AS typname, '{long}' AS long_name"
    for oid, short, long in all_types()
)
_OID_OF = f"(SELECT t.oid FROM {SCHEMA}.type_names t WHERE t.long_name = {{0}})"
_BASE = "trim(split_part({0}, '(', 1))"
_FUNCTIONS = f"""
    SELECT f.oid, f.name AS proname, n.oid AS pronamespace, {_OWNER.format("f.owner")} AS proowner,
        CASE f.kind WHEN 'external' THEN 100005 WHEN 'python' THEN 100003 ELSE 14 END::BIGINT AS prolang,
        false AS proisagg, false AS prosecdef, false AS proisstrict, false AS proretset,
        left(f.volatility, 1) AS provolatile,
        CAST(json_array_length(f.arguments) AS SMALLINT) AS pronargs,
        f.returns_oid AS prorettype, f.argument_oids AS proargtypes,
        CASE WHEN NOT regexp_matches(f.arguments, '\\["",') AND f.arguments <> '[]'
            THEN CAST(to_json(json_extract_string(f.arguments, '$[*][0]')) AS VARCHAR) END AS proargnames,
        CASE f.kind WHEN 'external' THEN f.name ELSE f.body END AS prosrc, NULL::VARCHAR AS probin,
        NULL::VARCHAR AS proacl
    FROM {SCHEMA}.functions f JOIN {SCHEMA}.pg_namespace n ON n.nspname = f.schema_name
    UNION ALL SELECT p.oid, p.name, n.oid, {_OWNER.format("p.owner")}, 100000, false, p.definer,
        false, false, 'v', CAST(CASE p.signature WHEN '' THEN 0
            ELSE length(p.signature) - length(replace(p.signature, ',', '')) + 1 END AS SMALLINT),
        p.returns_oid, p.argument_oids,
        CASE WHEN NOT regexp_matches(p.arguments, '\\["",') AND p.arguments <> '[]'
            THEN CAST(to_json(json_extract_string(p.arguments, '$[*][0]')) AS VARCHAR) END,
        p.body, NULL, NULL
    FROM {SCHEMA}.procedures p JOIN {SCHEMA}.pg_namespace n ON n.nspname = p.schema_name"""
_MODES = (
    "(SELECT '{' || list_aggregate(list_transform(json_extract_string(p.arguments, '$[*][1]'), lambda m:"
    " CASE m WHEN 'in' THEN 'i' WHEN 'out' THEN 'o' ELSE 'b' END), 'string_agg', ',') || '}'"
    f" FROM {SCHEMA}.procedures p WHERE p.oid = f.oid AND regexp_matches(p.arguments, '\"(out|inout)\"'))"
)

VIEWS: dict[str, str] = {
    "type_names": _TYPES,
    "pg_namespace": f"SELECT oid, name AS nspname, {_OWNER.format('owner')} AS nspowner,"
    f" NULL::VARCHAR AS nspacl FROM ({_SCHEMAS})",
    "pg_language": f"SELECT oid, lanname, oid >= 100000 AS lanispl, true AS lanpltrusted FROM ({_LANGUAGES})",
    "pg_type": f"SELECT oid, typname, 11::BIGINT AS typnamespace FROM {SCHEMA}.type_names",
    "pg_proc": _FUNCTIONS,
    "pg_proc_info": f"SELECT oid AS prooid, proname, pronamespace, proowner, prolang, prosecdef,"
    f" proisstrict, proretset, provolatile, pronargs, prorettype, proargtypes, proargnames, prosrc,"
    f" CASE prolang WHEN 100000 THEN 'p' ELSE 'f' END AS prokind, {_MODES} AS proargmodes,"
    f" NULL::VARCHAR AS proallargtypes FROM {SCHEMA}.pg_proc f",
    "pg_user": f"SELECT name AS usename, oid AS usesysid, createdb AS usecreatedb,"
    f" superuser AS usesuper, false AS usecatupd, '********' AS passwd FROM {SCHEMA}.users",
    "pg_database": "SELECT 100::BIGINT AS oid, CAST(getvariable('rs_database') AS VARCHAR) AS datname",
    "pg_class": f"SELECT r.oid, r.name AS relname, n.oid AS relnamespace, {_OWNER.format('r.owner')}"
    f" AS relowner, CASE r.kind WHEN 'view' THEN 'v' ELSE 'r' END AS relkind"
    f" FROM {SCHEMA}.relations r JOIN {SCHEMA}.pg_namespace n ON n.nspname = r.schema_name",
    "pg_attribute": f"SELECT c.relation_oid AS attrelid, c.name AS attname,"
    f" {_OID_OF.format(_BASE.format('c.type'))} AS atttypid, CAST(c.position AS SMALLINT) AS attnum,"
    f" false AS attisdropped FROM {SCHEMA}.columns c",
    "pg_views": f"SELECT schema_name AS schemaname, name AS viewname, owner AS viewowner, definition"
    f" FROM {SCHEMA}.relations WHERE kind = 'view'",
    "pg_tables": f"SELECT schema_name AS schemaname, name AS tablename, owner AS tableowner"
    f" FROM {SCHEMA}.relations WHERE kind = 'table'",
    "pg_description": f"SELECT oid AS objoid, 0::BIGINT AS classoid, 0 AS objsubid, comment AS description"
    f" FROM {SCHEMA}.schemas WHERE comment IS NOT NULL UNION ALL SELECT oid, 0, 0, comment"
    f" FROM {SCHEMA}.relations WHERE comment IS NOT NULL",
    "svv_redshift_functions": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS database_name,"
    f" schema_name, name AS function_name,"
    f" CASE kind WHEN 'external' THEN 'EXTERNAL FUNCTION' ELSE 'REGULAR FUNCTION' END AS function_type,"
    f" signature AS argument_type, trim(split_part(returns, '(', 1)) AS result_type"
    f" FROM {SCHEMA}.functions UNION ALL SELECT CAST(getvariable('rs_database') AS VARCHAR),"
    f" schema_name, name, 'STORED PROCEDURE', signature, NULL FROM {SCHEMA}.procedures",
    "svv_redshift_schemas": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS database_name,"
    f" name AS schema_name, {_OWNER.format('owner')} AS schema_owner, 'local' AS schema_type,"
    f" NULL::VARCHAR AS schema_acl, NULL::VARCHAR AS schema_option FROM ({_SCHEMAS})",
    "svv_redshift_tables": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS database_name,"
    f" schema_name, name AS table_name, upper(kind) AS table_type, NULL::VARCHAR AS table_acl,"
    f" comment AS remarks FROM {SCHEMA}.relations",
    "svv_redshift_columns": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS database_name,"
    f" r.schema_name, r.name AS table_name, c.name AS column_name, c.position AS ordinal_position,"
    f" c.type AS data_type FROM {SCHEMA}.columns c JOIN {SCHEMA}.relations r ON r.oid = c.relation_oid",
    "information_schema_schemata": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS catalog_name,"
    f" name AS schema_name, owner AS schema_owner FROM ({_SCHEMAS})",
    "information_schema_tables": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS table_catalog,"
    f" schema_name AS table_schema, name AS table_name,"
    f" CASE kind WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type FROM {SCHEMA}.relations",
    "information_schema_columns": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS table_catalog,"
    f" r.schema_name AS table_schema, r.name AS table_name, c.name AS column_name,"
    f" c.position AS ordinal_position, trim(split_part(c.type, '(', 1)) AS data_type,"
    f" TRY_CAST(CASE WHEN c.type LIKE 'character%' THEN split_part(split_part(c.type, '(', 2), ')', 1) END"
    f" AS INTEGER) AS character_maximum_length"
    f" FROM {SCHEMA}.columns c JOIN {SCHEMA}.relations r ON r.oid = c.relation_oid",
    "information_schema_views": f"SELECT CAST(getvariable('rs_database') AS VARCHAR) AS table_catalog,"
    f" schema_name AS table_schema, name AS table_name, definition AS view_definition"
    f" FROM {SCHEMA}.relations WHERE kind = 'view'",
    **relation_views.VIEWS,
    **privilege_views.INTERNAL,
    **privilege_views.VIEWS,
}  # fmt: skip
INTERNAL = frozenset({"type_names", *privilege_views.INTERNAL})
_PREFIXES = ("pg_", "svv_", "svl_", "stl_", "stv_", "sys_")


def definitions() -> list[str]:
    """The CREATE VIEW statements."""
    return [f"CREATE OR REPLACE VIEW {SCHEMA}.{name} AS {query}" for name, query in VIEWS.items()]


def catalog_relation(name: tuple[str, ...]) -> tuple[str, str] | None:
    """The view that a relation's name means when it is a system catalog; None for users' relations.

    Raises UnsupportedSqlError for a system catalog that is not emulated.
    """
    schema, bare = (name[-2], name[-1]) if len(name) > 1 else ("", name[-1])
    if schema == "information_schema":
        found = f"information_schema_{bare}"
    elif schema in {"", "pg_catalog"} and (bare.startswith(_PREFIXES) or schema):
        found = bare
    else:
        return None
    if found not in VIEWS or found in INTERNAL:
        raise UnsupportedSqlError(
            f"the system catalog {'.'.join(name)} is not supported by the sandbox"
        )
    return SCHEMA, found
