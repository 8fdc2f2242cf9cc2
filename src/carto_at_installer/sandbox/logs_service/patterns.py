"""CloudWatch's filter patterns, as far as they are words: all of them, any of `?word`, none of `-word`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import AwsServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def compiled(pattern: str) -> Callable[[str], bool]:
    """A predicate on messages. Raises AwsServiceError for JSON and positional patterns, and regular expressions."""
    text = pattern.strip()
    if text[:1] in {"{", "[", "%"}:
        raise AwsServiceError(
            "InvalidParameterException",
            f"The sandbox does not emulate the filter pattern {pattern!r}: words and phrases only",
        )
    terms = [(sign, quoted or word) for sign, quoted, word in _TERM.findall(text)]
    wanted = [term for sign, term in terms if not sign]
    optional = [term for sign, term in terms if sign == "?"]
    unwanted = [term for sign, term in terms if sign == "-"]

    def matches(message: str) -> bool:
        return (
            all(term in message for term in wanted)
            and (not optional or any(term in message for term in optional))
            and not any(term in message for term in unwanted)
        )

    return matches
