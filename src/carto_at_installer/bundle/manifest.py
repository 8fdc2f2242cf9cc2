"""Reads and writes `manifest.json`, the list of what a bundle holds."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from carto_at_installer.bundle.archives import ArchiveError, check_paths
from carto_at_installer.core.bundle import Architecture, Artifact, BundleManifest, ModuleArtifact
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILENAME = "manifest.json"
SCHEMA = 1
REINSTALL = "Install the package again: python -m pip install --force-reinstall carto-at-redshift"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def format_manifest(manifest: BundleManifest) -> str:
    """The JSON text of a manifest: sorted keys and no dates, so that equal bundles have equal texts."""
    document = {"schema": SCHEMA, **asdict(manifest)}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def read_manifest(root: Path) -> BundleManifest:
    """Read the manifest of the bundle in `root`. Raises BundleError if it is missing or not valid."""
    path = root / FILENAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(
            f"the bundle's manifest {path} cannot be read: {error}", hint=REINSTALL
        ) from error
    return parse_manifest(text, str(path))


def parse_manifest(text: str, origin: str) -> BundleManifest:
    """Return the manifest in `text`, which errors call `origin`. Raises BundleError that lists every fault."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BundleError(f"{origin} is not JSON: {error}", hint=REINSTALL) from error
    if not isinstance(document, dict):
        raise BundleError(f"{origin} is not a JSON object", hint=REINSTALL)
    schema = document.get("schema")
    if schema != SCHEMA:
        raise BundleError(
            f"{origin} has schema {schema!r}, and this version reads schema {SCHEMA}",
            hint="Upgrade the installer: python -m pip install --upgrade carto-at-redshift",
        )
    if faults := [f"{where} {what}" for where, what in _faults(document)]:
        raise BundleError("\n  ".join([f"{origin} is not valid:", *faults]), hint=REINSTALL)
    return _manifest(document)


def _manifest(document: Mapping[str, Any]) -> BundleManifest:
    return BundleManifest(
        pack=document["pack"],
        version=document["version"],
        runtime=document["runtime"],
        bytecode=document["bytecode"],
        layers={
            Architecture(name): Artifact(**fields) for name, fields in document["layers"].items()
        },
        modules={
            name: ModuleArtifact(**{**fields, "artifact": Artifact(**fields["artifact"])})
            for name, fields in document["modules"].items()
        },
        files=document["files"],
    )


_TYPE_NAMES = {str: "a text", bool: "true or false", int: "a whole number", dict: "an object"}
_ARTIFACT = {"path": str, "sha256": str, "content_digest": str, "size": int, "unzipped_size": int}
_MODULE = {"module": str, "handler": str, "uses_layer": bool, "artifact": dict}
_MANIFEST = {
    "schema": int, "pack": str, "version": str, "runtime": str, "bytecode": bool,
    "layers": dict, "modules": dict, "files": dict,
}  # fmt: skip


def _faults(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _shape("the manifest", document, _MANIFEST)
    for name, layer in _items(document, "layers"):
        if name not in set(Architecture):
            yield f"layers.{name}", f"is not one of {', '.join(Architecture)}"
        yield from _artifact_faults(f"layers.{name}", layer)
    for name, module in _items(document, "modules"):
        where = f"modules.{name}"
        yield from _shape(where, module, _MODULE)
        if isinstance(module, dict) and "artifact" in module:
            yield from _artifact_faults(f"{where}.artifact", module["artifact"])
    for path, digest in _items(document, "files"):
        yield from _path_faults(f"files.{path}", path)
        yield from _digest_faults(f"files.{path}", digest)


def _items(document: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    value = document.get(key)
    return list(value.items()) if isinstance(value, dict) else []


def _shape(where: str, value: object, fields: Mapping[str, type]) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield where, "is not an object"
        return
    for name in sorted(value.keys() - fields.keys()):
        yield where, f"has an unknown key {name!r}"
    for name, kind in fields.items():
        if name not in value:
            yield where, f"lacks {name!r}"
        elif type(value[name]) is not kind:
            yield f"{where}: {name}", f"is not {_TYPE_NAMES[kind]}"


def _artifact_faults(where: str, value: object) -> Iterator[tuple[str, str]]:
    yield from _shape(where, value, _ARTIFACT)
    if not isinstance(value, dict):
        return
    for name in ("sha256", "content_digest"):
        if name in value:
            yield from _digest_faults(f"{where}.{name}", value[name])
    if isinstance(value.get("path"), str):
        yield from _path_faults(f"{where}.path", value["path"])


def _digest_faults(where: str, value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        yield where, "is not a SHA-256 in hexadecimal"


def _path_faults(where: str, path: str) -> Iterator[tuple[str, str]]:
    try:
        check_paths([path], where)
    except ArchiveError:
        yield where, f"is {path!r}, which is not a path below the bundle"
