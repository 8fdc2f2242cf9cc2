"""The lock of the layer's libraries: a pip requirements file with exact versions and the SHA-256 of every wheel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RELOCK = "python -m carto_at_installer.bundle lock"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})$")
_HEADER = f"""\
# The libraries inside the Lambda layer: CPython 3.13 wheels for manylinux x86_64 and aarch64, one hash each.
# Written by `{RELOCK}` from requirements.in; do not edit by hand.
"""


@dataclass(frozen=True, slots=True)
class Pin:
    """One library of the lock: its canonical name, exact version and the hex SHA-256 of each accepted wheel."""

    name: str
    version: str
    hashes: frozenset[str]


def read_lock(path: Path) -> tuple[Pin, ...]:
    """Return the pins of a lock file, in its order. Raises BundleError naming the line that is not a hashed pin."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BundleError(
            f"the layer's lock {path} cannot be read: {error.strerror}", hint=RELOCK
        ) from error
    logical = re.sub(r"\\\r?\n", " ", text).splitlines()
    pins = tuple(
        _pin(line, path) for line in logical if line.strip() and not line.lstrip().startswith("#")
    )
    if not pins:
        raise BundleError(f"the layer's lock {path} names no library", hint=RELOCK)
    return pins


def _pin(line: str, path: Path) -> Pin:
    requirement, *options = line.split(" --", 1)
    hashes = [_HASH.match(word) for word in ("--" + options[0]).split()] if options else []
    try:
        parsed = Requirement(requirement.strip())
    except InvalidRequirement as error:
        raise BundleError(
            f"{path}: {line.strip()!r} is not a requirement: {error}", hint=RELOCK
        ) from error
    versions = [specifier.version for specifier in parsed.specifier if specifier.operator == "=="]
    if len(versions) != 1 or len(parsed.specifier) != 1 or "*" in versions[0]:
        raise BundleError(
            f"{path}: {parsed.name} is not pinned with == to one version", hint=RELOCK
        )
    found = frozenset(match[1] for match in hashes if match)
    if not hashes or not all(hashes):
        raise BundleError(
            f"{path}: {parsed.name} needs --hash=sha256:... and nothing else", hint=RELOCK
        )
    return Pin(canonicalize_name(parsed.name), versions[0], found)


def format_lock(pins: Iterable[Pin]) -> str:
    """The text of a lock file that `read_lock` and pip read, sorted by name."""
    blocks = [
        " \\\n".join(
            [
                f"{pin.name}=={pin.version}",
                *(f"    --hash=sha256:{value}" for value in sorted(pin.hashes)),
            ]
        )
        for pin in sorted(pins, key=lambda pin: pin.name)
    ]
    return _HEADER + "\n".join(blocks) + "\n"
