"""Loads a pack's catalog from its files, and refuses it with the list of all faults when it has any."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from carto_at_installer.__about__ import __version__
from carto_at_installer.bundle.calls import read_calls
from carto_at_installer.catalog import checks, template_checks
from carto_at_installer.catalog.faults import InvalidCatalogError
from carto_at_installer.catalog.reader import DeclaredModule, read_module
from carto_at_installer.core.functions import Catalog, Module
from carto_at_installer.documents.document import read_document
from carto_at_installer.documents.faults import FaultList
from carto_at_installer.sql.templates import Templates

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.catalog.core_pack import FunctionPack

DESCRIPTION = "module.yaml"
MANIFEST = "manifest.json"
"""Lies beside the catalog of a built bundle."""


def load_pack(pack: FunctionPack) -> Catalog:
    """The catalog of a built pack: `<root>/catalog/<module>/module.yaml` and `<root>/sql/<module>/*.sql`."""
    return _built(pack.root, pack.name, pack.version)


def bundled_catalog(root: Path) -> Catalog:
    """The catalog of the bundle in `root`, that of this version of the package. It is read once for each manifest."""
    manifest = root / MANIFEST
    return _bundled_catalog(root, manifest.read_bytes() if manifest.is_file() else b"")


@lru_cache(maxsize=2)
def _bundled_catalog(root: Path, _manifest: bytes) -> Catalog:
    """Remembered under the manifest, which holds the digests of all files."""
    return _built(root, "core", __version__)


def _built(root: Path, pack: str, version: str) -> Catalog:
    """The catalog of what a build has made, which has checked it; of what was changed since, everything is checked."""
    calls = read_calls(root)
    if calls is None:
        return load_catalog(root / "catalog", sql_root=root / "sql", pack=pack, version=version)
    faults = FaultList(base=root)
    modules = _read_modules((root / "catalog").resolve(), faults)
    faults.raise_if_any(InvalidCatalogError)
    return _completed(modules, calls, pack, version)


def load_catalog(
    root: Path, *, sql_root: Path | None = None, pack: str = "core", version: str = __version__
) -> Catalog:
    """The catalog of `<root>/<module>/module.yaml`, modules by name, everything checked.

    `sql_root` holds the SQL templates, `<root>/../sql` unless given. Serves a source tree (`bundled_functions/` and
    `sql/`) and a built bundle (`catalog/` and `sql/`) alike. Raises InvalidCatalogError with every fault, its file,
    line and reason.
    """
    root = root.resolve()
    templates = Templates((sql_root or root.parent / "sql").resolve(), version)
    faults = FaultList(base=root.parent)
    modules = _read_modules(root, faults)
    checks.check_signatures(modules, faults)
    checks.check_handlers(modules, faults, built=(root.parent / MANIFEST).is_file())
    checks.check_requires(modules, faults)
    checks.check_examples(modules, faults)
    calls = template_checks.check_templates(modules, templates, faults)
    template_checks.check_unused_templates(modules, templates, faults)
    faults.raise_if_any(InvalidCatalogError)
    return _completed(modules, calls, pack, version)


def _completed(
    modules: list[DeclaredModule], calls: dict[str, tuple[str, ...]], pack: str, version: str
) -> Catalog:
    """The catalog of modules whose signatures make these calls."""
    owners = _owners(modules)
    needed = template_checks.by_name(modules, calls)
    completed = (_with_calls(each.module, calls) for each in modules)
    return Catalog(pack, version, tuple(_with_needs(each, needed, owners) for each in completed))


def _read_modules(root: Path, faults: FaultList) -> list[DeclaredModule]:
    files = sorted(root.glob(f"*/{DESCRIPTION}"))
    if not files:
        faults.add(root, 1, f"there is no <module>/{DESCRIPTION} in this folder")
    modules = []
    for file in files:
        node = read_document(file, faults)
        if node is not None:
            modules.append(read_module(node, file, faults))
    return modules


def _owners(modules: list[DeclaredModule]) -> dict[str, str]:
    """Which function each SQL name belongs to: its own, or the external half of another."""
    owners = {}
    for declared in checks.declared_functions(modules):
        owners[declared.function.name] = declared.function.name
        if declared.function.external:
            owners[declared.function.external.name] = declared.function.name
    return owners


def _with_calls(module: Module, calls: dict[str, tuple[str, ...]]) -> Module:
    """The module with what the SQL of every signature calls."""
    functions = tuple(replace(f, calls=calls.get(f.signature, ())) for f in module.functions)
    return replace(module, functions=functions)


def _with_needs(
    module: Module, calls: dict[str, tuple[str, ...]], owners: dict[str, str]
) -> Module:
    """The module with every function's `requires` completed by the functions that its SQL calls."""
    functions = []
    for function in module.functions:
        called = {owners[name] for name in calls.get(function.name, ())}
        names = {*function.requires, *called} - {function.name}
        functions.append(replace(function, requires=tuple(sorted(names))))
    return replace(module, functions=tuple(functions))
