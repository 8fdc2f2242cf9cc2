"""How many public functions need no Lambda: counted in the catalog, where calls of other functions count as well."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.cases import catalog
from carto_at_installer.catalog.places import LAMBDA, Places


@dataclass(frozen=True, slots=True)
class Coverage:
    """A module's public SQL names (overloads count once); in SQL are those that never call Lambda."""

    module: str
    names: int
    in_sql: int


def coverage() -> list[Coverage]:
    """Count the functions and procedures of every module."""
    places = Places(catalog())
    counted = []
    for module in catalog().modules:
        public = [each for each in module.functions if each.public]
        calling = {each.name for each in public if places.place(each) == LAMBDA}
        names = {each.name for each in public}
        counted.append(Coverage(module.name, len(names), len(names - calling)))
    return counted
