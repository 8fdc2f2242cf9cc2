"""A module's zip: the shared runtime and the module's own package, as source text plus byte-code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.bundle.archives import FILE_MODE, Member
from carto_at_installer.bundle.bytecode import compiled
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from carto_at_installer.bundle.bytecode import Compiler

ROOT = "/var/task"
_TEXTS = frozenset(
    {
        ".py",
        ".sql",
        ".yaml",
        ".yml",
        ".json",
        ".txt",
        ".md",
        ".toml",
        ".in",
        ".lock",
        ".csv",
        ".typed",
    }
)
_LEFTOVERS = ("~", ".pyc", ".pyo", ".orig", ".rej", ".swp")


def module_members(packages: Iterable[Path], compiler: Compiler | None) -> list[Member]:
    """Return the files of a zip that holds `packages` (folders of Python packages) at its root, with byte-code.

    Raises BundleError for a folder that is not a package, for a link inside it, or for code that does not compile.
    """
    members: list[Member] = []
    for package in packages:
        if not (package / "__init__.py").is_file():
            raise BundleError(f"{package} is not a Python package: it has no __init__.py")
        members += [
            Member(f"{package.name}/{path}", FILE_MODE, data)
            for path, data in source_files(package)
        ]
    if compiler is not None:
        members += compiled(members, compiler, ROOT)
    return members


def source_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (path with forward slashes, bytes) of every source file below `folder`, in the order of the paths.

    Hidden files, byte-code and what editors leave behind are passed over. Texts have Unix line ends, however git
    checked them out. Raises BundleError for a symbolic link.
    """
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        relative = path.relative_to(folder)
        if any(part.startswith(".") or part == "__pycache__" for part in relative.parts):
            continue
        if path.is_symlink():
            raise BundleError(f"{path} is a symbolic link; the bundle takes plain files only")
        if path.is_file() and not path.name.endswith(_LEFTOVERS):
            yield relative.as_posix(), read_source(path)


def read_source(path: Path) -> bytes:
    """The bytes of a source file; a text's line ends are made Unix ones."""
    data = path.read_bytes()
    return data.replace(b"\r\n", b"\n") if path.suffix in _TEXTS else data
