"""Carries the privileges on functions over a DROP and CREATE, which loses them.

As far as the login can see them: Redshift shows those of others to superusers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sql import ddl
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.sql.objects import SqlObject

_GRANTEES = {"user": ddl.to_user, "role": ddl.to_role, "group": ddl.to_group}


def regranting(
    sql: SqlBackend,
    schema: str,
    gone: Sequence[str],
    created: Sequence[SqlObject],
) -> list[str]:
    """The statements that give what is created the privileges that those of the same names, `gone` then, have now.

    Where somebody has changed the privileges so that PUBLIC has none, PUBLIC loses them again: a new function begins
    with EXECUTE for PUBLIC.
    """
    remade = {name.lower() for name in gone} & {o.name.lower() for o in created}
    if not remade:
        return []
    listed = ", ".join(literal(name) for name in sorted(remade))
    rows = sql.query(
        "SELECT DISTINCT LOWER(function_name), LOWER(identity_type), identity_name FROM svv_function_privileges"
        f" WHERE namespace_name = {literal(schema)} AND LOWER(function_name) IN ({listed})"
        " AND UPPER(privilege_type) = 'EXECUTE' ORDER BY 1, 2, 3"
    ).rows
    statements: list[str] = []
    for o in created:
        holders = [(str(kind), str(who)) for name, kind, who in rows if name == o.name.lower()]
        statements += _statements(schema, o, holders)
    return statements


def _statements(schema: str, o: SqlObject, holders: Sequence[tuple[str, str]]) -> list[str]:
    if not holders:
        return []
    statements = [
        ddl.grant_execute_on(schema, o.name, o.types, _GRANTEES[kind](who), kind=o.kind)
        for kind, who in holders
        if kind in _GRANTEES
    ]
    if not any(kind == "public" for kind, _ in holders):
        statements.append(
            ddl.revoke_execute_on(schema, o.name, o.types, ddl.TO_PUBLIC, kind=o.kind)
        )
    return statements
