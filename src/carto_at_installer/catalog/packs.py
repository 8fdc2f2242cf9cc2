"""Finds the packs of functions that are installed beside this package.

A pack that cannot be loaded is reported, not raised: it must not stop those that can.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from carto_at_installer.catalog.core_pack import PACK_API_VERSION, FunctionPack
from carto_at_installer.catalog.load import load_pack
from carto_at_installer.core.errors import CartoAtError

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = "carto_at.function_packs"


@dataclass(frozen=True, slots=True)
class FoundPack:
    """A pack by its entry point: the distribution that brings it, and what is in it or why it cannot be used."""

    name: str
    distribution: str
    version: str
    modules: tuple[str, ...] = ()
    functions: int = 0
    fault: str = ""


def find_packs(points: Iterable[EntryPoint] | None = None) -> tuple[FoundPack, ...]:
    """Every pack of the entry-point group, by name; two of one name are faults of both."""
    found = list(entry_points(group=GROUP) if points is None else points)
    names = [point.name for point in found]
    packs = (_found(point, twice=names.count(point.name) > 1) for point in found)
    return tuple(sorted(packs, key=lambda pack: (pack.name, pack.distribution)))


def _found(point: EntryPoint, *, twice: bool) -> FoundPack:
    distribution = point.dist.name if point.dist else "?"
    version = point.dist.version if point.dist else "?"
    if twice:
        fault = f"several distributions bring a pack {point.name}"
        return FoundPack(point.name, distribution, version, fault=fault)
    try:
        catalog = load_pack(_checked(point.load()()))
    except CartoAtError as error:
        return FoundPack(point.name, distribution, version, fault=error.message)
    except Exception as error:  # noqa: BLE001 - the code of others, of any kind
        fault = f"{type(error).__name__}: {error}"
        return FoundPack(point.name, distribution, version, fault=fault)
    modules = tuple(module.name for module in catalog.modules)
    public = {f.name for f in catalog.functions if f.public}
    return FoundPack(point.name, distribution, catalog.version, modules, len(public))


def _checked(pack: object) -> FunctionPack:
    if not isinstance(pack, FunctionPack):
        raise TypeError(f"the entry point answers {type(pack).__name__}, not a FunctionPack")
    if pack.api_version != PACK_API_VERSION:
        raise ValueError(
            f"it is laid out for version {pack.api_version}, this package reads {PACK_API_VERSION}"
        )
    return pack
