"""`python -m docs.generate` writes the generated files; with `--check` it only names those that are not up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generate import schemas

GENERATORS = (schemas,)
DOCS = Path(__file__).resolve().parents[1]


def generated() -> dict[Path, str]:
    """Every generated file with its content. Two generators of one file are an error."""
    files: dict[Path, str] = {}
    for generator in GENERATORS:
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
    outdated = stale(files := generated())
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
