"""Builds the whole bundle into a folder: layers, module zips, catalog, SQL templates, and their manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.bundle.archives import Limits, pack
from carto_at_installer.bundle.bytecode import RUNTIME
from carto_at_installer.bundle.cache import write_whole
from carto_at_installer.bundle.calls import CALLS, format_calls
from carto_at_installer.bundle.digests import artifact, sha256
from carto_at_installer.bundle.layer_cache import obtain_layer
from carto_at_installer.bundle.lock import read_lock
from carto_at_installer.bundle.manifest import FILENAME, format_manifest
from carto_at_installer.bundle.modules import module_members, read_source, source_files
from carto_at_installer.bundle.sbom import bill_of_materials
from carto_at_installer.core.bundle import Architecture, BundleManifest, ModuleArtifact
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from carto_at_installer.bundle.bytecode import Compiler
    from carto_at_installer.bundle.layer_cache import Layer
    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.core.functions import Catalog, Module

_UPLOAD_LIMIT = 50 * 1024 * 1024
_PACKAGE_NAME = "carto-at-redshift"


@dataclass(frozen=True, slots=True)
class Sources:
    """A bundle's sources: `functions` has `runtime/`, `layer/` and a folder per module, `sql` the templates."""

    functions: Path
    sql: Path

    @classmethod
    def of_checkout(cls, root: Path) -> Sources:
        """The sources in a checkout or an unpacked sdist."""
        return cls(root / "bundled_functions", root / "sql")

    @property
    def runtime(self) -> Path:
        """The package that every module zip carries."""
        return self.functions / "runtime" / "carto_at_runtime"

    @property
    def lock(self) -> Path:
        """The lock of the layer's libraries."""
        return self.functions / "layer" / "requirements.lock"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build made: the manifest, the SBOM's text, and what people should know of it, line by line."""

    manifest: BundleManifest
    sbom: str
    notes: tuple[str, ...]


def build(
    sources: Sources, catalog: Catalog, target: Path, compiler: Compiler | None
) -> BuildReport:
    """Build the bundle of a valid `catalog` into `target`: afterwards it holds these files and no others.

    Without a `compiler` (see `bytecode.find_compiler`) the zips carry no byte-code, and the report says so. Files whose
    bytes do not change are left alone. Raises BundleError with the reason, before `target` is touched.
    """
    lock = read_lock(sources.lock)
    layers = {name: obtain_layer(lock, sources.lock, name, compiler) for name in Architecture}
    texts = dict(catalog_texts(sources, catalog))
    modules, zips = build_modules(sources, catalog, compiler)
    manifest = BundleManifest(
        pack=catalog.pack,
        version=catalog.version,
        runtime=RUNTIME,
        bytecode=compiler is not None,
        layers={name: layer.artifact for name, layer in layers.items()},
        modules=modules,
        files={path: sha256(data) for path, data in texts.items()},
    )
    check_sizes(manifest)
    contents = {layer.artifact.path: layer.data for layer in layers.values()} | zips | texts
    write_bundle(target, contents, manifest)
    libraries = {library.wheel: library for layer in layers.values() for library in layer.libraries}
    sbom = bill_of_materials(libraries.values(), _PACKAGE_NAME, catalog.version)
    return BuildReport(manifest, sbom, tuple(_notes(manifest, layers, compiler)))


def build_modules(
    sources: Sources, catalog: Catalog, compiler: Compiler | None
) -> tuple[dict[str, ModuleArtifact], dict[str, bytes]]:
    """The entries of the manifest for the Lambda halves of a catalog, and the bytes of their zips by path."""
    modules, zips = {}, {}
    for module in catalog.modules:
        if (settings := module.lambda_settings) is None:
            continue
        package = sources.functions / module.name / settings.package
        members = module_members([sources.runtime, package], compiler)
        data = pack(members)
        described = artifact(f"modules/{module.name}.zip", data, members)
        modules[module.name] = ModuleArtifact(
            module.name, settings.handler, settings.layer, described
        )
        zips[described.path] = data
    return modules, zips


def catalog_texts(sources: Sources, catalog: Catalog) -> Iterator[tuple[str, bytes]]:
    """Yield (path in the bundle, bytes) of the descriptions and SQL templates of a catalog, and of what they call."""
    for module in catalog.modules:
        yield (
            f"catalog/{module.name}/module.yaml",
            read_source(sources.functions / module.name / "module.yaml"),
        )
        yield f"catalog/{module.name}/{CALLS}", format_calls(module)
        yield from _templates(sources, module)


def _templates(sources: Sources, module: Module) -> Iterator[tuple[str, bytes]]:
    folder = sources.sql / module.name
    for path, data in source_files(folder):
        if not path.endswith(".sql"):
            raise BundleError(f"{folder / path} is not an SQL template (*.sql)")
        yield f"sql/{module.name}/{path}", data


def check_sizes(manifest: BundleManifest) -> None:
    """Raise BundleError for what Lambda would refuse: zips over 50 MB, programs over 250 MB with their layer."""
    largest = max((layer.unzipped_size for layer in manifest.layers.values()), default=0)
    modules = [module.artifact for module in manifest.modules.values()]
    for built in [*manifest.layers.values(), *modules]:
        if built.size > _UPLOAD_LIMIT:
            raise BundleError(
                f"{built.path} has {built.size} bytes; Lambda takes {_UPLOAD_LIMIT} in one upload"
            )
    for module in manifest.modules.values():
        total = module.artifact.unzipped_size + (largest if module.uses_layer else 0)
        if total > Limits().unzipped_size:
            raise BundleError(
                f"{module.artifact.path} and its layer unpack to {total} bytes; Lambda takes {Limits().unzipped_size}"
            )


def write_bundle(target: Path, contents: Mapping[str, bytes], manifest: BundleManifest) -> None:
    """Make `target` hold exactly these files. The manifest comes last, always, so that its date is the build's."""
    try:
        for path, data in contents.items():
            file = target / path
            if not file.is_file() or file.read_bytes() != data:
                write_whole(file, data)
        wanted = {target / path for path in contents} | {target / FILENAME}
        for file in [path for path in target.rglob("*") if path.is_file() and path not in wanted]:
            file.unlink()
        write_whole(target / FILENAME, format_manifest(manifest).encode())
    except OSError as error:
        raise BundleError(f"the bundle cannot be written to {target}: {error}") from error


def _notes(
    manifest: BundleManifest, layers: Mapping[Architecture, Layer], compiler: Compiler | None
) -> Iterator[str]:
    for layer in layers.values():
        yield f"{_line(layer.artifact)}{', from the build cache' if layer.reused else ''}"
    for module in manifest.modules.values():
        yield _line(module.artifact)
    if compiler is None:
        yield (
            f"no byte-code: no {RUNTIME} was found, so each Lambda cold start compiles its code again (about 0.2 s); "
            "set CARTO_AT_PYTHON313 to one"
        )
    else:
        yield f"byte-code by Python {compiler.version} ({compiler.executable})"


def _line(built: Artifact) -> str:
    return f"{built.path}: {built.size / 1e6:.2f} MB, {built.content_digest[:8]}"
