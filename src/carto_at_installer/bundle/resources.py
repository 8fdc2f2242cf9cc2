"""Finds the bundle that came with this package and hands out its files, proven intact. It never builds anything."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.__about__ import __version__
from carto_at_installer.bundle.digests import sha256
from carto_at_installer.bundle.manifest import FILENAME, REINSTALL, read_manifest
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_at_installer.core.bundle import Artifact, BundleManifest

VARIABLE = "CARTO_AT_BUNDLE"
"""Names a bundle to use instead of the package's own: one with functions of others in it, see `extension.extend`."""

BUILD = "python -m carto_at_installer.bundle build"
_BUILD_OWN = f"Build it with `carto-at packs build FOLDER --out BUNDLE`, or unset {VARIABLE}."
_SOURCES = ("bundled_functions", "sql")
_VERSION = "src/carto_at_installer/__about__.py"


def bundle_root() -> Path:
    """The folder of the bundle in use: the one that CARTO_AT_BUNDLE names, else the package's own.

    Raises BundleError if there is none, or if it was built for another version of the package.
    """
    chosen = os.environ.get(VARIABLE)
    if not chosen:
        return own_bundle_root()
    root = Path(chosen).expanduser().absolute()
    if not (root / FILENAME).is_file():
        raise BundleError(f"{VARIABLE} names {root}, and there is no bundle in it", hint=_BUILD_OWN)
    if (version := read_manifest(root).version) != __version__:
        raise BundleError(
            f"{VARIABLE} names {root}, built by carto-at-redshift {version}, and this is {__version__}",
            hint=_BUILD_OWN,
        )
    return root


def own_bundle_root() -> Path:
    """The folder of the package's bundle: the packaged one, else what the checkout of an editable install has built.

    Raises BundleError if there is none, or if the checkout's sources are newer than what was built from them.
    """
    package = files("carto_at_installer")
    if not isinstance(package, Path):
        raise BundleError(
            "the package is not installed as plain files, so its Lambda zips cannot be read",
            hint=REINSTALL,
        )
    if (packaged := package / "_bundle").is_dir():
        return packaged
    checkout = package.parent.parent
    if not (checkout / "hatch_build.py").is_file():
        raise BundleError(
            f"the installed package has no bundle: {packaged} is missing", hint=REINSTALL
        )
    built = checkout / "build" / "bundle"
    if not (built / FILENAME).is_file():
        raise BundleError(
            f"this checkout has no bundle yet: {built} is missing", hint=f"Run: {BUILD}"
        )
    _refuse_stale(checkout, built)
    return built


def _refuse_stale(checkout: Path, built: Path) -> None:
    """Raise BundleError if a source was changed after the build: what is read would not be what is edited."""
    limit = (built / FILENAME).stat().st_mtime
    sources = [path for folder in _SOURCES for path in sorted((checkout / folder).rglob("*"))]
    for path in [checkout / _VERSION, *sources]:
        hidden = path.name.startswith(".") or path.suffix == ".pyc"
        if path.is_file() and not hidden and path.stat().st_mtime > limit:
            raise BundleError(
                f"the bundle in {built} is older than {path.relative_to(checkout)}",
                hint=f"Run: {BUILD}",
            )


def load_manifest(root: Path | None = None) -> BundleManifest:
    """Read the manifest of the bundle in `root`, by default the package's own."""
    return read_manifest(bundle_root() if root is None else root)


def read_artifact(artifact: Artifact, root: Path | None = None) -> bytes:
    """The bytes of a zip of the bundle. Raises BundleError naming the file if they are not what the manifest says."""
    return _read(artifact.path, artifact.sha256, bundle_root() if root is None else root)


def read_file(manifest: BundleManifest, path: str, root: Path | None = None) -> bytes:
    """The bytes of a text of the bundle (`catalog/...`, `sql/...`), checked the same way."""
    if path not in manifest.files:
        raise BundleError(f"the bundle has no file {path}", hint=REINSTALL)
    return _read(path, manifest.files[path], bundle_root() if root is None else root)


def _read(path: str, digest: str, root: Path) -> bytes:
    file = root / path
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BundleError(f"{file} cannot be read: {error.strerror}", hint=REINSTALL) from error
    if (found := sha256(data)) != digest:
        raise BundleError(
            f"{file} is corrupt: its SHA-256 is {found}, and the manifest says {digest}",
            hint=REINSTALL,
        )
    return data


def verify(root: Path) -> BundleManifest:
    """Check every file of the bundle in `root`; return its manifest. Raises BundleError with all faults."""
    manifest = read_manifest(root)
    faults = list(_differences(manifest, root))
    if faults:
        raise BundleError(
            "\n  ".join(["the bundle is not what its manifest says:", *faults]), hint=REINSTALL
        )
    return manifest


def _differences(manifest: BundleManifest, root: Path) -> Iterator[str]:
    expected = dict(listing(manifest))
    for path, digest in expected.items():
        try:
            _read(path, digest, root)
        except BundleError as error:
            yield error.message
    present = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    for path in sorted(present - expected.keys() - {FILENAME}):
        yield f"{root / path} is not in the manifest"


def listing(manifest: BundleManifest) -> Iterator[tuple[str, str]]:
    """The (path, SHA-256) of every file that a manifest names."""
    for layer in manifest.layers.values():
        yield layer.path, layer.sha256
    for module in manifest.modules.values():
        yield module.artifact.path, module.artifact.sha256
    yield from manifest.files.items()
