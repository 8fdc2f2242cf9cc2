"""Adds the modules of others to the package's bundle: one bundle that is checked as a whole and installed as any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from carto_at_installer.bundle.archives import unpack
from carto_at_installer.bundle.builder import (
    Sources,
    build_modules,
    catalog_texts,
    check_sizes,
    write_bundle,
)
from carto_at_installer.bundle.cache import write_whole
from carto_at_installer.bundle.digests import sha256
from carto_at_installer.bundle.manifest import FILENAME, read_manifest
from carto_at_installer.bundle.modules import source_files
from carto_at_installer.bundle.resources import listing, verify
from carto_at_installer.catalog.faults import InvalidCatalogError
from carto_at_installer.catalog.load import DESCRIPTION, load_catalog
from carto_at_installer.core.errors import BundleError
from carto_at_installer.documents.faults import FaultList

if TYPE_CHECKING:
    from carto_at_installer.bundle.bytecode import Compiler
    from carto_at_installer.core.bundle import BundleManifest
    from carto_at_installer.core.functions import Module

_RUNTIME = "carto_at_runtime"


@dataclass(frozen=True, slots=True)
class Extension:
    """What was built: the manifest of the whole bundle, and the modules in it that are not the package's own."""

    manifest: BundleManifest
    added: tuple[Module, ...]


def extend(base: Path, own: Sources, target: Path, compiler: Compiler | None) -> Extension:
    """Build into `target` the bundle in `base` with the modules of `own` added. What `base` holds is taken as it is.

    Afterwards `target` holds this bundle and no other file; it has to be a new or empty folder, or a bundle. Raises
    InvalidCatalogError with every fault of the modules, or BundleError, before `target` is touched.
    """
    manifest = verify(base)
    _refuse_other_files(target)
    names = _names(own, manifest)
    with TemporaryDirectory() as folder:
        staged = _staged(Path(folder), base, manifest, own, names)
        catalog = load_catalog(staged.functions, sql_root=staged.sql, version=manifest.version)
        added = tuple(module for module in catalog.modules if module.name in names)
        mine = replace(catalog, modules=added)
        modules, zips = build_modules(staged, mine, compiler)
        texts = dict(catalog_texts(staged, mine))
    digests = {path: sha256(data) for path, data in texts.items()}
    merged = replace(
        manifest,
        bytecode=manifest.bytecode and compiler is not None,
        modules={**manifest.modules, **modules},
        files={**manifest.files, **digests},
    )
    check_sizes(merged)
    inherited = {path: (base / path).read_bytes() for path, _ in listing(manifest)}
    write_bundle(target, inherited | zips | texts, merged)
    return Extension(merged, added)


def _refuse_other_files(target: Path) -> None:
    """Raise BundleError if `target` holds what a build would delete though no build made it."""
    if target.exists() and not target.is_dir():
        raise BundleError(f"{target} is not a folder")
    present = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    if FILENAME in present:
        present -= {FILENAME, *(path for path, _ in listing(read_manifest(target)))}
    if present:
        raise BundleError(
            f"{target} holds files of others, {min(present)} for one; a bundle needs a folder of its own",
            hint="Name a new folder with --out.",
        )


def _names(own: Sources, manifest: BundleManifest) -> frozenset[str]:
    """The names of the folders of the modules. Raises InvalidCatalogError if there are none, or not new ones."""
    faults = FaultList(base=own.functions.parent)
    files = sorted(own.functions.glob(f"*/{DESCRIPTION}"))
    if not files:
        faults.add(own.functions, 1, f"there is no <module>/{DESCRIPTION} in this folder")
    for file in files:
        if f"catalog/{file.parent.name}/{DESCRIPTION}" in manifest.files:
            faults.add(file, 1, f"the toolbox has a module {file.parent.name!r} of its own")
    faults.raise_if_any(InvalidCatalogError)
    return frozenset(file.parent.name for file in files)


def _staged(
    folder: Path, base: Path, manifest: BundleManifest, own: Sources, names: frozenset[str]
) -> Sources:
    """The sources of both in one folder, so that they are checked together; byte-code is left out."""
    name = own.functions.name
    staged = Sources(folder / ("functions" if name == "sql" else name), folder / "sql")
    for path in manifest.files:
        kind, _, rest = path.partition("/")
        place = staged.functions if kind == "catalog" else staged.sql
        write_whole(place / rest, (base / path).read_bytes())
    for module in manifest.modules.values():
        for member in unpack(base / module.artifact.path, module.artifact.path):
            if not member.path.endswith(".pyc"):
                owner = "runtime" if member.path.startswith(f"{_RUNTIME}/") else module.module
                write_whole(staged.functions / owner / member.path, member.data)
    for module_name in names:
        for source, copy in ((own.functions, staged.functions), (own.sql, staged.sql)):
            for path, data in source_files(source / module_name):
                write_whole(copy / module_name / path, data)
    return staged
