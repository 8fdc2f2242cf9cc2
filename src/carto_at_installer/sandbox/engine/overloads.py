"""Chooses among overloads the way PostgreSQL, and so Redshift, does: exact types first, then implicit casts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.sandbox.engine.data_types import RsType


class Overload(Protocol):
    """What is chosen among: functions and procedures."""

    @property
    def oid(self) -> int:
        """Its identifier."""

    @property
    def name(self) -> str:
        """Its name, for messages."""

    @property
    def arguments(self) -> tuple[RsType, ...]:
        """The types of what it takes."""


_Candidate = TypeVar("_Candidate", bound=Overload)
_LADDERS = (
    ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    ("date", "timestamp without time zone", "timestamp with time zone"),
)
_TEXTS = frozenset({"character", "character varying"})


def castable(given: RsType | None, wanted: RsType) -> bool:
    """Whether an argument of one type is taken for a parameter of another without a cast being written."""
    if given is None or given.name == wanted.name:
        return True
    if given.name in _TEXTS and wanted.name in _TEXTS:
        return True
    return any(
        given.name in ladder
        and wanted.name in ladder
        and ladder.index(given.name) < ladder.index(wanted.name)
        for ladder in _LADDERS
    )


def _steps(given: RsType | None, wanted: RsType) -> int:
    """How far a cast goes; a literal text prefers a text parameter."""
    if given is None:
        return 0 if wanted.name in _TEXTS else 1
    if given.name == wanted.name:
        return 0
    for ladder in _LADDERS:
        if given.name in ladder and wanted.name in ladder:
            return ladder.index(wanted.name) - ladder.index(given.name)
    return 1


def best_overload(
    candidates: Sequence[_Candidate], given: Sequence[RsType | None]
) -> _Candidate | None:
    """The overload that fits best; None when none fits. Raises RedshiftError when two fit equally well."""
    fitting = [
        each
        for each in candidates
        if all(castable(g, w) for g, w in zip(given, each.arguments, strict=True))
    ]
    if not fitting:
        return None
    cost = {
        each.oid: sum(_steps(g, w) for g, w in zip(given, each.arguments, strict=True))
        for each in fitting
    }
    least = min(cost.values())
    best = [each for each in fitting if cost[each.oid] == least]
    if len(best) > 1:
        shown = ", ".join(kind.name if kind else '"unknown"' for kind in given)
        raise RedshiftError(f"function {best[0].name}({shown}) is not unique")
    return best[0]
