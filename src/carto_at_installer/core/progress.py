"""How long work tells what it is doing, without knowing who listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Task:
    """A step that a phase is going to take: its line for people, and the module it is about (or nothing)."""

    step: str
    module: str = ""


class Progress(Protocol):
    """Receives the phases and steps of a running command; may be called from several threads."""

    def phase(self, title: str, total: int, tasks: Sequence[Task] = ()) -> None:
        """A new phase with `total` steps starts, which are known beforehand or not; the one before it is complete."""

    def started(self, step: str) -> None:
        """A step starts."""

    def finished(self, step: str, *, failed: bool = False) -> None:
        """A step ended."""

    def waiting(self, step: str, reason: str) -> None:
        """A step waits or tries again, and why."""


class SilentProgress:
    """A listener that does nothing, for callers that do not watch."""

    def phase(self, title: str, total: int, tasks: Sequence[Task] = ()) -> None:
        """Do nothing."""

    def started(self, step: str) -> None:
        """Do nothing."""

    def finished(self, step: str, *, failed: bool = False) -> None:
        """Do nothing."""

    def waiting(self, step: str, reason: str) -> None:
        """Do nothing."""


class SharedProgress:
    """Tells several listeners."""

    def __init__(self, *listeners: Progress) -> None:
        self._listeners = listeners

    def phase(self, title: str, total: int, tasks: Sequence[Task] = ()) -> None:
        """Tell all of them that a phase starts."""
        for listener in self._listeners:
            listener.phase(title, total, tasks)

    def started(self, step: str) -> None:
        """Tell all of them that a step starts."""
        for listener in self._listeners:
            listener.started(step)

    def finished(self, step: str, *, failed: bool = False) -> None:
        """Tell all of them that a step ended."""
        for listener in self._listeners:
            listener.finished(step, failed=failed)

    def waiting(self, step: str, reason: str) -> None:
        """Tell all of them what a step waits for."""
        for listener in self._listeners:
            listener.waiting(step, reason)
