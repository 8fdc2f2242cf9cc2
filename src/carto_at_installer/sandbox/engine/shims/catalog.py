"""Functions that clients use on the system catalogs."""

from __future__ import annotations

from carto_at_installer.sandbox.engine.data_types import all_types
from carto_at_installer.sandbox.engine.shims.macro import macro

_LONG = (
    "MAP {"
    + ", ".join(f"'{oid}': '{long}'" for oid, _, long in all_types())
    + ", '2278': 'void', '2249': 'record'}"
)
MACROS = (
    macro(
        "oidvectortypes(v varchar)",
        f"CASE WHEN v = '' THEN '' ELSE array_to_string(list_transform(string_split(v, ' '),"
        f" lambda x: {_LONG}[x]), ', ') END",
    ),
    macro("format_type(o, m)", f"{_LONG}[CAST(o AS VARCHAR)]"),
    macro("pg_get_userbyid(o)", "(SELECT usename FROM pg_rs.pg_user WHERE usesysid = o)"),
    macro("obj_description(o)", "(SELECT description FROM pg_rs.pg_description WHERE objoid = o)"),
    macro(
        "obj_description(o, c)", "(SELECT description FROM pg_rs.pg_description WHERE objoid = o)"
    ),
    macro(
        "pg_get_functiondef(o)",
        "(SELECT concat(ddl, ';') FROM pg_rs.functions WHERE functions.oid = o)",
    ),
    macro("pg_backend_pid()", "1"),
)
