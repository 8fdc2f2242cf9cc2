"""Turns what a file says about each setting into a checked value: variables replaced, type and rule held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.config import variables
from carto_at_installer.config.layers import Leaf
from carto_at_installer.config.settings import SETTINGS, Kind
from carto_at_installer.core.errors import UsageError
from carto_at_installer.documents.fields import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.config.layers import Tree
    from carto_at_installer.config.settings import Setting
    from carto_at_installer.documents.faults import FaultList


@dataclass(frozen=True, slots=True)
class Given:
    """The value that a file gives to a setting, and where."""

    value: Any
    file: Path
    line: int


class _WrongError(Exception):
    """A value of the wrong type; the text says what it has to be."""


def checked_values(
    tree: Tree, environment: Mapping[str, str], faults: FaultList
) -> dict[str, Given]:
    """The checked values by setting name; what is wrong goes to `faults` and is left out."""
    found: dict[str, Given] = {}
    for setting in SETTINGS:
        section = tree.get(setting.section)
        said = section.get(setting.key) if isinstance(section, dict) else None
        leaf = _first_leaf(said)
        if said is None or leaf is None:
            continue
        try:
            value = _value(setting, said, environment)
            if value is not None:
                _hold(setting, value)
                found[setting.name] = Given(value, leaf.file, leaf.line)
        except (_WrongError, variables.ReferenceFaultError) as error:
            faults.add(leaf.file, leaf.line, f"{setting.path}: {error}")
        except UsageError as error:
            reason = " ".join(filter(None, [f"{error.message}.", error.hint]))
            faults.add(leaf.file, leaf.line, f"{setting.path}: {reason.rstrip('.')}")
    return found


def _first_leaf(said: Leaf | Tree | None) -> Leaf | None:
    if isinstance(said, dict):
        return next((leaf for each in said.values() if (leaf := _first_leaf(each))), None)
    return said


def _value(setting: Setting, said: Leaf | Tree, environment: Mapping[str, str]) -> Any:
    """The value of the setting's type; None when nothing is left after replacing variables."""
    if isinstance(said, dict) or setting.kind is Kind.TEXTS:
        return _texts(said, environment)
    value = said.value
    if setting.kind is Kind.NAMES:
        return _names(value, environment)
    if isinstance(value, str):
        replaced = variables.replaced(value, environment)
        if not replaced.strip() and variables.has_references(value):
            return None
        if setting.kind is Kind.TEXT:
            return _text(replaced)
        if variables.has_references(value) and replaced.strip().isdecimal():
            return int(replaced)
    if setting.kind is Kind.INTEGER and isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _WrongError(f"has to be a {setting.kind}{_quotes(setting, value)}")


def _quotes(setting: Setting, value: Any) -> str:
    plain = isinstance(value, bool | int | float) and setting.kind is Kind.TEXT
    return " (put it in quotes)" if plain else ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongError("has to hold texts (put them in quotes)")
    if not value.strip():
        raise _WrongError("is empty: leave the key out")
    if not value.isprintable():
        raise _WrongError("holds characters that cannot be printed")
    return value.strip()


def _names(value: Any, environment: Mapping[str, str]) -> tuple[str, ...] | None:
    """A list of texts, or one text with commas."""
    if isinstance(value, str):
        parts = variables.replaced(value, environment).split(",")
        return tuple(part.strip() for part in parts if part.strip()) or None
    if not isinstance(value, list):
        raise _WrongError("has to be a list of names")
    if not all(isinstance(each, str) for each in value):
        raise _WrongError("has to be a list of names, each a text")
    return tuple(_text(variables.replaced(each, environment)) for each in value)


def _texts(said: Leaf | Tree, environment: Mapping[str, str]) -> dict[str, str]:
    if isinstance(said, Leaf):
        raise _WrongError("has to be a mapping of names to texts")
    found = {}
    for key, leaf in said.items():
        if isinstance(leaf, dict) or not isinstance(leaf.value, str):
            raise _WrongError(f"the value of {key!r} has to be a text (put it in quotes)")
        found[key] = variables.replaced(leaf.value, environment)
    return found


def _hold(setting: Setting, value: Any) -> None:
    for each in value if setting.kind is Kind.NAMES else (value,):
        if setting.choices and each not in setting.choices:
            raise _WrongError(f"cannot be {each!r}{suggestion(each, setting.choices)}")
    if setting.check is not None:
        setting.check(value)
