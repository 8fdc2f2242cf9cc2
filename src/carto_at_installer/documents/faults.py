"""Faults of files: collected while they are read, reported all at once with file, line and reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong: the file, the line in it (from 1) and the reason."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(slots=True)
class FaultList:
    """Collects faults; file names are shown relative to `base` where they lie below it."""

    base: Path
    faults: set[Fault] = field(default_factory=set)

    def add(self, file: Path, line: int, reason: str) -> None:
        """Note a fault; the same fault twice counts once."""
        name = str(file.relative_to(self.base)) if file.is_relative_to(self.base) else str(file)
        self.faults.add(Fault(name, line, reason))

    def raise_if_any(self, error: Callable[[tuple[Fault, ...]], Exception]) -> None:
        """Raise the error made of all faults, by file and line, if there are any."""
        if self.faults:
            raise error(tuple(sorted(self.faults)))


def listed(what: str, faults: tuple[Fault, ...]) -> str:
    """`The catalog has 2 faults:` and one line for each."""
    count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
    return "\n".join([f"{what} has {count}:", *(f"  {fault}" for fault in faults)])
