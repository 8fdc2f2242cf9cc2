"""Brings the locked wheels of the layer's libraries: from a wheelhouse, from the build cache, or through pip.

Whatever the source, a wheel counts only if its SHA-256 is in the lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from carto_at_installer.bundle.cache import cache_folder, write_whole
from carto_at_installer.bundle.digests import sha256
from carto_at_installer.bundle.lock import Pin
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_MACHINES = {Architecture.X86_64: "x86_64", Architecture.ARM64: "aarch64"}
_NEWEST_GLIBC = 34  # Lambda's python3.13 runs on Amazon Linux 2023, which has glibc 2.34
_OLDEST_GLIBC = 17
_PYTHON = "3.13"
_ABIS = ("cp313", "abi3", "none")
_OFFLINE = (
    "For a build without a network, make a folder of the wheels where there is one "
    "(python -m carto_at_installer.bundle wheels FOLDER) and set CARTO_AT_WHEELHOUSE to it."
)


def platforms(architecture: Architecture) -> tuple[str, ...]:
    """The platform tags that Lambda's machine of this architecture can load, newest first."""
    machine = _MACHINES[architecture]
    versions = [
        f"manylinux_2_{minor}_{machine}" for minor in range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1)
    ]
    return (*versions, f"manylinux2014_{machine}")


def fetch_wheels(lock: Sequence[Pin], lock_file: Path, architecture: Architecture) -> list[Path]:
    """Return the wheel file of each pin for one architecture, in the lock's order, each proven by its SHA-256.

    CARTO_AT_WHEELHOUSE, where set, is the only source; else the build cache, filled through pip when something is
    missing. Raises BundleError naming the wheel that is missing or is not what the lock says.
    """
    if wheelhouse := os.environ.get("CARTO_AT_WHEELHOUSE"):
        folder = Path(wheelhouse).expanduser()
        return [_demand(pin, folder, architecture) for pin in lock]
    folder = cache_folder() / "wheels"
    if any(_locate(pin, folder, architecture) is None for pin in lock):
        download(lock_file, architecture, folder, options=("--require-hashes", "--no-deps"))
    return [_demand(pin, folder, architecture) for pin in lock]


def _candidates(pin: Pin, folder: Path, architecture: Architecture) -> list[Path]:
    return [path for path in sorted(folder.glob("*.whl")) if _fits(path.name, pin, architecture)]


def _locate(pin: Pin, folder: Path, architecture: Architecture) -> Path | None:
    for path in _candidates(pin, folder, architecture):
        if sha256(path.read_bytes()) in pin.hashes:
            return path
    return None


def _demand(pin: Pin, folder: Path, architecture: Architecture) -> Path:
    if path := _locate(pin, folder, architecture):
        return path
    what = f"the wheel of {pin.name} {pin.version} for Python {_PYTHON} on {architecture}"
    if others := ", ".join(path.name for path in _candidates(pin, folder, architecture)):
        raise BundleError(
            f"{what} is not the locked one: the SHA-256 of {others} in {folder} differs",
            hint=_OFFLINE,
        )
    raise BundleError(f"{what} is not in {folder}", hint=_OFFLINE)


def _fits(filename: str, pin: Pin, architecture: Architecture) -> bool:
    try:
        name, version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return False
    accepted = {*platforms(architecture), "any"}
    return (
        name == pin.name
        and str(version) == pin.version
        and any(tag.platform in accepted and tag.abi in _ABIS for tag in tags)
    )


def download(
    requirements: Path, architecture: Architecture, target: Path, options: Iterable[str] = ()
) -> list[Path]:
    """Download wheels for Lambda's Python on one architecture with pip, into `target`; return the files.

    pip's own settings (index, proxy, certificates) hold. Raises BundleError with pip's last words.
    """
    with tempfile.TemporaryDirectory(prefix="carto-at-") as name:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
            "--only-binary=:all:", "--implementation", "cp", "--python-version", _PYTHON,
            *(f"--abi={abi}" for abi in _ABIS),
            *(f"--platform={platform}" for platform in platforms(architecture)),
            *options, "--dest", name, "--requirement", str(requirements),
        ]  # fmt: skip
        answer = subprocess.run(command, capture_output=True, check=False)
        if answer.returncode:
            reason = answer.stderr.decode(errors="replace").strip()
            raise BundleError(
                f"pip could not download the layer's libraries for {architecture}:\n{reason}",
                hint=_OFFLINE,
            )
        downloaded = sorted(Path(name).glob("*.whl"))
        for path in downloaded:
            write_whole(target / path.name, path.read_bytes())
        return [target / path.name for path in downloaded]


def resolve(requirements: Path) -> list[Pin]:
    """Resolve loose requirements to a lock: the newest wheels that suit, for every architecture, with their hashes.

    Raises BundleError if an architecture cannot be served or gets other versions than the first.
    """
    hashes: dict[tuple[str, str], set[str]] = {}
    with tempfile.TemporaryDirectory(prefix="carto-at-") as name:
        for architecture in Architecture:
            for path in download(requirements, architecture, Path(name) / architecture):
                library, version, _, _ = parse_wheel_filename(path.name)
                hashes.setdefault((canonicalize_name(library), str(version)), set()).add(
                    sha256(path.read_bytes())
                )
    names = [name for name, _ in hashes]
    if doubtful := sorted({name for name in names if names.count(name) > 1}):
        raise BundleError(
            f"the architectures resolve to different versions of {', '.join(doubtful)}; pin them"
        )
    return [Pin(name, version, frozenset(values)) for (name, version), values in hashes.items()]
