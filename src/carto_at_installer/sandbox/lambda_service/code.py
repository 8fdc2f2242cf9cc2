"""Uploaded zips: checked, stored by the SHA-256 of their bytes, unpacked once per digest.

Blobs are written to a temporary name and renamed, so that a crash never leaves half of one; an unpacked folder is
renamed into place when it is complete.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import stat
import sys
import tempfile
import zipfile
import zlib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path, PurePosixPath

from carto_at_installer.sandbox.errors import AwsServiceError

MAX_ZIPPED = 50 * 1024 * 1024
MAX_UNZIPPED = 250 * 1024 * 1024
_FOREIGN_LIST = ".foreign.json"
_BAD_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."
_PACKAGE_DEPTH = 8


class CodeStore:
    """Zips below a folder: `blobs/<sha256>.zip`, and their content below `unpacked/<sha256>/`."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._unpacked = root / "unpacked"
        self._foreign: dict[str, list[str]] = {}
        for folder in (self._blobs, self._unpacked):
            folder.mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes) -> tuple[str, int]:
        """Check and keep a zip: its SHA-256 (hex) and its unzipped size.

        Raises AwsServiceError for one that is too large when unpacked, or no zip.
        """
        digest = hashlib.sha256(content).hexdigest()
        size = checked_size(content)
        path = self._blobs / f"{digest}.zip"
        if not path.exists():
            write_atomically(path, content)
        return digest, size

    def read(self, digest: str) -> bytes:
        """The bytes of a zip."""
        return (self._blobs / f"{digest}.zip").read_bytes()

    def folder(self, digest: str) -> Path:
        """Where the zip is unpacked; unpacks it at the first call."""
        target = self._unpacked / digest
        if target.is_dir():
            return target
        work = Path(tempfile.mkdtemp(prefix=f".{digest[:12]}-", dir=self._unpacked))
        try:
            _extract(self._blobs / f"{digest}.zip", work)
            foreign = sorted(foreign_packages(work))
            (work / _FOREIGN_LIST).write_text(json.dumps(foreign), encoding="utf-8")
            work.chmod(0o755)
            work.rename(target)
        except OSError:
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return target

    def foreign(self, digest: str) -> list[str]:
        """The top-level packages of an unpacked zip that this interpreter cannot load."""
        if digest not in self._foreign:
            text = (self.folder(digest) / _FOREIGN_LIST).read_text("utf-8")
            self._foreign[digest] = json.loads(text)
        return self._foreign[digest]

    def sweep(self, used: set[str]) -> None:
        """Delete what nothing refers to. Only at the start of the server: running functions may need old code."""
        for path in [*self._blobs.iterdir(), *self._unpacked.iterdir()]:
            if path.name.removesuffix(".zip") in used:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def base64_digest(digest: str) -> str:
    """A SHA-256 in hex as Lambda's `CodeSha256`."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def checked_size(content: bytes) -> int:
    """The unzipped size of a zip whose members are all intact and stay inside.

    Raises AwsServiceError in Lambda's words.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            size = sum(info.file_size for info in infos)
            if size >= MAX_UNZIPPED:
                raise AwsServiceError(
                    "InvalidParameterValueException",
                    f"Unzipped size must be smaller than {MAX_UNZIPPED} bytes",
                )
            intact = archive.testzip() is None and all(_stays_inside(info) for info in infos)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise AwsServiceError("InvalidParameterValueException", _BAD_ZIP) from error
    if not intact:
        raise AwsServiceError("InvalidParameterValueException", _BAD_ZIP)
    if not infos:
        raise AwsServiceError(
            "InvalidParameterValueException", "Uploaded file must be a non-empty zip"
        )
    return size


def _stays_inside(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    link = stat.S_ISLNK(info.external_attr >> 16)
    return not path.is_absolute() and ".." not in path.parts and not link


def _extract(archive_path: Path, target: Path) -> None:
    with zipfile.ZipFile(archive_path) as archive:
        for info in archive.infolist():
            written = Path(archive.extract(info, target))
            mode = (info.external_attr >> 16) & 0o777
            if mode and written.is_file():
                written.chmod(mode | 0o400)


def foreign_packages(root: Path) -> set[str]:
    """Top-level modules below `root` (or its `python/`) with compiled parts that this interpreter cannot load."""
    found: set[str] = set()
    for base in (root, root / "python"):
        for path in [*base.rglob("*.so"), *base.rglob("*.pyd")]:
            parts = path.relative_to(base).parts
            top = parts[0].partition(".")[0]
            if not parts[0].endswith(".libs") and top != "python" and not _loadable(path):
                found.add(top)
    return found


def _loadable(path: Path) -> bool:
    tagged = re.search(r"\.(cpython-\w+|cp\d+|abi3)[^/]*\.(so|pyd)$", path.name)
    if tagged is None:
        return _same_machine(path)
    return path.name.endswith(tuple(EXTENSION_SUFFIXES[:-1])) and _same_machine(path)


def _same_machine(path: Path) -> bool:
    """Whether a shared library is of the running interpreter's format and processor."""
    with path.open("rb") as library, Path(sys.executable).open("rb") as interpreter:
        ours, theirs = interpreter.read(20), library.read(20)
    if ours[:4] == b"\x7fELF":
        return theirs[:5] == ours[:5] and theirs[18:20] == ours[18:20]
    return theirs[:8] == ours[:8]


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
