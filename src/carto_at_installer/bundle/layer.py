"""The dependency layer: the locked libraries, slimmed to what runs, in the folder where Lambda's Python looks."""

from __future__ import annotations

import re
from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from carto_at_installer.bundle.archives import Member, unpack
from carto_at_installer.bundle.bytecode import compiled
from carto_at_installer.bundle.sbom import Library
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from pathlib import Path

    from carto_at_installer.bundle.bytecode import Compiler

ROOT = "/opt"
_PREFIX = "python/"
# A change here makes another layer: these texts are part of the key under which finished layers are cached.
UNNEEDED = (
    r"(^|/)tests/",
    r"^numpy/(f2py|_pyinstaller|random/_examples)/",
    r"\.(pyi|pyx|pxd|h|c|a|cmake|pc)$",
    r"^[^/]+\.dist-info/(?!METADATA$)",
)
LICENCES = (
    r"^[^/]+\.dist-info/(licenses|sboms)/",
    r"(^|/)(LICEN[CS]E|COPYING|NOTICE|AUTHORS)[^/]*$",
)
_SHARED_LIBRARY = re.compile(r"\.so(\.[0-9.]+)?$")


def slimmed(members: Iterable[Member]) -> list[Member]:
    """Without what never runs: tests, stubs, headers, build tools. Licences, metadata and SBOMs stay."""
    return [
        member
        for member in members
        if any(re.search(pattern, member.path) for pattern in LICENCES)
        or not any(re.search(pattern, member.path) for pattern in UNNEEDED)
    ]


def layer_members(wheels: Iterable[Path], compiler: Compiler | None) -> list[Member]:
    """Return the files of a layer (`python/...`) made of `wheels`, with byte-code if there is a compiler.

    Raises BundleError for a wheel that installs outside site-packages (`.data` folders), and if two wheels bring the
    same file.
    """
    members: list[Member] = []
    for wheel in wheels:
        content = unpack(wheel, wheel.name)
        if outside := [member.path for member in content if ".data/" in member.path]:
            raise BundleError(
                f"{wheel.name} cannot go into a layer: it installs {outside[0]} outside site-packages"
            )
        members += [
            Member(_PREFIX + member.path, member.mode, member.data) for member in slimmed(content)
        ]
    if compiler is not None:
        members += compiled(members, compiler, ROOT)
    return members


def library(wheel: Path, digest: str) -> Library:
    """Describe what a wheel brings, from its metadata; `digest` is the wheel's hex SHA-256."""
    content = unpack(wheel, wheel.name)
    metadata = next(member for member in content if member.path.endswith(".dist-info/METADATA"))
    headers = HeaderParser().parsestr(metadata.data.decode())
    native = sorted(
        PurePosixPath(member.path).name
        for member in content
        if ".libs/" in member.path and _SHARED_LIBRARY.search(member.path)
    )
    return Library(
        name=headers["Name"],
        version=headers["Version"],
        licence=_licence(headers),
        wheel=wheel.name,
        sha256=digest,
        native=tuple(native),
    )


def _licence(headers: Message) -> str:
    """The SPDX expression, or the words of the classifier that older metadata has instead."""
    if expression := headers["License-Expression"]:
        return str(expression)
    classifiers = headers.get_all("Classifier", [])
    words = [text.rsplit(" :: ", 1)[1] for text in classifiers if text.startswith("License :: ")]
    return ", ".join(words)
