"""What the database really holds, whatever the release tables say: the functions of the schema, from the catalogs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carto_at_installer.core.functions import Kind
from carto_at_installer.core.releases import Installation, RecordedObject
from carto_at_installer.sql.literals import literal
from carto_at_installer.sql.types import base_type, catalog_type, signature_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.plan.resources import DesiredState

_REPLACEABLE = {"sql", "exfunc", "external"}
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class DatabaseFunction:
    """A function of the schema as `pg_proc` shows it. `key` identifies it whatever the lengths of its types."""

    name: str
    types: tuple[str, ...]
    returns: str
    language: str

    @property
    def key(self) -> str:
        """Name and base types, as `signature_key` writes them."""
        return signature_key(self.name, self.types)


def functions_in(connection: Connection) -> tuple[DatabaseFunction, ...]:
    """All functions of the schema, of whatever owner and language."""
    rows = connection.sql.query(
        "SELECT p.proname, oidvectortypes(p.proargtypes), format_type(p.prorettype, NULL), l.lanname"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang"
        f" WHERE n.nspname = {literal(connection.schema)} ORDER BY 1, 2"
    ).rows
    return tuple(
        DatabaseFunction(name, _types(arguments), catalog_type(returns), language)
        for name, arguments, returns, language in rows
    )


def _types(arguments: str) -> tuple[str, ...]:
    return tuple(catalog_type(part) for part in arguments.split(",") if part.strip())


def _key(o: RecordedObject) -> str:
    return signature_key(o.name, tuple(o.types.split(", ")) if o.types else ())


def without_missing(installation: Installation, found: Iterable[DatabaseFunction]) -> Installation:
    """The installation less the recorded objects that are not in the database, or return something else there."""
    present = {function.key: function for function in found}
    kept = tuple(
        o
        for o in installation.objects
        if _key(o) in present and _returns_like(present[_key(o)], o.kind, o.returns)
    )
    return replace(installation, objects=kept)


def _returns_like(found: DatabaseFunction, kind: str, returns: str) -> bool:
    """Whether a function returns what is recorded; for a procedure, whether it is one."""
    if kind == Kind.PROCEDURE:
        return found.language == "plpgsql"
    return found.returns == base_type(returns)


def with_foreign(
    installation: Installation | None, desired: DesiredState, found: Iterable[DatabaseFunction]
) -> Installation:
    """The installation plus functions of others that bear our signatures, as if they were old definitions of ours.

    One in another language, or with another return type, is made to be dropped first: Redshift replaces like by like.
    """
    base = installation or Installation()
    known = {_key(o) for o in base.objects}
    wanted = {signature_key(o.name, o.types): o for m in desired.modules for o in m.objects}
    foreign = []
    for function in found:
        ours = wanted.get(function.key)
        if ours is None or function.key in known:
            continue
        same = function.language in _REPLACEABLE | {"plpgsql"} and _returns_like(
            function, ours.kind, ours.returns
        )
        returns = ours.returns if same else _UNKNOWN
        foreign.append(
            RecordedObject(ours.module, ours.name, ours.signature, function.language, returns, "")
        )
    return replace(base, objects=(*base.objects, *foreign))
