"""The names of programs: digests that depend on what runs, not on who compressed it or when."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from carto_at_installer.core.bundle import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.bundle.archives import Member
    from carto_at_installer.core.bundle import Architecture


def sha256(data: bytes) -> str:
    """The SHA-256 of `data`, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def content_digest(members: Iterable[Member]) -> str:
    """The hex SHA-256 over the sorted (path, mode, SHA-256 of the bytes) of every member.

    Two archives of one content digest unpack to the same files, whichever zlib wrote them.
    """
    total = hashlib.sha256()
    for member in sorted(members, key=lambda member: member.path):
        total.update(f"{member.mode:04o} {sha256(member.data)} {member.path}\n".encode())
    return total.hexdigest()


def program_digest(
    module: str, layer: str | None, *, runtime: str, architecture: Architecture, handler: str
) -> str:
    """The hex SHA-256 that names one Lambda program; its first 8 digits end the function's name.

    `module` and `layer` are content digests (`layer` is None for a module that uses none). Equal digests mean equal
    behaviour: code, dependencies, runtime, instruction set and entry point are all in it, settings are not.
    """
    parts = ("carto-at program 1", module, layer or "-", runtime, architecture.value, handler)
    return sha256("\n".join(parts).encode())


def artifact(path: str, archive: bytes, members: Iterable[Member]) -> Artifact:
    """Describe a written zip: `path` below the bundle root, the zip's bytes, and what was packed into it."""
    packed = list(members)
    return Artifact(
        path=path,
        sha256=sha256(archive),
        content_digest=content_digest(packed),
        size=len(archive),
        unzipped_size=sum(len(member.data) for member in packed),
    )
