"""Finds modules and functions of a catalog by the names and patterns that people type.

Names are taken in any case, functions also with a schema before them; `*`, `?` and `[...]` make a pattern. What names
nothing is refused with the closest names.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from carto_at_installer.core.functions import Catalog, Function, Module
    from carto_at_installer.core.options import SelectionOptions

_PATTERN_MARKS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Addition:
    """A function that was not asked for, but that others need. `needed_by` are the names of those that call it."""

    name: str
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """The chosen part of a catalog.

    `catalog` holds the chosen functions only; modules of which nothing is chosen are not in it, and modules of which no
    external function is chosen have no Lambda settings. `added` are the functions that were added as dependencies.
    """

    catalog: Catalog
    added: tuple[Addition, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of the chosen functions."""
        return frozenset(function.name for function in self.catalog.functions)


def select(catalog: Catalog, wishes: SelectionOptions, *, closed: bool = True) -> Selected:
    """The functions that `wishes` choose, with everything that they call (unless not `closed`).

    Raises UsageError for a name or pattern that fits nothing, when nothing is left, and when something that is needed
    is excluded.
    """
    catalog = _for_cloud(catalog, wishes.cloud)
    chosen = _chosen(catalog, wishes)
    excluded = _excluded(catalog, wishes)
    asked = chosen - excluded
    if wishes.only is not None:
        asked &= {name.upper() for name in wishes.only}
    elif not asked:
        raise UsageError(
            "Nothing is left to work on: --exclude takes back all that is chosen",
            hint="See what a choice means with: carto-at list --modules ... --exclude ...",
        )
    if not closed:
        return Selected(narrowed(catalog, asked))
    callers = _with_dependencies(catalog, asked)
    _refuse_excluded(callers, excluded)
    added = tuple(
        Addition(name, tuple(sorted(needed_by)))
        for name, needed_by in sorted(callers.items())
        if name not in asked
    )
    return Selected(narrowed(catalog, asked | callers.keys()), added)


def narrowed(catalog: Catalog, names: Collection[str]) -> Catalog:
    """The catalog with the functions of these names only, as described at `Selected`."""
    modules = []
    for module in catalog.modules:
        functions = tuple(each for each in module.functions if each.name in names)
        external = any(each.external for each in functions)
        if functions:
            settings = module.lambda_settings if external else None
            modules.append(replace(module, functions=functions, lambda_settings=settings))
    return replace(catalog, modules=tuple(modules))


def sql_names(catalog: Catalog) -> frozenset[str]:
    """The names of all SQL objects that the functions of a catalog become."""
    return frozenset(
        name
        for function in catalog.functions
        for name in (function.name, function.external.name if function.external else None)
        if name
    )


def reached_names(catalog: Catalog, name: str) -> frozenset[str]:
    """The names of the SQL objects of a function and of all that it calls, directly or not."""
    return sql_names(narrowed(catalog, {name, *_with_dependencies(catalog, {name})}))


