"""The error that a faulty configuration is refused with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.core.errors import ConfigError
from carto_at_installer.documents.faults import listed

if TYPE_CHECKING:
    from carto_at_installer.documents.faults import Fault


class InvalidConfigError(ConfigError):
    """A configuration with faults; `faults` holds every one, the message lists them one a line."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(
            listed("The configuration", faults), hint="docs/configuration.md describes the format."
        )
        self.faults = faults
