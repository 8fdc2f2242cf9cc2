"""Which functions of the toolbox a piece of SQL calls, and the order of creation that follows.

Redshift checks a SQL function's body when it is created, so what it calls has to exist before it. It keeps no record of
such dependencies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.core.errors import CatalogError
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.statements import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def called_functions(sql: str, schema: str) -> tuple[str, ...]:
    """The names (upper case, sorted) of the functions of `schema` that `sql` calls as `"schema".NAME(...)`."""
    pieces = [token.text for token in tokens(sql) if not token.blank]
    quoted = quote_identifier(schema)
    return tuple(
        sorted(
            {
                name.strip('"').upper()
                for start, dot, name, bracket in zip(
                    pieces, pieces[1:], pieces[2:], pieces[3:], strict=False
                )
                if (start, dot, bracket) == (quoted, ".", "(")
            }
        )
    )


def in_creation_order(names: Iterable[str], calls: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """`names` with every one after those it calls, otherwise in the given order.

    Raises CatalogError naming the circle when functions call each other in one.
    """
    wanted = list(names)
    known = set(wanted)
    ordered: list[str] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise CatalogError(f"These functions call each other in a circle: {circle}.")
        path.append(name)
        for callee in calls.get(name, ()):
            if callee in known:
                visit(callee)
        path.pop()
        ordered.append(name)

    for name in wanted:
        visit(name)
    return tuple(ordered)
