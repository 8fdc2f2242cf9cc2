"""What is recorded in the target about an installation: releases and the SQL objects that they own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_VERSION = 1


class ReleaseState(StrEnum):
    """Where a release stands: being applied, in use, replaced by a later one, or stopped half-way."""

    APPLYING = "applying"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Release:
    """One installation or upgrade. `number` counts from 1; `options` are those that shape the objects."""

    number: int
    version: str
    state: ReleaseState
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordedObject:
    """An SQL object that is ours: its identity, its definition, and the Lambda function and role behind it.

    `digest` is that of the canonical DDL. `lambda_name` and `role` are empty for objects without a Lambda function.
    """

    module: str
    name: str
    signature: str
    kind: str
    returns: str
    digest: str
    lambda_name: str = ""
    role: str = ""

    @property
    def types(self) -> str:
        """The argument types, as they stand between the brackets of the signature."""
        return self.signature[len(self.name) + 1 : -1]


@dataclass(frozen=True, slots=True)
class Installation:
    """All that the target records: the newest release that stands, an unfinished one after it, the objects."""

    current: Release | None = None
    unfinished: Release | None = None
    objects: tuple[RecordedObject, ...] = ()

    @property
    def next_number(self) -> int:
        """The number of the next release."""
        return max((r.number for r in (self.current, self.unfinished) if r), default=0) + 1
