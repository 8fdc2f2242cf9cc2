"""Takes typed fields out of a mapping of the file; what is missing, mistyped or unknown becomes a fault."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from carto_at_installer.documents.document import Node
    from carto_at_installer.documents.faults import FaultList


class Fields:
    """The fields of one mapping. `what` names the mapping in messages (`function QUADBIN_KRING`).

    Keys outside `allowed` are faults at once. Every getter notes a fault and returns a harmless value when the field is
    missing or of another type, so that reading goes on and finds the next fault.
    """

    def __init__(
        self, node: Node, allowed: Collection[str], what: str, file: Path, faults: FaultList
    ) -> None:
        self.node = node
        self.what = what
        self.file = file
        self.faults = faults
        self._map: dict[str, Node] = node.value if isinstance(node.value, dict) else {}
        if not isinstance(node.value, dict):
            self.fault(node.line, f"{what}: expected keys and values")
        for key, value in self._map.items():
            if key not in allowed:
                self.fault(value.line, f"{what}: unknown key {key!r}{suggestion(key, allowed)}")

    def nested(self, node: Node, allowed: Collection[str], what: str) -> Fields:
        """The fields of a mapping inside this one, with faults going to the same place."""
        return Fields(node, allowed, what, self.file, self.faults)

    def fault(self, line: int, reason: str) -> None:
        """Note a fault of this file."""
        self.faults.add(self.file, line, reason)

    def has(self, key: str) -> bool:
        """Whether the key is there, with or without a value."""
        return key in self._map

    def line(self, key: str) -> int:
        """The line of a key, or of the mapping when it is not there."""
        return self._map[key].line if key in self._map else self.node.line

    def node_of(self, key: str) -> Node | None:
        """The node of a key, for readers of nested values."""
        return self._map.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not blank, stripped; without a default it has to be there."""
        if key not in self._map:
            if default is None:
                self.fault(self.node.line, f"{self.what}: {key!r} is missing")
            return default or ""
        value = self._map[key].value
        if not isinstance(value, str) or not value.strip():
            self.fault(self.line(key), f"{self.what}: {key!r} has to be a text")
            return ""
        return value.strip()

    def integer(self, key: str, lowest: int, highest: int, default: int | None = None) -> int:
        """A whole number between the bounds; without a default it has to be there."""
        if key not in self._map and default is not None:
            return default
        if key not in self._map:
            self.fault(self.node.line, f"{self.what}: {key!r} is missing")
            return lowest
        value = self._map[key].value
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(self.line(key), f"{self.what}: {key!r} has to be a whole number")
            return lowest
        if not lowest <= value <= highest:
            self.fault(
                self.line(key),
                f"{self.what}: {key!r} is {value}, not between {lowest} and {highest}",
            )
            return lowest
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        if key not in self._map:
            return default
        value = self._map[key].value
        if not isinstance(value, bool):
            self.fault(self.line(key), f"{self.what}: {key!r} has to be true or false")
            return default
        return value

    def items(self, key: str, *, required: bool = False) -> list[Node]:
        """The entries of a list."""
        if key not in self._map:
            if required:
                self.fault(self.node.line, f"{self.what}: {key!r} is missing")
            return []
        value = self._map[key].value
        if not isinstance(value, list):
            self.fault(self.line(key), f"{self.what}: {key!r} has to be a list")
            return []
        return value

    def texts(self, key: str) -> list[tuple[str, int]]:
        """The entries of a list of texts, each with its line."""
        found = []
        for node in self.items(key):
            if isinstance(node.value, str) and node.value.strip():
                found.append((node.value.strip(), node.line))
            else:
                self.fault(node.line, f"{self.what}: {key!r} has to be a list of texts")
        return found


def suggestion(word: str, known: Collection[str]) -> str:
    """` (did you mean 'x'?)` for the closest known word, or what is known."""
    by_folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(word.lower(), sorted(by_folded), n=1)
    if close:
        return f" (did you mean {by_folded[close[0]]!r}?)"
    return f" (known: {', '.join(sorted(known))})"
