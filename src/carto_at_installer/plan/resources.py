"""The things an installation consists of, as they should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.core.releases import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.plan.coverage import Coverage
    from carto_at_installer.sql.objects import SqlObject


@dataclass(frozen=True, slots=True)
class ManagedRole:
    """An IAM role that we create and keep: whom it trusts and what it may do.

    `boundary` is the ARN of the policy that bounds it, or empty.
    """

    name: str
    arn: str
    trust: Mapping[str, Any]
    policy: Mapping[str, Any]
    tags: Mapping[str, str]
    description: str
    path: str = "/"
    boundary: str = ""


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
    kms_key: str = ""


@dataclass(frozen=True, slots=True)
class ModuleSql:
    """The SQL objects of one module, in the order in which they are created.

    `examples` maps signatures to the example that a smoke test asks, as JSON; it is recorded with the object, so that
    an installation can be tested later without the package that made it. `order` are the signatures of everything that
    the module offers, in order of creation, where `objects` may be a part of it.
    """

    module: str
    objects: tuple[SqlObject, ...]
    lambda_name: str
    role: str
    examples: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether `objects` are all that the module offers."""
        return len(self.objects) >= len(self.order)

    def position(self, o: SqlObject) -> int:
        """The place of an object in the module's order of creation, from 1, whatever part of it is installed."""
        order = self.order or tuple(each.signature for each in self.objects)
        return order.index(o.signature) + 1


@dataclass(frozen=True, slots=True)
class DesiredState:
    """Everything that should be there after an installation.

    A role that the user gave is not among `roles`; `attach_role` is the ARN to attach to the cluster, or None.
    `command` is the verb that asks for it, `restores` the number of the release that a rollback goes back to, or 0.
    `coverage` says how much of the pack this is, and `outside` which functions that are not part of it call what is (by
    the name of the SQL object that they call); both are empty for a rollback.
    """

    schema: str
    version: str
    command: str
    roles: tuple[ManagedRole, ...]
    log_group: SharedLogGroup
    layer: Layer | None
    functions: tuple[LambdaFunction, ...]
    attach_role: str | None
    modules: tuple[ModuleSql, ...]
    options: Mapping[str, str]
    restores: int = 0
    taken_over: Resources | None = None
    coverage: Coverage | None = None
    outside: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def resources(self) -> Resources:
        """The names of all cloud resources, as they are recorded before anything is made.

        `taken_over` are those of an earlier release that a rollback uses again.
        """
        return self.taken_over or Resources(
            functions={function.module: function.name for function in self.functions},
            layers=(self.layer.name,) if self.layer else (),
            roles=tuple(role.name for role in self.roles),
            attached_role=self.attach_role or "",
            log_group=self.log_group.name if self.functions else "",
        )
