"""Finished layers, kept by what they are made of: a layer takes half a minute to build and seldom changes."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from carto_at_installer.bundle import layer
from carto_at_installer.bundle.archives import pack
from carto_at_installer.bundle.cache import cache_folder, write_whole
from carto_at_installer.bundle.digests import artifact, sha256
from carto_at_installer.bundle.sbom import Library
from carto_at_installer.bundle.wheels import fetch_wheels
from carto_at_installer.core.bundle import Artifact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from carto_at_installer.bundle.bytecode import Compiler
    from carto_at_installer.bundle.lock import Pin
    from carto_at_installer.core.bundle import Architecture

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Layer:
    """A built layer: its description and bytes, the libraries in it, and whether it came from the cache."""

    artifact: Artifact
    data: bytes
    libraries: tuple[Library, ...]
    reused: bool


def obtain_layer(
    lock: Sequence[Pin], lock_file: Path, architecture: Architecture, compiler: Compiler | None
) -> Layer:
    """Return the layer for one architecture: from the cache if its inputs are the same, else built and put there.

    Raises BundleError if a wheel cannot be had or does not suit.
    """
    stem = cache_folder() / "layers" / f"{_key(lock, compiler)}-{architecture}"
    if kept := _recall(stem):
        return kept
    wheels = fetch_wheels(lock, lock_file, architecture)
    members = layer.layer_members(wheels, compiler)
    data = pack(members)
    libraries = tuple(layer.library(wheel, sha256(wheel.read_bytes())) for wheel in wheels)
    built = Layer(
        artifact(f"layers/{architecture}.zip", data, members), data, libraries, reused=False
    )
    record = {
        "artifact": asdict(built.artifact),
        "libraries": [asdict(library) for library in libraries],
    }
    write_whole(stem.with_suffix(".zip"), data)
    write_whole(stem.with_suffix(".json"), json.dumps(record).encode())
    return built


def _key(lock: Sequence[Pin], compiler: Compiler | None) -> str:
    """The digest of whatever decides a layer's bytes: libraries, rules, byte-code's writer, compressor."""
    inputs = [
        _FORMAT,
        sorted([pin.name, pin.version, *sorted(pin.hashes)] for pin in lock),
        layer.UNNEEDED,
        layer.LICENCES,
        compiler.version if compiler else None,
        zlib.ZLIB_RUNTIME_VERSION,
    ]
    return sha256(json.dumps(inputs).encode())[:32]


def _recall(stem: Path) -> Layer | None:
    """The kept layer, unless there is none or its files are damaged (then it is built again)."""
    try:
        record = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        data = stem.with_suffix(".zip").read_bytes()
        kept = Artifact(**record["artifact"])
        libraries = tuple(
            Library(**{**fields, "native": tuple(fields["native"])})
            for fields in record["libraries"]
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Layer(kept, data, libraries, reused=True) if sha256(data) == kept.sha256 else None
