"""Which functions' sources differ from a commit: for authors, who want to install and test only what they touched.

Compares the working tree (with files that git does not know yet) with the commit. What several functions share selects
every function that it reaches: the runtime and the layer all Lambda functions, a template those that import it, the
code that renders SQL everything.
"""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from carto_at_installer.core.errors import UsageError
from carto_at_installer.documents.faults import FaultList
from carto_at_installer.sql.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from carto_at_installer.core.functions import Catalog, Function, Module

_SOURCES = "bundled_functions"
_DESCRIPTION = "module.yaml"
_RENDERING = ("src/carto_at_installer/sql/", "src/carto_at_installer/bundle/")
_PATIENCE_S = 60


def changed_functions(catalog: Catalog, checkout: Path, ref: str) -> tuple[str, ...]:
    """The names of the functions that changed since the commit, tag or branch `ref`, sorted.

    Raises UsageError when `checkout` is not a git checkout with the sources of functions, or has no such commit.
    """
    top = _sources(checkout)
    commit = _commit(top, ref)
    tracked = _git(top, "diff", "--name-only", "--no-renames", "-z", commit, "--")
    new = _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    paths = [path for path in (tracked + new).split("\0") if path]

    def descriptions(path: str) -> tuple[str, str]:
        now = (top / path).read_text(encoding="utf-8") if (top / path).is_file() else ""
        return _at(top, commit, path), now

    return affected(catalog, Templates(top / "sql"), paths, descriptions)


def affected(
    catalog: Catalog,
    templates: Templates,
    paths: Iterable[str],
    descriptions: Callable[[str], tuple[str, str]],
) -> tuple[str, ...]:
    """The names of the functions that changes of `paths` (below the checkout, with slashes) reach, sorted.

    `descriptions` returns the text that a changed module.yaml had, and the one that it has.
    """
    changed = sorted(set(paths))
    if any(path.startswith(_RENDERING) for path in changed):
        return tuple(sorted({function.name for function in catalog.functions}))
    folders = {module.name for module in catalog.modules}
    everywhere = any(_is_shared(path, folders) for path in changed)
    changed_templates = {path.removeprefix("sql/") for path in changed if path.startswith("sql/")}
    found: set[str] = set()
    for module in catalog.modules:
        description = f"{_SOURCES}/{module.name}/{_DESCRIPTION}"
        if description in changed:
            found |= _redescribed(module, *descriptions(description))
        coded = everywhere or any(_is_code(path, module) for path in changed)
        found |= {
            function.name
            for function in module.functions
            if (coded and function.external) or _uses(function, templates, changed_templates)
        }
    return tuple(sorted(found))


def _is_shared(path: str, modules: set[str]) -> bool:
    """Whether a path lies in a folder of sources that belongs to no module: the runtime, the layer."""
    parts = PurePosixPath(path).parts
    return len(parts) > 2 and parts[0] == _SOURCES and parts[1] not in modules


def _is_code(path: str, module: Module) -> bool:
    """Whether a path lies in a package of the module's Lambda function."""
    parts = PurePosixPath(path).parts
    return len(parts) > 3 and parts[:2] == (_SOURCES, module.name)


def _uses(function: Function, templates: Templates, changed: set[str]) -> bool:
    return function.template is not None and not changed.isdisjoint(
        templates.closure([function.template])
    )


def _redescribed(module: Module, before: str, now: str) -> set[str]:
    """The functions whose entries in module.yaml differ; with other Lambda settings all that run in Lambda."""
    old, new = _entries(before), _entries(now)
    names = {f.name for f in module.functions if f.external and old["lambda"] != new["lambda"]}
    offered = {f.name for f in module.functions}
    differ = {name for name in offered if old["functions"].get(name) != new["functions"].get(name)}
    return names | differ


def _entries(text: str) -> dict[str, Any]:
    from carto_at_installer.documents.document import parse_document  # noqa: PLC0415 - imports YAML

    path = Path(_DESCRIPTION)
    node = parse_document(text, path, FaultList(path), may_be_empty=True)
    plain = node.plain() if node else {}
    functions: dict[str, list[Any]] = {}
    for entry in plain.get("functions") or []:
        functions.setdefault(str(entry.get("name")).upper(), []).append(entry)
    return {"lambda": plain.get("lambda"), "functions": functions}


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


def _commit(top: Path, ref: str) -> str:
    try:
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return _git(top, *words).strip()
    except UsageError as error:
        raise UsageError(
            f"git knows no commit {ref!r} (--changed-since)",
            hint="Name a commit, a tag or a branch, such as main.",
        ) from error


def _at(top: Path, commit: str, path: str) -> str:
    """The text of a file in a commit, empty where it was not there."""
    listed = _git(top, "ls-tree", "--name-only", commit, "--", path)
    return _git(top, "show", f"{commit}:{path}") if listed.strip() else ""


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
