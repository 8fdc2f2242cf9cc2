"""Checks request members against the constraints of the service model, with AWS's wording."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_at_installer.sandbox.protocols.values import Shape


_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list,),
    "map": (dict,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "blob": (bytes,),
}


_CATEGORIES = {
    r"\w-_": r"\w\-_",
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{IsLetter}": r"\w",
    r"\p{IsDigit}": r"\d",
    r"\p{Graph}": r"!-~",
    r"\p{ASCII}": r"\x00-\x7f",
    r"\P{M}": r"\x00-\U0010ffff",
    r"\p{M}": r"\u0300-\u036f",
}
_CHECKED_BY_THE_SERVICE = frozenset({"Runtime"})  # Lambda has its own error for these enumerations


def problems(shape: Shape, value: Any) -> list[str]:
    """Every constraint that `value` breaks, as AWS words them; empty when it is fine."""
    return list(_structure(shape, value, ""))


def summary(found: list[str]) -> str:
    """`1 validation error detected: ...`, as AWS's front ends put it."""
    plural = "" if len(found) == 1 else "s"
    return f"{len(found)} validation error{plural} detected: {'; '.join(found)}"


def _check(shape: Shape, value: Any, where: str) -> Iterator[str]:
    kind = shape.type_name
    wanted = _TYPES.get(kind)
    if wanted and (not isinstance(value, wanted) or (kind != "boolean" and value is True)):
        yield f"Value at '{where}' failed to satisfy constraint: Member must be of type {kind}"
        return
    if kind == "structure":
        yield from _structure(shape, value, where)
    elif kind == "list":
        yield from _length(shape, value, where)
        for number, item in enumerate(value, 1):
            yield from _check(shape.member, item, f"{where}.{number}.member")
    elif kind == "map":
        yield from _length(shape, value, where)
        for key, item in value.items():
            yield from _check(shape.key, key, f"{where}.{key}.key")
            yield from _check(shape.value, item, f"{where}.{key}.member")
    else:
        yield from _scalar(shape, value, where)


def _structure(shape: Shape, value: dict[str, Any], where: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield (
                f"Value null at '{_path(where, name)}' failed to satisfy constraint: "
                "Member must not be null"
            )
    for name, item in value.items():
        if name in shape.members and item is not None:
            yield from _check(shape.members[name], item, _path(where, name))


def _path(where: str, name: str) -> str:
    camel = name[:1].lower() + name[1:]
    return f"{where}.{camel}" if where else camel


def _scalar(shape: Shape, value: Any, where: str) -> Iterator[str]:
    failed = f"Value '{value!s:.200}' at '{where}' failed to satisfy constraint: Member must"
    metadata = shape.metadata
    if isinstance(value, str | bytes):
        yield from _length(shape, value, where)
    elif isinstance(value, int | float):
        if "min" in metadata and value < metadata["min"]:
            yield f"{failed} have value greater than or equal to {metadata['min']}"
        if "max" in metadata and value > metadata["max"]:
            yield f"{failed} have value less than or equal to {metadata['max']}"
    free = shape.name in _CHECKED_BY_THE_SERVICE
    if metadata.get("enum") and value not in metadata["enum"] and not free:
        yield f"{failed} satisfy enum value set: [{', '.join(metadata['enum'])}]"
    pattern = metadata.get("pattern")
    if pattern and isinstance(value, str) and not compiled(pattern).fullmatch(value):
        yield f"{failed} satisfy regular expression pattern: {pattern}"


def _length(shape: Shape, value: Any, where: str) -> Iterator[str]:
    metadata, size = shape.metadata, len(value)
    shown = f"'{value!s:.200}' " if isinstance(value, str) else ""
    failed = f"Value {shown}at '{where}' failed to satisfy constraint: Member must have length"
    if size < metadata.get("min", 0):
        yield f"{failed} greater than or equal to {metadata['min']}"
    if size > metadata.get("max", size):
        yield f"{failed} less than or equal to {metadata['max']}"


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a service model. They are Java's: the nearest classes stand in for categories of Unicode."""
    for category, python in _CATEGORIES.items():
        pattern = pattern.replace(category, python)
    return re.compile(pattern)
