"""What the database really holds, whatever the release tables say: the functions of the schema, from the catalogs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carto_at_installer.core.functions import Kind
from carto_at_installer.core.releases import ForeignFunction, Installation, RecordedObject
from carto_at_installer.sql import ddl
from carto_at_installer.sql.database import DatabaseFunction, functions_of_schema
from carto_at_installer.sql.types import base_type, signature_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.plan.resources import DesiredState
    from carto_at_installer.sql.objects import SqlObject

_UNKNOWN = "?"
_LANGUAGES = {
    Kind.SQL: {"sql"},
    Kind.EXTERNAL: {"exfunc", "external"},
    Kind.PROCEDURE: {"plpgsql"},
}
_OUR_LANGUAGES = frozenset().union(*_LANGUAGES.values())


def functions_in(connection: Connection) -> tuple[DatabaseFunction, ...]:
    """All functions of the connection's schema, of whatever owner and language."""
    return functions_of_schema(connection.sql, connection.schema)


def _key(o: RecordedObject) -> str:
    return signature_key(o.name, tuple(o.types.split(", ")) if o.types else ())


def as_it_is(
    installation: Installation, desired: DesiredState, found: Iterable[DatabaseFunction]
) -> Installation:
    """The installation as the database shows it.

    Recorded objects that are not there are left out. One that has become of another kind, or returns something else, is
    made to be dropped first: Redshift replaces like by like. One whose body is not what was recorded counts as changed.
    """
    present = {function.key: function for function in found}
    bodies = {o.digest: ddl.body(o.ddl) for m in desired.modules for o in m.objects}
    objects = [
        _as_found(o, present[_key(o)], bodies.get(o.digest))
        for o in installation.objects
        if _key(o) in present
    ]
    return replace(installation, objects=tuple(objects))


def _as_found(o: RecordedObject, found: DatabaseFunction, body: str | None) -> RecordedObject:
    if found.language not in _LANGUAGES[Kind(o.kind)] or not _returns_like(
        found, o.kind, o.returns
    ):
        return replace(o, kind=found.language, returns=_UNKNOWN, digest="")
    if body is not None and ddl.ddl_digest(body) != ddl.ddl_digest(found.source):
        return replace(o, digest="")
    return o


def _returns_like(found: DatabaseFunction, kind: str, returns: str) -> bool:
    """Whether a function returns what is recorded; for a procedure, whether it is one."""
    if kind == Kind.PROCEDURE:
        return found.language == "plpgsql"
    return found.returns == base_type(returns)


def doubted(installation: Installation) -> Installation:
    """The installation with every definition counted as changed."""
    return replace(installation, objects=tuple(replace(o, digest="") for o in installation.objects))


def with_foreign(
    installation: Installation | None,
    desired: DesiredState,
    found: Iterable[DatabaseFunction],
    *,
    lost: bool = False,
) -> Installation:
    """The installation plus functions of others that bear our signatures, as if they were old definitions of ours.

    They are set aside: one in SQL that returns the same as a copy, since views that use it shall use ours; not one that
    says the same as ours. Where the
    release tables were `lost`, functions in the languages of ours are our own: they are replaced, and one that returns
    something else is dropped first, as Redshift replaces like by like.
    """
    base = installation or Installation()
    known = {_key(o) for o in base.objects}
    wanted = {signature_key(o.name, o.types): o for m in desired.modules for o in m.objects}
    taken = [(wanted[f.key], f) for f in found if f.key in wanted and f.key not in known]
    own = _OUR_LANGUAGES if lost else frozenset()
    return replace(
        base,
        objects=(*base.objects, *(_as_old(ours, function) for ours, function in taken)),
        foreign=tuple(
            _foreign(ours, f) for ours, f in taken if f.language not in own and not _same(f, ours)
        ),
    )


def _as_old(ours: SqlObject, found: DatabaseFunction) -> RecordedObject:
    returns = ours.returns if _like(found, ours) else _UNKNOWN
    return RecordedObject(ours.module, ours.name, ours.signature, found.language, returns, "")


def _like(found: DatabaseFunction, ours: SqlObject) -> bool:
    """Whether Redshift replaces the one by the other."""
    return found.language in _LANGUAGES[ours.kind] and _returns_like(found, ours.kind, ours.returns)


def _same(found: DatabaseFunction, ours: SqlObject) -> bool:
    """Whether a function says what ours says: then nothing is lost with it."""
    if found.language != "sql" or not _like(found, ours):
        return False
    body = ddl.body(ours.ddl)
    return body is not None and ddl.ddl_digest(body) == ddl.ddl_digest(found.source)


def _foreign(ours: SqlObject, function: DatabaseFunction) -> ForeignFunction:
    return ForeignFunction(
        module=ours.module,
        name=ours.name,
        signature=ours.signature,
        returns=ours.returns,
        language=function.language,
        volatility=function.volatility,
        source=function.source,
        owner=function.owner,
        copied=function.language == "sql" and _like(function, ours),
    )
