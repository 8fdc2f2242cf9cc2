"""Holds the JSON that commands print to the schemas that are published for it."""

from __future__ import annotations

from typing import Any

import jsonschema

from carto_at_installer.cli.schemas import DATA, ENVELOPE, EVENT


def check_document(document: dict[str, Any], *, closed: bool = False) -> None:
    """Raise unless a document of --output json is as its schemas say.

    `closed` refuses members that no schema describes. An early failure has no data.
    """
    jsonschema.validate(document, _closed(ENVELOPE) if closed else ENVELOPE)
    command = document["command"]
    if command in DATA and (document["data"] or not document["exit_code"]):
        schema = DATA[command]
        jsonschema.validate(document["data"], _closed(schema) if closed else schema)


def check_event(line: dict[str, Any]) -> None:
    """Raise unless a line of --events is as its schema says, without anything more."""
    jsonschema.validate(line, _closed(EVENT))


def _closed(schema: Any) -> Any:
    """The schema without room for members that it does not name."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if "required" in schema else inner
