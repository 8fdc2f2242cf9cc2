"""Replaces `${NAME}` and `${NAME:-default}` in texts of a file by variables of the environment.

As in a shell, the default also stands in for a variable that is empty; it is taken as it is, without variables in it.
`$${` stands for the characters `${`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(
    r"(?P<escaped>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}|\$\{"
)


class ReferenceFaultError(Exception):
    """A reference that cannot be replaced; the text is the reason."""


def has_references(text: str) -> bool:
    """Whether replacing could change the text."""
    return "${" in text


def replaced(text: str, variables: Mapping[str, str]) -> str:
    """The text with all references replaced. Raises ReferenceFaultError for one that is malformed or not set."""

    def value(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        name, default = match["name"], match["default"]
        if name is None:
            raise ReferenceFaultError(
                "'${' begins a variable like ${NAME} or ${NAME:-default}; write $${ for the characters"
            )
        found = variables.get(name)
        if default is not None:
            return found or default
        if found is None:
            raise ReferenceFaultError(
                f"the environment variable {name} is not set (${{{name}:-default}} gives a default)"
            )
        return found

    return _REFERENCE.sub(value, text)


def escaped(text: str) -> str:
    """The text as it has to be written in a file to mean just itself."""
    return text.replace("${", "$${")
