"""What is recorded in the target about an installation: releases, the SQL objects and the cloud resources they own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_VERSION = 1
EMPTY_MARK = "0.0.0.0.0"


class ReleaseState(StrEnum):
    """Where a release stands.

    `applying`: being carried out, or its process died. `current`: in use. `superseded`: replaced by a later one.
    `failed`: stopped half-way. `rolled-back`: stopped half-way and put back since.
    """

    APPLYING = "applying"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class Resources:
    """The names of all cloud resources that a release may have made: enough to find and delete them.

    `functions` maps module names to Lambda names; `roles` are the roles that we made (not those given by the user);
    `attached_role` is the ARN attached to the cluster.
    """

    functions: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    attached_role: str = ""
    log_group: str = ""

    def document(self) -> dict[str, Any]:
        """The same as a JSON document."""
        return {
            "functions": dict(self.functions),
            "layers": list(self.layers),
            "roles": list(self.roles),
            "attached_role": self.attached_role,
            "log_group": self.log_group,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Resources:
        """The resources of a document that `document` wrote."""
        return cls(
            functions=dict(document.get("functions", {})),
            layers=tuple(document.get("layers", ())),
            roles=tuple(document.get("roles", ())),
            attached_role=str(document.get("attached_role", "")),
            log_group=str(document.get("log_group", "")),
        )


@dataclass(frozen=True, slots=True)
class Release:
    """One change of an installation. `number` counts from 1; `options` are those that shape the objects.

    Times are the database's, as text. `restores` is the number of the release that a rollback went back to, or 0.
    """

    number: int
    version: str
    command: str
    state: ReleaseState
    caller: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    restores: int = 0
    started_at: str = ""
    finished_at: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RecordedObject:
    """An SQL object that is ours: its identity, its definition, and the Lambda function and role behind it.

    `digest` is that of the canonical DDL. `lambda_name` and `role` are empty for objects without a Lambda function.
    `example` is JSON (see `plan.examples`) or empty; `ddl` is only there when a snapshot was read.
    """

    module: str
    name: str
    signature: str
    kind: str
    returns: str
    digest: str
    lambda_name: str = ""
    role: str = ""
    ddl: str = ""
    example: str = ""

    @property
    def types(self) -> str:
        """The argument types, as they stand between the brackets of the signature."""
        return self.signature[len(self.name) + 1 : -1]


@dataclass(frozen=True, slots=True)
class ForeignFunction:
    """A function of somebody else that bears a signature of ours: it is set aside when it is replaced.

    `module`, `name` and `signature` are those of ours; `language`, `volatility` (`VOLATILE`, `STABLE`, `IMMUTABLE`),
    `source` and `owner` are the function's own. One that is `copied` is replaced in place, so that views on it live on;
    others are renamed.
    """

    module: str
    name: str
    signature: str
    returns: str
    language: str
    volatility: str
    source: str
    owner: str
    copied: bool

    @property
    def types(self) -> str:
        """The argument types, as they stand between the brackets of the signature."""
        return self.signature[len(self.name) + 1 : -1]


@dataclass(frozen=True, slots=True)
class Installation:
    """All that the target records: the release in use, an unfinished one after it, older ones, the objects.

    `kept` are all releases whose resources may still exist, the newest first; it holds `current` and `unfinished` too.
    `mark` changes with everything that is recorded; that of empty tables is EMPTY_MARK. `foreign` are functions of
    others that are to be taken over; they are among the `objects`, without a digest.
    """

    current: Release | None = None
    unfinished: Release | None = None
    kept: tuple[Release, ...] = ()
    objects: tuple[RecordedObject, ...] = ()
    mark: str = EMPTY_MARK
    foreign: tuple[ForeignFunction, ...] = ()

    @property
    def next_number(self) -> int:
        """The number of the next release."""
        return max((release.number for release in self.kept), default=0) + 1
