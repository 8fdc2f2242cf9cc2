"""Recognises failures by the words of the service, and says in a line or two what they mean and what to do.

`KNOWN` is the catalogue. Errors raised from AWS and from the database, smoke tests and docs/troubleshooting.md use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.known_failures import KNOWN, Group, Known

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KNOWN", "Explanation", "Group", "Known", "explain", "explain_code", "hint_for"]

_PATTERNS = tuple(
    (known, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for known in KNOWN
    for pattern in known.patterns
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a failure means: the entry of the catalogue, its cause, and the next step with the names of this failure."""

    code: str
    cause: str
    fix: str

    @property
    def hint(self) -> str:
        """Cause and next step, as lines."""
        return f"{self.cause}\n{self.fix}"


def explain(text: str) -> Explanation | None:
    """The explanation of a service's text; None for a text that the catalogue does not know. The first entry wins."""
    for known, pattern in _PATTERNS:
        if match := pattern.search(text):
            return _filled(known, match.groupdict())
    return None


def explain_code(code: str) -> Explanation:
    """The explanation of an entry by its code, for failures that show in no text. Raises KeyError."""
    return _filled({known.code: known for known in KNOWN}[code], {})


def hint_for(text: str) -> str:
    """The hint about a service's text, or nothing."""
    found = explain(text)
    return found.hint if found else ""


class _Names(dict[str, str]):
    """Values for names; one without a value stands for itself, in capitals."""

    def __missing__(self, name: str) -> str:
        return name.upper()


def _filled(known: Known, names: Mapping[str, str | None]) -> Explanation:
    given = _Names({**known.names, **{key: value for key, value in names.items() if value}})
    return Explanation(known.code, known.cause.format_map(given), known.fix.format_map(given))
