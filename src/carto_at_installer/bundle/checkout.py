"""Builds the bundle of a checkout or an unpacked sdist: what `hatch_build.py` and `python -m ...bundle build` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.bundle.builder import BuildReport, Sources, build
from carto_at_installer.bundle.bytecode import find_compiler
from carto_at_installer.catalog.load import load_catalog

if TYPE_CHECKING:
    from pathlib import Path


def default_target(root: Path) -> Path:
    """Where a checkout keeps its bundle; `resources.bundle_root` looks there."""
    return root / "build" / "bundle"


def build_checkout(root: Path, target: Path) -> BuildReport:
    """Check the catalog in the checkout `root` as a whole, then build its bundle into `target`.

    Raises CatalogError listing every fault, or BundleError.
    """
    sources = Sources.of_checkout(root)
    return build(sources, load_catalog(sources.functions), target, find_compiler())
