"""Faults of a catalog: collected while it is read, reported all at once with file, line and reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import CatalogError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong: the file, the line in it (from 1) and the reason."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class InvalidCatalogError(CatalogError):
    """A catalog with faults; `faults` holds every one, the message lists them one a line."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"The catalog has {count}:\n{lines}", hint="docs/authoring.md describes the format."
        )
        self.faults = faults


@dataclass(slots=True)
class FaultList:
    """Collects faults; file names are shown relative to `base` where they lie below it."""

    base: Path
    faults: set[Fault] = field(default_factory=set)

    def add(self, file: Path, line: int, reason: str) -> None:
        """Note a fault; the same fault twice counts once."""
        name = str(file.relative_to(self.base)) if file.is_relative_to(self.base) else str(file)
        self.faults.add(Fault(name, line, reason))

    def raise_if_any(self) -> None:
        """Raise InvalidCatalogError with all faults, by file and line, if there are any."""
        if self.faults:
            raise InvalidCatalogError(tuple(sorted(self.faults)))
