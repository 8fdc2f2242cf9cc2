"""Runs builds and installations the way people and release machines do: as commands, in folders of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SHIPPED = (
    "src", "bundled_functions", "sql", "hatch_build.py", "tests/packaging", "docs", "examples", "Makefile",
    "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml", ".gitignore",
)  # fmt: skip
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "",
}


def run(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command away from the checkout's own settings; the caller looks at the return code."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "CARTO_AT_"))
    }
    for name in ("CARTO_AT_BUILD_CACHE", "CARTO_AT_WHEELHOUSE", "CARTO_AT_PYTHON313"):
        if name in os.environ:
            kept[name] = os.environ[name]
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=kept | (env or {}), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def succeed(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command that must succeed, and return its standard output."""
    answer = run(*command, cwd=cwd, env=env)
    assert answer.returncode == 0, f"{command} failed:\n{answer.stdout}\n{answer.stderr}"
    return answer.stdout


def copy_tree(target: Path, source: Path = CHECKOUT) -> Path:
    """Copy what a checkout ships, without what was built in it."""
    for name in SHIPPED:
        original, copy = source / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if original.is_dir():
            shutil.copytree(original, copy, ignore=shutil.ignore_patterns("__pycache__", "_bundle"))
        elif original.exists():
            shutil.copy(original, copy)
    return target


def build_wheel(tree: Path, target: Path, env: dict[str, str] | None = None) -> Path:
    """Build a wheel with the Python that runs the tests: hatchling and zlib are then the same for all builds."""
    succeed(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        target,
        tree,
        cwd=tree,
        env=env,
    )
    (wheel,) = target.glob("*.whl")
    return wheel


def disturb(tree: Path) -> None:
    """Give every file another date and other permissions, as another clone by another user would have."""
    for path in tree.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        if path.is_file():
            path.chmod(0o600)


@dataclass(frozen=True)
class Installation:
    """A clean virtual environment with the package installed from a wheelhouse."""

    folder: Path

    @property
    def package(self) -> Path:
        (site,) = self.folder.glob("lib/python*/site-packages")
        return site / "carto_at_installer"

    def python(self, code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run Python code in it, in an empty folder, without a network."""
        return self.run("python", "-c", code, *arguments)

    def run(
        self, program: str, *arguments: str | Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its programs."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return run(
            self.folder / "bin" / program,
            *arguments,
            cwd=home,
            env=OFFLINE | {"HOME": str(home)} | (env or {}),
        )
