"""The words a plan is written in: small frozen actions, pure data, each a few calls at most.

A step's `after` names the steps that must be done before it; steps that do not depend on each other run in parallel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.progress import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.releases import ForeignFunction, RecordedObject, Resources
    from carto_at_installer.plan.resources import (
        LambdaFunction,
        Layer,
        ManagedRole,
        ModuleSql,
        SharedLogGroup,
    )
    from carto_at_installer.sql.aside import SetAside
    from carto_at_installer.sql.objects import SqlObject


@dataclass(frozen=True, slots=True)
class PrepareSchema:
    """Create the schema and the release tables where they are missing, and write the plan into them.

    `exists` says that they were read just now and are not missing.
    """

    schema: str
    exists: bool = False


@dataclass(frozen=True, slots=True)
class CreateRole:
    """Create an IAM role with its policy."""

    role: ManagedRole


@dataclass(frozen=True, slots=True)
class UpdateRole:
    """Put a role of ours back to the trust, policy and boundary it should have."""

    role: ManagedRole
    trust: bool
    policy: bool
    boundary: bool = False


@dataclass(frozen=True, slots=True)
class AttachRole:
    """Attach the invoke role to the cluster or namespace."""

    role_arn: str


@dataclass(frozen=True, slots=True)
class CreateLogGroup:
    """Create the shared log group with its retention."""

    log_group: SharedLogGroup


@dataclass(frozen=True, slots=True)
class SetLogRetention:
    """Change how long logs are kept."""

    log_group: SharedLogGroup


@dataclass(frozen=True, slots=True)
class PublishLayer:
    """Upload the dependency layer."""

    layer: Layer


@dataclass(frozen=True, slots=True)
class CreateFunction:
    """Upload a module's program as a new Lambda function.

    `layer_arn` is the version of the layer that is already there, or None when the plan publishes it.
    """

    function: LambdaFunction
    layer_arn: str | None


@dataclass(frozen=True, slots=True)
class UpdateFunction:
    """Change the settings of a Lambda function in place. `changes` names what differs."""

    function: LambdaFunction
    layer_arn: str | None
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreCode:
    """Upload our program again over whatever somebody has put under our function's name."""

    function: LambdaFunction


@dataclass(frozen=True, slots=True)
class AwaitFunction:
    """Wait for a Lambda function that an earlier run has created, but that is not active yet."""

    name: str


@dataclass(frozen=True, slots=True)
class ReserveConcurrency:
    """Reserve executions for a function (None: free them), after freeing those of the functions it replaces."""

    name: str
    executions: int | None
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TagRole:
    """Mark an existing role of ours as used by this installation too."""

    name: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TagFunction:
    """Mark an existing Lambda function as used by this installation too."""

    name: str
    arn: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ApplyModule:
    """Create or replace a module's SQL objects in one transaction, with their records.

    `drops` are recorded objects that go, or that must go first because their return type changes; `foreign` are
    functions of others, which are set aside before ours take their names.
    """

    module: ModuleSql
    changed: tuple[SqlObject, ...]
    drops: tuple[RecordedObject, ...]
    foreign: tuple[ForeignFunction, ...] = ()


@dataclass(frozen=True, slots=True)
class PutBack:
    """Give functions of others, which were set aside, their names back."""

    functions: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True)
class DropAside:
    """Drop functions of others that were set aside for a release that cannot be gone back to any more."""

    functions: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True)
class DeleteFunction:
    """Delete a Lambda function that only this installation uses."""

    name: str


@dataclass(frozen=True, slots=True)
class UntagFunction:
    """Take this installation's mark off a Lambda function that others use too."""

    arn: str
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeleteLayer:
    """Delete every version of a layer."""

    name: str


@dataclass(frozen=True, slots=True)
class DetachRole:
    """Take the invoke role off the cluster or namespace."""

    role_arn: str


@dataclass(frozen=True, slots=True)
class DeleteRole:
    """Delete a role that we made, with its policy."""

    name: str


@dataclass(frozen=True, slots=True)
class UntagRole:
    """Take this installation's mark off a role that others use too."""

    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeleteLogGroup:
    """Delete the shared log group with its logs."""

    name: str


@dataclass(frozen=True, slots=True)
class ForgetReleases:
    """Note in the release tables that nothing is left of old releases."""

    releases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DropState:
    """Drop the release tables, and the schema when nothing else is in it."""

    schema: str


Action = (
    PrepareSchema
    | CreateRole
    | UpdateRole
    | AttachRole
    | CreateLogGroup
    | SetLogRetention
    | PublishLayer
    | CreateFunction
    | UpdateFunction
    | RestoreCode
    | AwaitFunction
    | ReserveConcurrency
    | TagRole
    | TagFunction
    | ApplyModule
    | PutBack
    | DropAside
    | DeleteFunction
    | UntagFunction
    | DeleteLayer
    | DetachRole
    | DeleteRole
    | UntagRole
    | DeleteLogGroup
    | ForgetReleases
    | DropState
)


@dataclass(frozen=True, slots=True)
class Step:
    """An action with its place in the plan: a key, the keys it waits for, and a line for people."""

    key: str
    action: Action
    summary: str
    after: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module whose code or SQL the step is about, or nothing."""
        match self.action:
            case CreateFunction(function, _) | UpdateFunction(function, _, _):
                return function.module
            case RestoreCode(function):
                return function.module
            case ApplyModule(module):
                return module.module
        return ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in an order that can be executed. An empty plan changes nothing.

    `release` is the number under which it will be recorded, `restores` that of the release a rollback goes back to (or
    0). `ends` says that the installation is gone afterwards: there will be no table left to record the end in. `seen`
    is the mark of the release tables from which the plan was made: it is carried out on no others.
    """

    schema: str
    version: str
    command: str
    release: int
    steps: tuple[Step, ...]
    options: Mapping[str, str]
    resources: Resources
    restores: int = 0
    ends: bool = False
    seen: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps


def tasks(plan: Plan) -> tuple[Task, ...]:
    """The steps of a plan, as they are told to whoever watches its progress."""
    return tuple(Task(step.summary, step.module) for step in plan.steps)
