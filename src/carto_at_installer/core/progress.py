"""How long work tells what it is doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the phases and steps of a running command; may be called from several threads."""

    def phase(self, title: str, total: int) -> None:
        """A new phase with `total` steps starts; the one before it is complete."""

    def started(self, step: str) -> None:
        """A step starts."""

    def finished(self, step: str, *, failed: bool = False) -> None:
        """A step ended."""

    def waiting(self, step: str, reason: str) -> None:
        """A step waits or tries again, and why."""


class SilentProgress:
    """A listener that does nothing, for callers that do not watch."""

    def phase(self, title: str, total: int) -> None:
        """Do nothing."""

    def started(self, step: str) -> None:
        """Do nothing."""

    def finished(self, step: str, *, failed: bool = False) -> None:
        """Do nothing."""

    def waiting(self, step: str, reason: str) -> None:
        """Do nothing."""
