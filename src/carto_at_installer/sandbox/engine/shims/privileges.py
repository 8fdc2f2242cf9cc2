"""The functions that ask for privileges, HAS_..._PRIVILEGE and ..._IS_MEMBER_OF.

DuckDB takes no subqueries in lambdas, so these bodies name their arguments several times: the arguments are names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.shims.macro import SCHEMA, macro

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.shims.macro import Macro

ANYWHERE = "*"
PRIVILEGES: dict[str, tuple[str, ...]] = {
    "schema": ("create", "usage", "alter", "drop"),
    "function": ("execute",),
    "procedure": ("execute",),
    "table": ("select", "insert", "update", "delete", "references", "drop", "truncate", "alter"),
    "language": ("usage",),
    "database": ("create", "temporary", "usage"),
    "iam_role": ("copy", "unload", "external function", "create model"),
}
_USER = "CAST(getvariable('rs_user') AS VARCHAR)"
_PRIVILEGE = "CASE lower(p) WHEN 'temp' THEN 'temporary' ELSE lower(p) END"
_MEMBER = (
    f"EXISTS (SELECT 1 FROM {SCHEMA}.identities i WHERE i.user_name = u"
    " AND i.kind IN ('role', 'group') AND i.name = r)"
)


def _known(kind: str, privilege: str) -> str:
    names = ", ".join(f"'{name}'" for name in PRIVILEGES[kind])
    return f"{privilege} IN ({names})"


def _asking(name: str, kind: str, exists: str, key: str = "o") -> tuple[Macro, Macro]:
    """HAS_x_PRIVILEGE([user,] object, privilege): a user, an object or a privilege that does not exist is an error."""
    missing = {"table": "relation"}.get(kind, kind)

    def body(user: str) -> str:
        return (
            f"CASE WHEN {user} IS NULL OR o IS NULL OR p IS NULL THEN NULL"
            f" WHEN NOT EXISTS (SELECT 1 FROM {SCHEMA}.users w WHERE w.name = {user})"
            f" THEN error('user \"' || {user} || '\" does not exist')"
            f" WHEN NOT {exists} THEN error('{missing} \"' || o || '\" does not exist')"
            f" WHEN NOT {_known(kind, _PRIVILEGE)}"
            " THEN error('unrecognized privilege type: \"' || p || '\"')"
            f" ELSE {SCHEMA}.holds({user}, '{kind}', {key}, {_PRIVILEGE}) END"
        )

    return (macro(f"{name}(u, o, p)", body("u")), macro(f"{name}(o, p)", body(_USER)))


_ROLE = "(CASE WHEN lower(o) IN ('default', 'all') THEN lower(o) ELSE o END)"
HOLDS = macro(
    "holds(u, k, o, p)",
    f"(EXISTS (SELECT 1 FROM {SCHEMA}.users w WHERE w.name = u AND w.superuser)"
    f" OR EXISTS (SELECT 1 FROM {SCHEMA}.owners w WHERE w.object_kind = k AND w.object_name = o AND w.owner = u)"
    f" OR EXISTS (SELECT 1 FROM {SCHEMA}.grants g JOIN {SCHEMA}.identities i"
    " ON i.kind = g.grantee_kind AND i.name = g.grantee WHERE i.user_name = u AND g.privilege = p"
    " AND (g.object_kind = k AND (g.object_name = o OR k = 'iam_role' AND g.object_name = 'all')"
    " OR g.object_kind = k || 's in schema' AND g.object_name = split_part(o, '.', 1)"
    " OR g.object_kind = k || 's in database')))",
)
MACROS: tuple[Macro, ...] = (
    HOLDS,
    *_asking(
        "has_schema_privilege",
        "schema",
        f"EXISTS (SELECT 1 FROM {SCHEMA}.pg_namespace n WHERE n.nspname = lower(o))",
        "lower(o)",
    ),
    *_asking(
        "has_language_privilege",
        "language",
        f"EXISTS (SELECT 1 FROM {SCHEMA}.pg_language n WHERE n.lanname = lower(o))",
        "lower(o)",
    ),
    *_asking(
        "has_database_privilege",
        "database",
        f"EXISTS (SELECT 1 FROM {SCHEMA}.pg_database n WHERE n.datname = lower(o))",
        "lower(o)",
    ),
    *_asking(
        "has_table_privilege",
        "table",
        f"EXISTS (SELECT 1 FROM {SCHEMA}.owners n WHERE n.object_kind = 'table' AND n.object_name = lower(o))",
        "lower(o)",
    ),
    *_asking(
        "has_function_privilege",
        "function",
        f"EXISTS (SELECT 1 FROM {SCHEMA}.owners n WHERE n.object_kind = 'function' AND n.object_name = o)",
    ),
    *_asking("has_assumerole_privilege", "iam_role", "true", _ROLE),
    macro("user_is_member_of(u, r)", _MEMBER),
    macro(
        "role_is_member_of(a, r)",
        f"EXISTS (SELECT 1 FROM {SCHEMA}.role_closure c WHERE c.role_name = a AND c.granted = r)",
    ),
)
