"""What a check is and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carto_at_installer.checks.facts import Facts


class Status(StrEnum):
    """The five answers of a check; only `fail` stops an installation."""

    PASS = "pass"  # noqa: S105 - the word of the table, not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Plane(StrEnum):
    """What a check is about, in the order in which checks are shown."""

    ENVIRONMENT = "environment"
    IDENTITY = "identity"
    CALLER = "caller permissions"
    TARGET = "target"
    INVOKE_ROLE = "invoke role"
    LAMBDA = "lambda"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check saw: `reason` in a sentence, `fix` the commands, policy or SQL that put it right."""

    status: Status
    reason: str
    fix: str = ""


def passed(reason: str) -> Answer:
    """All is well."""
    return Answer(Status.PASS, reason)


def warned(reason: str, fix: str = "") -> Answer:
    """It works, or may work, but somebody should look."""
    return Answer(Status.WARN, reason, fix)


def failed(reason: str, fix: str = "") -> Answer:
    """The installation cannot work."""
    return Answer(Status.FAIL, reason, fix)


def unknown(reason: str, fix: str = "") -> Answer:
    """It could not be found out."""
    return Answer(Status.UNKNOWN, reason, fix)


def skipped(reason: str) -> Answer:
    """There is nothing to check."""
    return Answer(Status.SKIPPED, reason)


@dataclass(frozen=True, slots=True)
class Check:
    """One question. `look` answers it from the facts.

    `needs` names the facts without which it makes no sense: when one of them cannot be had, the check is skipped, and
    the check that is about that fact says why. `decisive` checks fail when their own facts cannot be had; the others
    are then unknown.
    """

    name: str
    plane: Plane
    look: Callable[[Facts], Answer]
    needs: tuple[str, ...] = ()
    decisive: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one check."""

    check: str
    plane: Plane
    status: Status
    reason: str
    fix: str = ""

    def document(self) -> dict[str, str]:
        """The same as a JSON document."""
        return {
            "check": self.check,
            "plane": self.plane.value,
            "status": self.status.value,
            "reason": self.reason,
            "fix": self.fix,
        }


class CheckListener(Protocol):
    """Watches checks; is called from several threads."""

    def began(self, checks: Sequence[Check]) -> None:
        """These checks are about to run."""

    def answered(self, outcome: Outcome) -> None:
        """A check has its answer."""


class NoListener:
    """A listener for callers that do not watch."""

    def began(self, checks: Sequence[Check]) -> None:
        """Do nothing."""

    def answered(self, outcome: Outcome) -> None:
        """Do nothing."""
