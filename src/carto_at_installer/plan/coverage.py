"""What an installation covers after several commands that each worked on a part of it.

Recorded with a release, so that `upgrade` brings up to date what is installed, whatever the last command was about:
everything, or whole modules (with what they gain in later versions) and single functions beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import PreflightError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.functions import Catalog
    from carto_at_installer.core.releases import Installation


@dataclass(frozen=True, slots=True)
class Coverage:
    """All that a pack offers, or the modules that are covered as a whole and the functions of others."""

    everything: bool
    modules: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    def joined(self, other: Coverage) -> Coverage:
        """What two commands cover together."""
        return Coverage(
            self.everything or other.everything,
            self.modules | other.modules,
            self.functions | other.functions,
        )

    def covers(self, other: Coverage) -> bool:
        """Whether nothing is in `other` that is not in this."""
        if self.everything or other.everything:
            return self.everything
        return other.modules <= self.modules and other.functions <= self.functions

    def record(self) -> dict[str, str]:
        """The options that are recorded; no names stand for everything."""
        names = ((), ()) if self.everything else (self.modules, self.functions)
        modules, functions = (",".join(sorted(each)) for each in names)
        return {"modules": modules, "functions": functions, "exclude": ""}


def coverage_of(catalog: Catalog, offered: Catalog) -> Coverage:
    """What `catalog`, a part of `offered`, covers."""
    sizes = {module.name: len(module.functions) for module in offered.modules}
    whole = {m.name for m in catalog.modules if len(m.functions) == sizes[m.name]}
    single = {f.name for m in catalog.modules if m.name not in whole for f in m.functions}
    return Coverage(len(whole) == len(sizes), frozenset(whole), frozenset(single))


def recorded_coverage(options: Mapping[str, str]) -> Coverage:
    """What a release's options say that it covers."""
    modules, functions = (_names(options.get(key, "")) for key in ("modules", "functions"))
    return Coverage(not modules and not functions, modules, functions)


def refuse_leaving_a_half(coverage: Coverage, installation: Installation) -> None:
    """Raise PreflightError when a release that stopped half-way is about more than what a command covers.

    Its half would become part of the release in use. What is in use already counts where the version is the same.
    """
    stopped, current = installation.unfinished, installation.current
    if stopped is None or stopped.command not in {"install", "upgrade"}:
        return
    if current is not None and current.version == stopped.version:
        coverage = coverage.joined(recorded_coverage(current.options))
    if not coverage.covers(recorded_coverage(stopped.options)):
        raise PreflightError(
            f"Release {stopped.number} ({stopped.command}) stopped half-way, and it is about more than this command",
            hint="Complete it with `carto-at resume`, or take it back with `carto-at rollback`.",
        )


def _names(text: str) -> frozenset[str]:
    return frozenset(name for name in text.split(",") if name)
