"""The functions that ship with this package, as a pack like any other.

Entry-point group `carto_at.function_packs`: a callable without arguments that returns a FunctionPack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.__about__ import __version__

if TYPE_CHECKING:
    from pathlib import Path

PACK_API_VERSION = 1
"""The layout of a pack's root that this package reads: manifest.json, catalog/, sql/, modules/, layers/."""


@dataclass(frozen=True, slots=True)
class FunctionPack:
    """A set of modules that can be installed. `root` is its built bundle, a folder on disk."""

    name: str
    version: str
    api_version: int
    root: Path


def pack() -> FunctionPack:
    """The bundled functions. Raises BundleError when this checkout has not been built."""
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 (only when asked for)

    return FunctionPack("core", __version__, PACK_API_VERSION, bundle_root())