def callers_outside(catalog: Catalog, names: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Which functions of the catalog outside `names` call those that are in it, by the names of their SQL objects."""
    outside: dict[str, set[str]] = {}
    for function in catalog.functions:
        if function.name not in names:
            for callee in set(function.requires) & set(names):
                outside.setdefault(callee, set()).add(function.name)
    return {
        name: frozenset(outside[function.name])
        for function in catalog.functions
        if function.name in outside
        for name in (function.name, function.external.name if function.external else None)
        if name
    }


def find_module(catalog: Catalog, name: str) -> Module:
    """The module of that name, in any case. Raises UsageError with the closest names."""
    modules = {module.name.lower(): module for module in catalog.modules}
    found = modules.get(name.strip().lower())
    if found is None:
        raise _unknown("module", name, [module.name for module in catalog.modules])
    return found


def find_functions(catalog: Catalog, name: str) -> tuple[Function, ...]:
    """Every overload of a function, its name in any case and with or without a schema before it.

    Raises UsageError with the closest names.
    """
    wanted = _function_name(name)
    found = tuple(each for each in catalog.functions if each.name == wanted)
    if not found:
        raise _unknown("function", name, [each.name for each in catalog.functions])
    return found


def _for_cloud(catalog: Catalog, cloud: str) -> Catalog:
    modules = (
        replace(module, functions=tuple(f for f in module.functions if cloud in f.clouds))
        for module in catalog.modules
    )
    return replace(catalog, modules=tuple(module for module in modules if module.functions))


def _chosen(catalog: Catalog, wishes: SelectionOptions) -> set[str]:
    if not wishes.modules and not wishes.functions:
        return {function.name for function in catalog.functions}
    found: set[str] = set()
    for pattern in wishes.modules:
        found |= _of_modules(catalog, pattern) or _refused(catalog, "module", pattern, wishes)
    for pattern in wishes.functions:
        found |= _of_functions(catalog, pattern) or _refused(catalog, "function", pattern, wishes)
    return found


def _excluded(catalog: Catalog, wishes: SelectionOptions) -> set[str]:
    found: set[str] = set()
    for pattern in wishes.exclude:
        names = _of_modules(catalog, pattern) | _of_functions(catalog, pattern)
        found |= names or _refused(catalog, "module or function", pattern, wishes)
    return found


def _of_modules(catalog: Catalog, pattern: str) -> set[str]:
    """The names of the functions of the modules that fit."""
    wanted = pattern.strip().lower()
    return {
        function.name
        for module in catalog.modules
        if fnmatchcase(module.name.lower(), wanted)
        for function in module.functions
    }


def _of_functions(catalog: Catalog, pattern: str) -> set[str]:
    """The names of the functions that fit by their own name or by that of their external half."""
    wanted = _function_name(pattern)
    return {
        function.name
        for function in catalog.functions
        if fnmatchcase(function.name, wanted)
        or (function.external and fnmatchcase(function.external.name, wanted))
    }


def _function_name(text: str) -> str:
    return text.strip().rpartition(".")[2].strip('"').upper()


def _with_dependencies(catalog: Catalog, asked: Collection[str]) -> dict[str, set[str]]:
    """What the asked functions call, directly or not, each with its direct callers."""
    requires: dict[str, set[str]] = {}
    for function in catalog.functions:
        requires.setdefault(function.name, set()).update(function.requires)
    callers: dict[str, set[str]] = {}
    waiting, seen = sorted(asked), set(asked)
    while waiting:
        name = waiting.pop()
        for callee in requires.get(name, ()):
            callers.setdefault(callee, set()).add(name)
            if callee not in seen:
                seen.add(callee)
                waiting.append(callee)
    return callers


def _refuse_excluded(callers: Mapping[str, Iterable[str]], excluded: Collection[str]) -> None:
    for name in sorted(set(callers) & set(excluded)):
        needed_by = sorted(callers[name])
        raise UsageError(
            f"{name} is excluded, but {_and_more(needed_by)} need{'s' if len(needed_by) == 1 else ''} it",
            hint=f"Exclude {'that function' if len(needed_by) == 1 else 'those'} too, or leave {name} in.",
        )


def _and_more(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _refused(catalog: Catalog, what: str, pattern: str, wishes: SelectionOptions) -> set[str]:
    """Nothing, where that is passed over. Raises UsageError otherwise."""
    if wishes.lenient:
        return set()
    known = [f.name for f in catalog.functions] if "function" in what else []
    known += [m.name for m in catalog.modules] if "module" in what else []
    raise _unknown(what, pattern, known)


def _unknown(what: str, name: str, known: Collection[str]) -> UsageError:
    listing = (
        f"The modules are {', '.join(sorted(known))}."
        if what == "module"
        else "carto-at list shows them all."
    )
    if _PATTERN_MARKS & set(name):
        return UsageError(f"No {what} fits {name!r}.", hint=listing)
    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(
        _function_name(name).lower(), sorted(folded), n=3, cutoff=0.75
    )
    if close:
        names = " or ".join(folded[each] for each in close)
        return UsageError(f"There is no {what} {name!r}.", hint=f"Did you mean {names}?")
    return UsageError(f"There is no {what} {name!r}.", hint=listing)
