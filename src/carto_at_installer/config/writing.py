"""Writes a configuration file to begin with: every setting with a comment, those that are given filled in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from carto_at_installer.config.settings import SECTIONS, Kind, Setting, in_section
from carto_at_installer.config.variables import escaped
from carto_at_installer.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*(:[A-Za-z0-9_./+-]+)*")
_WORDS = {"true", "false", "null"}
_HEAD = """\
# Configuration of carto-at. Check it with: carto-at config validate
# See what counts, and where it comes from, with: carto-at config show --explain
# Flags come first, then CARTO_AT_ variables, then this file. ${NAME} and ${NAME:-default} take values from the
# environment. Passwords do not belong here: keep them in AWS Secrets Manager and name the ARN.
"""
_TAIL = """
# Environments are laid over what is above: carto-at install --env prod
# environments:
#   prod:
#     redshift:
#       cluster_id: my-production-cluster
"""


def file_text(values: Mapping[str, Any]) -> str:
    """The text of a file that gives `values` (by setting name) and explains all other settings in comments."""
    parts = [_HEAD]
    for section, text in SECTIONS.items():
        lines = ["", f"# {text}", f"{section}:"]
        for setting in in_section(section).values():
            lines.append(f"  # {setting.help} ({setting.flag}, {setting.variable})")
            lines += _lines(setting, values)
        parts.append("\n".join(lines) + "\n")
    return "".join(parts) + _TAIL


def _lines(setting: Setting, values: Mapping[str, Any]) -> list[str]:
    value = values.get(setting.name)
    if value is None or value == ():
        shown = setting.example
        if setting.default is not None and setting.kind in {Kind.TEXT, Kind.INTEGER}:
            shown = str(setting.default)
        return [f"  # {setting.key}: {shown}"]
    if setting.kind is Kind.TEXTS:
        pairs = [f"    {_scalar(key)}: {_scalar(escaped(text))}" for key, text in value.items()]
        return [f"  {setting.key}:", *pairs]
    if setting.kind is Kind.NAMES:
        return [f"  {setting.key}: [{', '.join(_scalar(escaped(each)) for each in value)}]"]
    return [f"  {setting.key}: {value if isinstance(value, int) else _scalar(escaped(value))}"]


def _scalar(text: str) -> str:
    """A YAML scalar that is read as this text: plain where that is safe, else in double quotes as in JSON."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text)


def write_new(file: Path, text: str, *, force: bool) -> None:
    """Write the file; one that is there is replaced only with `force`. Raises ConfigError when it cannot be written."""
    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise ConfigError(
            f"{file} is there already", hint="Replace it with --force, or name another file."
        ) from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
