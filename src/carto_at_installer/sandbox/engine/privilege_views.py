"""The catalogs of roles, grants and Lambda calls, and the views that checks of privileges stand on.

Superusers see all rows of the SVV views; others those of identities that they are, belong to or own, and of PUBLIC.
"""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims.macro import SCHEMA

_IDENTITY_ID = (
    f"coalesce((SELECT u.oid FROM {SCHEMA}.users u WHERE g.grantee_kind = 'user' AND u.name = g.grantee),"
    f" (SELECT r.oid FROM {SCHEMA}.roles r WHERE g.grantee_kind = 'role' AND r.name = g.grantee), 0)"
)
_ME = "CAST(getvariable('rs_user') AS VARCHAR)"
_ALL_SEEN = f"EXISTS (SELECT 1 FROM {SCHEMA}.users w WHERE w.name = {_ME} AND w.superuser)"
# Not a correlated EXISTS: over a recursive view DuckDB loses rows of it once many grants have come and gone.
_SEEN = (
    f"({_ALL_SEEN} OR ({{0}}, {{1}}) IN (SELECT (i.kind, i.name) FROM {SCHEMA}.identities i WHERE i.user_name = {_ME})"
    f" OR {{0}} = 'role' AND {{1}} IN (SELECT w.name FROM {SCHEMA}.roles w WHERE w.owner = {_ME}))"
)
_GRANT_SEEN = _SEEN.format("g.grantee_kind", "g.grantee")
_WHO = f"{_IDENTITY_ID} AS identity_id, g.grantee AS identity_name, g.grantee_kind AS identity_type"
_USER_ID = f"(SELECT u.oid FROM {SCHEMA}.users u WHERE u.name = {{0}})"
_ROLE_ID = f"(SELECT r.oid FROM {SCHEMA}.roles r WHERE r.name = {{0}})"


def _granted(kind: str, columns: str) -> str:
    return (
        f"SELECT {columns}, upper(g.privilege) AS privilege_type, {_WHO}, g.with_grant AS admin_option"
        f" FROM {SCHEMA}.grants g WHERE g.object_kind IN ({kind}) AND {_GRANT_SEEN}"
    )


INTERNAL: dict[str, str] = {
    "identities": f"""WITH RECURSIVE found(user_name, kind, name) AS (
        (SELECT name, 'user', name FROM {SCHEMA}.users UNION ALL SELECT name, 'public', 'public' FROM {SCHEMA}.users)
        UNION SELECT f.user_name, m.kind, m.name FROM found f
        JOIN {SCHEMA}.memberships m ON m.member_kind = f.kind AND m.member = f.name) SELECT * FROM found""",
    "role_closure": f"""WITH RECURSIVE found(role_name, granted) AS (
        SELECT member, name FROM {SCHEMA}.memberships WHERE kind = 'role' AND member_kind = 'role'
        UNION SELECT f.role_name, m.name FROM found f JOIN {SCHEMA}.memberships m
        ON m.kind = 'role' AND m.member_kind = 'role' AND m.member = f.granted) SELECT * FROM found""",
    "owners": f"""SELECT 'schema' AS object_kind, name AS object_name, owner FROM {SCHEMA}.schemas
        UNION ALL
        SELECT 'function', schema_name || '.' || name || '(' || signature || ')', owner FROM {SCHEMA}.functions
        UNION ALL SELECT 'procedure', schema_name || '.' || name || '(' || signature || ')', owner
        FROM {SCHEMA}.procedures
        UNION ALL SELECT 'table', schema_name || '.' || name, owner FROM {SCHEMA}.relations""",
}
VIEWS: dict[str, str] = {
    "svv_roles": f"SELECT oid AS role_id, name AS role_name, owner AS role_owner, NULL::VARCHAR AS external_id"
    f" FROM {SCHEMA}.roles WHERE {_SEEN.format(chr(39) + 'role' + chr(39), 'name')}",
    "svv_user_grants": f"SELECT {_USER_ID.format('m.member')} AS user_id, m.member AS user_name,"
    f" {_ROLE_ID.format('m.name')} AS role_id, m.name AS role_name, m.admin_option FROM {SCHEMA}.memberships m"
    f" WHERE m.kind = 'role' AND m.member_kind = 'user' AND ({_ALL_SEEN} OR m.member = {_ME})",
    "svv_role_grants": f"SELECT {_ROLE_ID.format('m.member')} AS role_id, m.member AS role_name,"
    f" {_ROLE_ID.format('m.name')} AS granted_role_id, m.name AS granted_role_name FROM {SCHEMA}.memberships m"
    f" WHERE m.kind = 'role' AND m.member_kind = 'role'"
    f" AND {_SEEN.format(chr(39) + 'role' + chr(39), 'm.member')}",
    "svv_system_privileges": f"SELECT upper(g.privilege) AS system_privilege, {_WHO} FROM {SCHEMA}.grants g"
    f" WHERE g.object_kind = 'system' AND {_GRANT_SEEN}",
    "svv_iam_privileges": f"SELECT g.object_name AS iam_arn,"
    f" CASE g.privilege WHEN 'external function' THEN 'EXFUNC' ELSE upper(g.privilege) END AS command_type,"
    f" {_WHO} FROM {SCHEMA}.grants g WHERE g.object_kind = 'iam_role' AND {_GRANT_SEEN}",
    "svv_language_privileges": _granted("'language'", "g.object_name AS language_name"),
    "svv_database_privileges": _granted("'database'", "g.object_name AS database_name"),
    "svv_schema_privileges": _granted("'schema'", "g.object_name AS namespace_name"),
    "svv_relation_privileges": _granted(
        "'table'",
        "split_part(g.object_name, '.', 1) AS namespace_name,"
        " substr(g.object_name, instr(g.object_name, '.') + 1) AS relation_name",
    ),
    "svv_function_privileges": _granted(
        "'function', 'procedure'",
        "split_part(g.object_name, '.', 1) AS namespace_name,"
        " split_part(substr(g.object_name, instr(g.object_name, '.') + 1), '(', 1) AS function_name,"
        " rtrim(split_part(g.object_name, '(', 2), ')') AS argument_types",
    ),
    "svv_default_privileges": "SELECT nullif(g.schema_name, '') AS schema_name,"
    " CASE g.object_kind WHEN 'table' THEN 'RELATION' ELSE upper(g.object_kind) END AS object_type,"
    f" {_USER_ID.format('g.owner')} AS owner_id, g.owner AS owner_name, 'user' AS owner_type,"
    f" upper(g.privilege) AS privilege_type, {_WHO.replace('identity_', 'grantee_')},"
    f" g.with_grant AS admin_option FROM {SCHEMA}.default_privileges g WHERE NOT g.revoked AND {_GRANT_SEEN}",
    "sys_ludf_detail": f"""SELECT {_USER_ID.format("c.user_name")} AS user_id, c.transaction_id, c.query_id,
        (SELECT f.oid FROM {SCHEMA}.functions f
         WHERE f.schema_name || '.' || f.name || '(' || f.signature || ')' = c.function_key) AS function_oid,
        c.function_position, 0 AS stream_id, 0 AS segment_id, 0 AS step_id,
        c.lambda_name AS lambda_function_name, c.start_time, c.end_time,
        system.main.date_diff('microsecond', c.start_time, c.end_time) AS total_duration, c.invocations, c.total_rows,
        c.input_bytes, c.output_bytes FROM {SCHEMA}.lambda_calls c""",
}
SUPERUSERS_ONLY = frozenset({"sys_ludf_detail"})
