"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The five answers of a check; only `fail` stops an installation."""

    PASS = "pass"  # noqa: S105 - the word of the table, not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of one check: what was looked at, what was seen, and how to put it right."""

    check: str
    status: Status
    reason: str
    fix: str = ""
