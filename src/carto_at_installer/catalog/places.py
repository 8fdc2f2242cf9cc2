"""Where functions run: what calls something that runs in Lambda runs there too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carto_at_installer.core.functions import Catalog, External, Function

SQL = "SQL"
LAMBDA = "Lambda"


class Places:
    """Follows the calls of a catalog's functions to the external functions at their ends."""

    def __init__(self, catalog: Catalog) -> None:
        self._externals = {f.external.name: f.external for f in catalog.functions if f.external}
        self._functions: dict[str, list[Function]] = {}
        for function in catalog.functions:
            self._functions.setdefault(function.name, []).append(function)

    def place(self, function: Function) -> str:
        """`SQL` when a call never leaves the database, else `Lambda`."""
        return LAMBDA if self.externals(function) else SQL

    def externals(self, function: Function) -> tuple[External, ...]:
        """The external functions that a call may reach, by name."""
        reached = self._reached(function)
        names = {name for each in reached for name in (*each.calls, *_own(each))}
        return tuple(self._externals[name] for name in sorted(names & self._externals.keys()))

    def _reached(self, function: Function) -> list[Function]:
        reached = [function]
        for each in reached:
            for name in (*each.calls, *each.requires):
                if name not in self._externals and name != each.name:
                    found = self._functions.get(name, ())
                    reached += [other for other in found if other not in reached]
        return reached


def _own(function: Function) -> tuple[str, ...]:
    return (function.external.name,) if function.external else ()
