"""Reads one file of a configuration: its shape and its keys are checked here, its values when they are used.

Secrets are refused before anything else is looked at, and their values are not repeated in any message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.config.layers import ENVIRONMENTS, tree_of
from carto_at_installer.config.settings import SECTIONS, SETTINGS, Kind, in_section
from carto_at_installer.documents.fields import suggestion

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.config.layers import Tree
    from carto_at_installer.documents.document import Node
    from carto_at_installer.documents.faults import FaultList

_SECRET_KEY = re.compile(
    r"(^|_)(password|passwd|pwd|passphrase|secret|secret_key|secret_access_key|access_key|access_key_id|"
    r"private_key|token|session_token|api_key|credentials?)$"
)
_SECRET_VALUE = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|://[^/\s:@]+:[^/\s@]+@")
_ADVICE = (
    "secrets do not belong into files: keep it in AWS Secrets Manager and give its ARN as redshift.secret_arn"
    " (AWS itself is reached with a profile)"
)


@dataclass(frozen=True, slots=True)
class Layers:
    """What one file says: for all, and by environment."""

    base: Tree = field(default_factory=dict)
    environments: dict[str, Tree] = field(default_factory=dict)


def read_layers(file: Path, faults: FaultList) -> Layers:
    """The layers of a file; what is wrong goes to `faults`."""
    from carto_at_installer.documents.document import read_document  # noqa: PLC0415 - imports YAML

    root = read_document(file, faults, may_be_empty=True)
    if root is None:
        return Layers()
    check = _Check(file, faults)
    check.secrets(root, ())
    if not check.is_map(root, "the file"):
        return Layers()
    check.sections(root, (*SECTIONS, ENVIRONMENTS))
    named = root.value.get(ENVIRONMENTS)
    sections = {key: node for key, node in root.value.items() if key in SECTIONS}
    base = tree_of(type(root)(sections, root.line), file)
    if named is None or named.value is None or not check.is_map(named, ENVIRONMENTS):
        return Layers(base)
    environments: dict[str, Tree] = {}
    for name, node in named.value.items():
        if node.value is None:
            environments[name] = {}
        elif check.is_map(node, f"environment {name!r}"):
            check.sections(node, tuple(SECTIONS))
            environments[name] = tree_of(node, file)
    return Layers(base, environments)


class _Check:
    """The checks of one file."""

    def __init__(self, file: Path, faults: FaultList) -> None:
        self._file = file
        self._faults = faults

    def is_map(self, node: Node, what: str) -> bool:
        if isinstance(node.value, dict):
            return True
        self._fault(node, f"{what} has to hold keys and values")
        return False

    def sections(self, node: Node, known: tuple[str, ...]) -> None:
        """The sections of the file or of an environment, and the keys in them."""
        for name, section in node.value.items():
            if name not in known:
                self._unknown(section, name, known, "")
            elif name in SECTIONS and section.value is not None and self.is_map(section, name):
                self._keys(section, name)

    def _keys(self, section: Node, name: str) -> None:
        settings = in_section(name)
        for key, node in section.value.items():
            if key not in settings:
                self._unknown(node, key, tuple(settings), name)
            elif isinstance(node.value, dict) and settings[key].kind is not Kind.TEXTS:
                self._fault(node, f"{name}.{key} is a {settings[key].kind}, not a mapping")
            elif node.blank:
                self._fault(
                    node,
                    f"{name}.{key} has no value: leave the key out, or write null to take back what another"
                    " file says",
                )

    def _unknown(self, node: Node, key: str, known: tuple[str, ...], section: str) -> None:
        if _is_secret(key):
            return
        where = f"{section}: " if section else ""
        homes = [each.section for each in SETTINGS if each.key == key]
        hint = f" (it belongs under {homes[0]!r})" if homes else suggestion(key, known)
        self._fault(node, f"{where}unknown key {key!r}{hint}")

    def secrets(self, node: Node, path: tuple[str, ...]) -> None:
        """Refuse passwords and keys of AWS, wherever they are."""
        if isinstance(node.value, dict):
            for key, value in node.value.items():
                if _is_secret(key) and path[-1:] != ("tags",):
                    self._fault(value, f"{'.'.join((*path, key))}: {_ADVICE}")
                else:
                    self.secrets(value, (*path, key))
        elif isinstance(node.value, list):
            for each in node.value:
                self.secrets(each, path)
        elif isinstance(node.value, str) and _SECRET_VALUE.search(node.value):
            self._fault(node, f"{'.'.join(path)} holds a password or an access key: {_ADVICE}")

    def _fault(self, node: Node, reason: str) -> None:
        self._faults.add(self._file, node.line, reason)


def _is_secret(key: str) -> bool:
    folded: Any = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-\s]+", "_", key).lower()
    return _SECRET_KEY.search(folded) is not None
