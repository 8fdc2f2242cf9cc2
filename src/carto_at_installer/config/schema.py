"""The JSON Schema of a configuration file, for editors: made from the table of settings.

It knows names and types. What names and ARNs are made of, variables and secrets, `carto-at config validate` checks.
The file beside this module is what ships; a test keeps it equal to `json_schema()`.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from carto_at_installer.config.settings import SECTIONS, Kind, Setting, in_section

FILENAME = "carto-at-config.schema.json"
_REFERENCE = {"type": "string", "pattern": r"\$\{"}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a file: sections, and environments of the same sections."""
    sections = {name: {"$ref": f"#/$defs/{name}"} for name in SECTIONS}
    environment = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": sections,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of carto-at",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            **sections,
            "environments": {
                "description": "Environments by name: what they say is laid over the sections above (--env NAME).",
                "type": ["object", "null"],
                "additionalProperties": environment,
            },
        },
        "$defs": {name: _section(name, text) for name, text in SECTIONS.items()},
    }


def _section(name: str, text: str) -> dict[str, Any]:
    return {
        "description": text,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {key: _property(setting) for key, setting in in_section(name).items()},
    }


def _property(setting: Setting) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": f"{setting.help} (flag {setting.flag}, variable {setting.variable})"
    }
    if setting.default is not None:
        default = setting.default
        described["default"] = list(default) if isinstance(default, tuple) else default
    return described | {"anyOf": [*_types(setting), {"type": "null"}]}


def _types(setting: Setting) -> list[dict[str, Any]]:
    text: dict[str, Any] = {"type": "string", "minLength": 1}
    match setting.kind:
        case Kind.INTEGER:
            return [{"type": "integer"}, _REFERENCE]
        case Kind.TEXTS:
            values = {"type": ["string", "null"]}
            return [{"type": "object", "additionalProperties": values}]
        case Kind.NAMES:
            choice = {"enum": list(setting.choices)} if setting.choices else text
            names = [choice, _REFERENCE] if setting.choices else [choice]
            return [{"type": "array", "items": {"anyOf": names}}, text]
        case _:
            return [{"enum": list(setting.choices)}, _REFERENCE] if setting.choices else [text]


def schema_text() -> str:
    """The schema as it is shipped, for people and editors."""
    return json.dumps(json_schema(), indent=2) + "\n"


def shipped_schema() -> str:
    """The schema file of the installed package."""
    return (files("carto_at_installer") / "config" / FILENAME).read_text(encoding="utf-8")
