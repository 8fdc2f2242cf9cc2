"""Zip files with nothing accidental in them: the same members give the same bytes, and foreign zips are read warily."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE_MODE = 0o644
PROGRAM_MODE = 0o755
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError)
_COMPRESSION_LEVEL = 9
_UNSAFE_PATH = re.compile(r"""^/|^[A-Za-z]:|(^|/)\.{1,2}(/|$)|//|[\\\x00-\x1f\x7f]""")


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its path with forward slashes, its permission bits (0o644 or 0o755), its bytes."""

    path: str
    mode: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a foreign archive may hold. The defaults are what Lambda itself accepts, unzipped, in one function."""

    members: int = 50_000
    unzipped_size: int = 250 * 1024 * 1024


class ArchiveError(BundleError):
    """A zip that cannot be read, or that no honest tool would have written."""

    code = "archive"


def pack(members: Iterable[Member], *, level: int = _COMPRESSION_LEVEL) -> bytes:
    """Return a zip of `members`: sorted by path, stamped 1980-01-01, with Unix modes whatever the machine.

    Raises ArchiveError for a path that is unsafe or given twice. The bytes still depend on the zlib that compresses
    them; `digests.content_digest` does not.
    """
    ordered = sorted(members, key=lambda member: member.path)
    check_paths([member.path for member in ordered], "the archive to write")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in ordered:
            archive.writestr(_header(member), member.data, zipfile.ZIP_DEFLATED, level)
    return buffer.getvalue()


def _header(member: Member) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(member.path, _EARLIEST)
    info.create_system = _UNIX
    info.external_attr = (stat.S_IFREG | member.mode) << 16
    return info


def unpack(source: Path | bytes, name: str, limits: Limits | None = None) -> list[Member]:
    """Return the files of a zip, sorted by path; directories are left out.

    `source` is a file or the bytes of one, and `name` is what errors call it. Raises ArchiveError for what is not a
    zip, is corrupt, encrypted, larger than `limits`, or has links, duplicate names or paths that leave the folder.
    """
    try:
        with zipfile.ZipFile(
            io.BytesIO(source) if isinstance(source, bytes) else source
        ) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check(infos, name, limits or Limits())
            return sorted(
                (Member(info.filename, _mode(info), archive.read(info)) for info in infos),
                key=lambda member: member.path,
            )
    except _UNREADABLE as error:
        raise ArchiveError(f"{name} cannot be read as a zip: {error}") from error


def _check(infos: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    check_paths([info.orig_filename for info in infos], name)
    if len(infos) > limits.members:
        raise ArchiveError(f"{name} holds {len(infos)} files; at most {limits.members} are read")
    if (size := sum(info.file_size for info in infos)) > limits.unzipped_size:
        raise ArchiveError(
            f"{name} unpacks to {size} bytes; at most {limits.unzipped_size} are read"
        )
    for info in infos:
        if info.flag_bits & 1:
            raise ArchiveError(f"{name} holds {info.filename!r}, which is encrypted")
        if info.compress_type not in _METHODS:
            raise ArchiveError(
                f"{name} holds {info.filename!r}, compressed in a way that Lambda cannot read"
            )
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise ArchiveError(
                f"{name} holds {info.filename!r}, which is a link or a device, not a file"
            )


def check_paths(paths: list[str], name: str) -> None:
    """Raise ArchiveError unless each path is relative, stays below its folder and is given once."""
    seen: set[str] = set()
    for path in paths:
        if not path or _UNSAFE_PATH.search(path):
            raise ArchiveError(
                f"{name} holds the path {path!r}, which is not a plain relative path"
            )
        if path in seen:
            raise ArchiveError(f"{name} holds {path!r} twice")
        seen.add(path)


def _mode(info: zipfile.ZipInfo) -> int:
    return PROGRAM_MODE if (info.external_attr >> 16) & 0o111 else FILE_MODE
