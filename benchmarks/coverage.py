"""How many public functions need no Lambda: counted in the catalog, where calls of other functions count as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cases import catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.functions import Function


@dataclass(frozen=True, slots=True)
class Coverage:
    """A module's public SQL names (overloads count once) ; in SQL are those that never call Lambda."""

    module: str
    names: int
    in_sql: int


def coverage() -> list[Coverage]:
    """Count the functions and procedures of every module."""
    by_name: dict[str, list[Function]] = {}
    for function in catalog().functions:
        by_name.setdefault(function.name, []).append(function)
    calling = {name: _calls_lambda(name, by_name) for name in by_name}
    counted = []
    for module in catalog().modules:
        names = {each.name for each in module.functions if not each.name.startswith("__")}
        in_sql = sum(not calling[name] for name in names)
        counted.append(Coverage(module.name, len(names), in_sql))
    return counted


def _calls_lambda(name: str, by_name: Mapping[str, list[Function]]) -> bool:
    seen, left = set(), [name]
    while left:
        current = left.pop()
        if current in seen or current not in by_name:
            continue
        seen.add(current)
        if any(each.external for each in by_name[current]):
            return True
        left += [called for each in by_name[current] for called in each.requires]
    return False
