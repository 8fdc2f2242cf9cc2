"""What was built: the manifest of the Lambda zips and layers that ship inside the wheel."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Architecture(StrEnum):
    """A Lambda instruction set. PyPI wheels call arm64 `aarch64`."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A zip of the bundle: path below the bundle root, SHA-256 of the bytes (hex), content digest, sizes in bytes.

    `content_digest` (hex SHA-256 over the sorted path, mode and SHA-256 of each member) names the program whoever
    compressed it; `sha256` proves that this file is intact.
    """

    path: str
    sha256: str
    content_digest: str
    size: int
    unzipped_size: int


@dataclass(frozen=True, slots=True)
class ModuleArtifact:
    """A module's code zip (the same bytes for both architectures) and its handler."""

    module: str
    handler: str
    uses_layer: bool
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """The list of everything built for one version of the package.

    `runtime` is the Lambda runtime (`python3.13`); `bytecode` says whether byte-code for it is inside the zips.
    `files` gives the hex SHA-256 of every other file (`catalog/...`, `sql/...`) by its path below the bundle root.
    """

    pack: str
    version: str
    runtime: str
    bytecode: bool
    layers: Mapping[Architecture, Artifact]
    modules: Mapping[str, ModuleArtifact]
    files: Mapping[str, str] = field(default_factory=dict)
