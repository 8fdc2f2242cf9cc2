"""The tree that a file becomes, and how one tree is laid over another.

Maps merge, everything else (lists too) is replaced, and an explicit null takes back what a lower layer says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.config.settings import ALTERNATIVES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.documents.document import Node

ENVIRONMENTS = "environments"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is not a map: a scalar or a list (of plain values), None for an explicit null; and its place."""

    value: Any
    file: Path
    line: int


Tree = dict[str, "Leaf | Tree"]


def tree_of(node: Node, file: Path) -> Tree:
    """The tree of a mapping. A key without a value says nothing."""
    tree: Tree = {}
    for key, value in node.value.items():
        if isinstance(value.value, dict):
            tree[key] = tree_of(value, file)
        elif not value.blank:
            tree[key] = Leaf(value.plain(), file, value.line)
    return tree


def merged(below: Mapping[str, Leaf | Tree], above: Mapping[str, Leaf | Tree]) -> Tree:
    """`above` laid over `below`; neither is changed."""
    result: Tree = dict(below)
    for key, value in above.items():
        if isinstance(value, dict):
            under = result.get(key)
            result[key] = merged(under if isinstance(under, dict) else {}, value)
        elif value.value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def without_alternatives(below: Tree, above: Tree) -> Tree:
    """`below` without the settings to which `above` names the alternative."""
    result = dict(below)
    under, over = result.get("redshift"), above.get("redshift")
    if isinstance(under, dict) and isinstance(over, dict):
        gone = {
            other
            for pair in ALTERNATIVES
            for name, other in (pair, pair[::-1])
            if _says(over.get(name)) and not _says(over.get(other))
        }
        result["redshift"] = {key: value for key, value in under.items() if key not in gone}
    return result


def _says(value: Leaf | Tree | None) -> bool:
    return isinstance(value, Leaf) and value.value is not None
