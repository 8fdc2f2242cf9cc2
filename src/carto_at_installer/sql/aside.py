"""Functions of others that bore our names: they are kept beside ours until the installation goes, or its release does.

`__at_before_3_toy_times` is the function `toy_times` that release 3 has replaced. Renaming keeps its owner, its
privileges and its definition, also one that could not be made anew, such as that of a Python function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sql import ddl
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.types import signature_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.core.releases import ForeignFunction
    from carto_at_installer.sql.database import DatabaseFunction

_NAME = re.compile(r"__at_before_(\d{1,9})_(\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A function that was set aside: what it was called, the release that replaced it, and where it is now."""

    release: int
    name: str
    function: DatabaseFunction

    @property
    def key(self) -> str:
        """Its name of before and its base types, as `signature_key` writes them."""
        return signature_key(self.name, self.function.types)


def set_aside(schema: str, release: int, foreign: Iterable[ForeignFunction]) -> list[str]:
    """The statements that copy functions of others that will be replaced in place, and rename the rest.

    Copies come first, while what they call still has its name.
    """
    ordered = sorted(foreign, key=lambda each: not each.copied)
    return [_set_aside(schema, release, each) for each in ordered]


def _set_aside(schema: str, release: int, foreign: ForeignFunction) -> str:
    name = f"__at_before_{int(release)}_{foreign.name.lower()}"
    if foreign.copied:
        return ddl.copied_function(schema, name, foreign)
    return ddl.rename_object(foreign.language, schema, foreign.name, [foreign.types], name)


def put_back(schema: str, found: SetAside) -> str:
    """The statement that gives it back its name."""
    function = found.function
    old = quote_identifier(function.name)
    return ddl.rename_object(function.language, schema, old, function.types, found.name)


def drop(schema: str, found: SetAside) -> str:
    """The statement that removes it for good."""
    function = found.function
    return ddl.drop_object(
        function.language, schema, quote_identifier(function.name), function.types
    )


def those_set_aside(functions: Iterable[DatabaseFunction]) -> tuple[SetAside, ...]:
    """Those among a schema's functions; of one that was set aside twice, the one that was there first."""
    found: dict[str, SetAside] = {}
    for function in functions:
        if (match := _NAME.fullmatch(function.name)) is not None:
            one = SetAside(int(match[1]), match[2], function)
            if one.key not in found or found[one.key].release > one.release:
                found[one.key] = one
    return tuple(found.values())
