"""Which functions' sources differ from a commit: for authors, who want to install and test only what they touched.

Compares the working tree (with files that git does not know yet) with the commit. What several functions share selects
every function that it reaches: the runtime and the layer all Lambda functions, a template those that import it, the
code that renders SQL everything.
"""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import UsageError
from carto_at_installer.sql.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.core.functions import Catalog, Function, Module

_SOURCES = "bundled_functions"
_SHARED = (f"{_SOURCES}/runtime/", f"{_SOURCES}/layer/")
_RENDERING = ("src/carto_at_installer/sql/", "src/carto_at_installer/bundle/")
_PATIENCE_S = 60


def changed_functions(catalog: Catalog, checkout: Path, ref: str) -> tuple[str, ...]:
    """The names of the functions that changed since the commit, tag or branch `ref`, sorted.

    Raises UsageError when `checkout` is not a git checkout with the sources of functions, or has no such commit.
    """
    top = _sources(checkout)
    return affected(catalog, Templates(top / "sql"), _changed_paths(top, ref))


def affected(catalog: Catalog, templates: Templates, paths: Iterable[str]) -> tuple[str, ...]:
    """The names of the functions that changes of `paths` (below the checkout, with slashes) reach, sorted."""
    changed = sorted(set(paths))
    if any(path.startswith(_RENDERING) for path in changed):
        return tuple(sorted({function.name for function in catalog.functions}))
    everywhere = any(path.startswith(_SHARED) for path in changed)
    changed_templates = {path.removeprefix("sql/") for path in changed if path.startswith("sql/")}
    found = set()
    for module in catalog.modules:
        described, coded = _touched(module, changed)
        found |= {
            function.name
            for function in module.functions
            if described
            or (function.external and (coded or everywhere))
            or _uses(function, templates, changed_templates)
        }
    return tuple(sorted(found))


def _touched(module: Module, paths: Iterable[str]) -> tuple[bool, bool]:
    """Whether a module's description changed, and whether the code of its Lambda function did."""
    folder = f"{_SOURCES}/{module.name}/"
    inside = [path.removeprefix(folder) for path in paths if path.startswith(folder)]
    described = any(path == "module.yaml" for path in inside)
    coded = any(len(PurePosixPath(path).parts) > 1 for path in inside)
    return described, coded


def _uses(function: Function, templates: Templates, changed: set[str]) -> bool:
    return function.template is not None and not changed.isdisjoint(
        templates.closure([function.template])
    )


def _sources(checkout: Path) -> Path:
    hint = "It works in a git checkout of the sources; name functions with --functions instead."
    try:
        top = Path(_git(checkout, "rev-parse", "--show-toplevel").strip())
    except UsageError as error:
        raise UsageError(
            f"--changed-since needs the sources: {error.message}", hint=hint
        ) from error
    if not (top / _SOURCES).is_dir() or not (top / "sql").is_dir():
        raise UsageError(f"--changed-since needs the sources: {top} has none", hint=hint)
    return top


def _changed_paths(top: Path, ref: str) -> list[str]:
    try:
        commit = _git(top, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}").strip()
    except UsageError as error:
        raise UsageError(
            f"git knows no commit {ref!r} (--changed-since)", hint=error.message
        ) from error
    tracked = _git(top, "diff", "--name-only", "--no-renames", "-z", commit, "--")
    new = _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    return [path for path in (tracked + new).split("\0") if path]


def _git(folder: Path, *arguments: str) -> str:
    """What git prints. Raises UsageError with its complaint."""
    try:
        run = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git cannot be run: {error}") from error
    if run.returncode:
        raise UsageError(run.stderr.decode(errors="replace").strip() or "git failed")
    return run.stdout.decode(errors="surrogateescape")
