"""`python -m docs.generate` writes the generated files; with `--check` it only names those that are not up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from docs.generate import cli_reference, functions, pictures, schemas, troubleshooting


class Generator(Protocol):
    """A module of this folder."""

    def files(self) -> dict[str, str]:
        """Path from docs/ on -> content."""


GENERATORS: tuple[Generator, ...] = (schemas, cli_reference, functions, troubleshooting)
SLOW_GENERATORS: tuple[Generator, ...] = (pictures,)
"""Those that ask the toolbox in the sandbox's SQL engine."""
DOCS = Path(__file__).resolve().parents[1]


def generated(generators: tuple[Generator, ...] = GENERATORS) -> dict[Path, str]:
    """Every file of some generators with its content. Two generators of one file are an error."""
    files: dict[Path, str] = {}
    for generator in generators:
        for name, content in generator.files().items():
            path = (DOCS / name).resolve()
            if path in files:
                raise ValueError(f"two generators make {name}")
            files[path] = content
    return files


def stale(files: dict[Path, str]) -> list[Path]:
    """The files that are missing or differ from what is generated."""
    return [
        path
        for path, content in files.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != content
    ]


def main(arguments: list[str]) -> int:
    """Write, or with `--check` report; returns the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m docs.generate [--check]", file=sys.stderr)
        return 2
    outdated = stale(files := generated((*GENERATORS, *SLOW_GENERATORS)))
    for path in outdated:
        if arguments:
            print(f"{path.relative_to(DOCS.parent)} is not up to date: run `make docs`")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
            print(f"wrote {path.relative_to(DOCS.parent)}")
    return 1 if arguments and outdated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
