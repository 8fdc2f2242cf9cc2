"""The JSON Schemas: of configuration files, as the package ships it too, and of what commands print for programs."""

from __future__ import annotations

from carto_at_installer.cli.schemas import schema_files
from carto_at_installer.config.schema import FILENAME, schema_text


def files() -> dict[str, str]:
    """The schema of configurations twice, the others once: the wheel takes them from the documentation."""
    text = schema_text()
    return {
        f"reference/schemas/{FILENAME}": text,
        f"../src/carto_at_installer/config/{FILENAME}": text,
        **{f"reference/schemas/{name}": content for name, content in schema_files().items()},
    }
