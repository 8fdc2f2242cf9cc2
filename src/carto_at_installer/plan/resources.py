"""The things an installation consists of, as they should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.sql.objects import SqlObject


@dataclass(frozen=True, slots=True)
class ManagedRole:
    """An IAM role that we create and keep: whom it trusts and what it may do."""

    name: str
    arn: str
    trust: Mapping[str, Any]
    policy: Mapping[str, Any]
    tags: Mapping[str, str]
    description: str


@dataclass(frozen=True, slots=True)
class SharedLogGroup:
    """The log group that all Lambda functions of a prefix write to."""

    name: str
    retention_days: int
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Layer:
    """The dependency layer for one architecture; its name holds the digest of its content."""

    name: str
    artifact: Artifact
    runtime: str
    architecture: str


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """A module's Lambda function; its name holds the digest of its program.

    `layer` is the name of the layer it needs, or None. Role, memory, timeout and environment change in place.
    """

    module: str
    name: str
    artifact: Artifact
    runtime: str
    handler: str
    architecture: str
    role_arn: str
    memory_mb: int
    timeout_s: int
    environment: Mapping[str, str]
    log_group: str
    layer: str | None
    description: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModuleSql:
    """The SQL objects of one module, in the order in which they are created."""

    module: str
    objects: tuple[SqlObject, ...]
    lambda_name: str
    role: str


@dataclass(frozen=True, slots=True)
class DesiredState:
    """Everything that should be there after an installation.

    A role that the user gave is not among `roles`; `attach_role` is the ARN to attach to the cluster, or None.
    """

    schema: str
    version: str
    roles: tuple[ManagedRole, ...]
    log_group: SharedLogGroup
    layer: Layer | None
    functions: tuple[LambdaFunction, ...]
    attach_role: str | None
    modules: tuple[ModuleSql, ...]
    options: Mapping[str, str]
