"""Reads YAML into a tree that remembers its lines, so that faults can say where they are.

Only what JSON has: mappings with text keys, lists, text, numbers, booleans and null. Anchors, tags and merge keys are
refused, duplicate keys are faults, and size and depth are bounded, so that no file can make the reader run long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carto_at_installer.documents.faults import FaultList

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 16
_MAX_DIGITS = 40
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file and its line. `value` is a scalar, a list of Nodes or a dict of Nodes by key.

    `blank` tells a key without a value (`key:`) from an explicit `null`.
    """

    value: Any
    line: int
    blank: bool = False

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


_RESOLVERS: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
"""The scalars of YAML 1.2: `yes`, `1:30` and `2026-01-01` are text."""


class _Loader(yaml.SafeLoader):
    """The loader whose words about faults are shown."""

    yaml_implicit_resolvers = _RESOLVERS


class _QuickLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in C, where PyYAML was built with it: ten times as quick, but its words about faults vary."""

    yaml_implicit_resolvers = _RESOLVERS


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"),
    list("-0123456789"),
)
_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:str": str,
}


class _RefusedError(Exception):
    """A file that is not read further; carries the line and the reason."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def read_document(path: Path, faults: FaultList, *, may_be_empty: bool = False) -> Node | None:
    """The tree of a YAML file, or None when it cannot be read; what is wrong goes to `faults`.

    With `may_be_empty` a file without anything but comments is an empty mapping.
    """
    try:
        text = _text(path)
    except _RefusedError as refused:
        faults.add(path, refused.line, refused.reason)
        return None
    return parse_document(text, path, faults, may_be_empty=may_be_empty)


def parse_document(
    text: str, path: Path, faults: FaultList, *, may_be_empty: bool = False
) -> Node | None:
    """The tree of a text that stands, or stood, in the file `path`; otherwise like `read_document`."""
    try:
        root = _compose(text)
    except _RefusedError as refused:
        faults.add(path, refused.line, refused.reason)
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, [error.context, error.problem])) or "not readable as YAML"
        faults.add(path, mark.line + 1 if mark else 1, reason)
        return None
    except yaml.YAMLError as error:
        faults.add(path, 1, f"not readable as YAML: {error}")
        return None
    if root is None and may_be_empty:
        return Node({}, 1)
    if root is None:
        faults.add(path, 1, "the file is empty")
        return None
    return _convert(root, path, faults)


def _compose(text: str) -> yaml.Node | None:
    try:
        _check_events(text, _QuickLoader)
        root: yaml.Node | None = yaml.compose(text, Loader=_QuickLoader)
    except yaml.YAMLError:
        _check_events(text, _Loader)
        root = yaml.compose(text, Loader=_Loader)
    return root


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _RefusedError(f"cannot be read: {error.strerror}", 1) from None
    if len(data) > MAX_BYTES:
        raise _RefusedError(f"the file is larger than {MAX_BYTES} bytes", 1)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _RefusedError("the text is not UTF-8", line) from None


def _check_events(text: str, loader: type[Any]) -> None:
    """Refuse what could make composing run away, while the text is still a stream of events."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None) is not None:
            raise _RefusedError("anchors and aliases are not supported", line)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels", line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _convert(node: yaml.Node, path: Path, faults: FaultList) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Node(_mapping(node, path, faults), line)
    if isinstance(node, yaml.SequenceNode):
        return Node([_convert(each, path, faults) for each in node.value], line)
    blank = isinstance(node, yaml.ScalarNode) and node.value == "" and not node.style
    return Node(_scalar(node, line, path, faults), line, blank)


def _scalar(node: yaml.Node, line: int, path: Path, faults: FaultList) -> Any:
    convert = _SCALARS.get(node.tag)
    if convert is None:
        faults.add(path, line, f"the tag {node.tag} is not supported")
    elif _UNPRINTABLE.search(node.value):
        faults.add(path, line, "the text contains a control character or half a surrogate pair")
    elif convert is int and len(node.value) > _MAX_DIGITS:
        faults.add(path, line, f"the number has more than {_MAX_DIGITS} digits")
    else:
        return convert(node.value)
    return None


def _mapping(node: yaml.MappingNode, path: Path, faults: FaultList) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            faults.add(path, line, "a key has to be text")
        elif key_node.value in found:
            first = found[key_node.value].line
            faults.add(
                path, line, f"the key {key_node.value!r} is there twice (first on line {first})"
            )
        else:
            value = _convert(value_node, path, faults)
            found[key_node.value] = replace(value, line=line)
    return found
