"""Byte-code for Lambda's Python, compiled when the bundle is built.

Lambda's folders are read-only: without byte-code in the zip each cold start compiles again (numpy and shapely: 200 ms).
Byte-code only serves the minor version that wrote it, so a Python 3.13 has to be at hand when the bundle is built,
whichever Python runs the installer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.bundle.archives import FILE_MODE, Member
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RUNTIME = "python3.13"
_VERSION = (3, 13)
_MAGIC = (
    3571  # of every final 3.13 release; a pre-release writes byte-code that Lambda would ignore
)
_PROBE = """
import importlib.util, json, sys
json.dump({
    "implementation": sys.implementation.name,
    "version": list(sys.version_info[:3]),
    "magic": int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little"),
    "executable": sys.executable,
}, sys.stdout)
"""
_HINT = (
    "Point CARTO_AT_PYTHON313 to a Python 3.13 (python3.13 on PATH, pyenv and uv installations are found by "
    "themselves), or unset CARTO_AT_REQUIRE_BYTECODE to build without byte-code."
)


@dataclass(frozen=True, slots=True)
class Compiler:
    """A Python that writes byte-code for Lambda: its executable and full version (`3.13.0`)."""

    executable: str
    version: str


def find_compiler(environment: Mapping[str, str] = os.environ) -> Compiler | None:
    """Return the first Python 3.13 that really runs, or None.

    Looked for in: CARTO_AT_PYTHON313 (then nowhere else), the running Python, PATH, pyenv, uv. Raises BundleError if
    CARTO_AT_PYTHON313 is not a Python 3.13, or if there is none and CARTO_AT_REQUIRE_BYTECODE is set.
    """
    if explicit := environment.get("CARTO_AT_PYTHON313"):
        if found := probe(explicit, environment):
            return found
        raise BundleError(f"CARTO_AT_PYTHON313={explicit} does not run as CPython 3.13", hint=_HINT)
    for candidate in _candidates(environment):
        if found := probe(candidate, environment):
            return found
    if environment.get("CARTO_AT_REQUIRE_BYTECODE", "0") not in {"", "0"}:
        raise BundleError(
            f"no {RUNTIME} was found, and CARTO_AT_REQUIRE_BYTECODE is set", hint=_HINT
        )
    return None


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    if sys.version_info[:2] == _VERSION:
        yield sys.executable
    if on_path := shutil.which(RUNTIME, path=environment.get("PATH")):
        yield on_path
    home = Path(environment.get("HOME") or Path.home())
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    for folder, pattern in ((pyenv, "3.13*/bin/python3.13"), (uv, "cpython-3.13*/bin/python3.13")):
        yield from (str(path) for path in sorted(folder.glob(pattern), reverse=True))


def probe(executable: str, environment: Mapping[str, str] = os.environ) -> Compiler | None:
    """Return a Compiler if `executable` starts and is a final CPython 3.13, else None (shims may stand for nothing)."""
    try:
        answer = subprocess.run(
            [executable, "-I", "-S", "-c", _PROBE],
            capture_output=True, timeout=30, check=True, env=_clean(environment),
        )  # fmt: skip
        facts = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if facts["implementation"] != "cpython" or facts["magic"] != _MAGIC:
        return None
    return Compiler(facts["executable"], ".".join(map(str, facts["version"])))


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Without the variables by which one Python's settings leak into another; hashes are fixed."""
    kept = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
    kept.pop("__PYVENV_LAUNCHER__", None)
    return kept | {"PYTHONHASHSEED": "0"}


def compiled(members: Sequence[Member], compiler: Compiler, root: str) -> list[Member]:
    """Return the byte-code files that belong beside the `.py` members.

    `root` is where Lambda unpacks the archive (`/opt`, `/var/task`): tracebacks name files below it, and no path of the
    build machine gets into the byte-code. It is of the kind that is never checked against its source, because the
    zip's dates mean nothing. Raises BundleError if a source does not compile.
    """
    sources = [member for member in members if member.path.endswith(".py")]
    with tempfile.TemporaryDirectory(prefix="carto-at-") as name:
        folder = Path(name)
        for member in sources:
            target = folder / member.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(member.data)
        _compile(compiler, folder, root)
        return [
            Member(path.relative_to(folder).as_posix(), FILE_MODE, path.read_bytes())
            for path in sorted(folder.rglob("*.pyc"))
        ]


def _compile(compiler: Compiler, folder: Path, root: str) -> None:
    command = [
        compiler.executable, "-S", "-s", "-P", "-m", "compileall", "-q", "-f", "-j", "1",
        "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", root, str(folder),
    ]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, check=False, env=_clean(os.environ))
    if answer.returncode:
        reason = (answer.stdout + answer.stderr).decode(errors="replace").strip()
        raise BundleError(f"{RUNTIME} could not compile what the bundle holds:\n{reason}")
