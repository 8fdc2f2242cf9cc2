"""Finds, without running anything, which external functions a module's Python package registers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carto_at_installer.documents.faults import FaultList


def registered_handlers(package: Path, faults: FaultList) -> dict[str, tuple[Path, int]]:
    """Where each name of `@external_function("NAME", ...)` below a package folder stands, by upper-case name.

    Files that are not Python, and names registered twice, are faults.
    """
    found: dict[str, tuple[Path, int]] = {}
    for file in sorted(package.rglob("*.py")):
        try:
            tree = ast.parse(file.read_bytes(), filename=str(file))
        except (SyntaxError, ValueError) as error:
            faults.add(
                file, getattr(error, "lineno", None) or 1, f"not readable as Python: {error}"
            )
            continue
        for name, line in _registrations(tree):
            if name in found:
                first, first_line = found[name]
                faults.add(
                    file, line, f"{name} is registered twice (first in {first.name}:{first_line})"
                )
            found[name] = (file, line)
    return found


def exports_handler(package: Path) -> bool:
    """Whether a package's `__init__.py` binds the name `handler`, which Lambda calls. One that is no Python may."""
    try:
        tree = ast.parse((package / "__init__.py").read_bytes())
    except OSError:
        return False
    except (SyntaxError, ValueError):  # a fault of its own
        return True
    return any({"handler", "*"} & _bound(node) for node in ast.walk(tree))


def _bound(node: ast.AST) -> set[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return {node.id}
    return set()


def _registrations(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for decorator in node.decorator_list:
            name = _registered_name(decorator)
            if name is not None:
                yield name.upper(), decorator.lineno


def _registered_name(decorator: ast.expr) -> str | None:
    if not isinstance(decorator, ast.Call) or not decorator.args:
        return None
    function = decorator.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    first = decorator.args[0]
    if called != "external_function" or not isinstance(first, ast.Constant):
        return None
    return first.value if isinstance(first.value, str) else None
