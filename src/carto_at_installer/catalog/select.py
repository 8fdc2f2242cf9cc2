"""Finds modules and functions of a catalog by the names that people type."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from carto_at_installer.core.functions import Catalog, Function, Module


def find_module(catalog: Catalog, name: str) -> Module:
    """The module of that name, in any case. Raises UsageError with the closest names."""
    modules = {module.name.lower(): module for module in catalog.modules}
    found = modules.get(name.strip().lower())
    if found is None:
        raise _unknown("module", name, [module.name for module in catalog.modules])
    return found


def select_modules(catalog: Catalog, names: Iterable[str]) -> tuple[Module, ...]:
    """The modules of those names in the catalog's order, or all when no name is given. Raises as `find_module`."""
    wanted = {find_module(catalog, name).name for name in names}
    return tuple(module for module in catalog.modules if not wanted or module.name in wanted)


def find_functions(catalog: Catalog, name: str) -> tuple[Function, ...]:
    """Every overload of a function, its name in any case and with or without a schema before it.

    Raises UsageError with the closest names.
    """
    wanted = name.strip().rpartition(".")[2].strip('"').upper()
    found = tuple(each for each in catalog.functions if each.name == wanted)
    if not found:
        raise _unknown("function", name, [each.name for each in catalog.functions])
    return found


def _unknown(what: str, name: str, known: Collection[str]) -> UsageError:
    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.strip().lower(), sorted(folded), n=3, cutoff=0.75)
    if close:
        names = " or ".join(folded[each] for each in close)
        return UsageError(f"There is no {what} {name!r}.", hint=f"Did you mean {names}?")
    names = ", ".join(sorted(known))
    listing = f"The modules are {names}." if what == "module" else "carto-at list shows them all."
    return UsageError(f"There is no {what} {name!r}.", hint=listing)
