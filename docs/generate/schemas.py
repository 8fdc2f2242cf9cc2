"""The JSON Schema of configuration files: for readers of the documentation, and as the package ships it."""

from __future__ import annotations

from carto_at_installer.config.schema import FILENAME, schema_text


def files() -> dict[str, str]:
    """The same text twice."""
    text = schema_text()
    return {
        f"reference/schemas/{FILENAME}": text,
        f"../src/carto_at_installer/config/{FILENAME}": text,
    }
