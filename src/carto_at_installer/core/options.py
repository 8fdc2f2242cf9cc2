"""What the user asked for: the target and the shape of an installation, already validated."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from carto_at_installer.core.bundle import Architecture

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SCHEMA = "carto"
DEFAULT_PREFIX = "carto-at-redshift"
CLOUDS = ("redshift",)
"""The cloud data warehouses that functions can be for."""


class OnFailure(StrEnum):
    """What to do when a step or a smoke test fails: put everything back, keep what works, or stop there."""

    ROLLBACK = "rollback"
    KEEP = "keep"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """How to reach AWS: a profile and a region of the standard credential chain, both optional.

    `deploy_role` is the ARN of a role that is assumed for what concerns the Lambda functions and their logs, where they
    are in another account than the cluster.
    """

    profile: str | None = None
    region: str | None = None
    deploy_role: str | None = None


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """Which database: a cluster or a serverless workgroup, and how to log in.

    Without `db_user` and `secret_arn` the Data API logs in as the caller's IAM identity.
    """

    cluster_id: str | None
    workgroup: str | None
    database: str
    db_user: str | None = None
    secret_arn: str | None = None

    @property
    def name(self) -> str:
        """The cluster's or workgroup's name."""
        return self.cluster_id or self.workgroup or ""


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """Which functions are meant: all of a cloud's, or those of `modules` together with `functions`, without `exclude`.

    The entries are names or patterns (`*`, `?`) in any case. `only`, unless None, are names of functions to which
    everything is narrowed (those that changed). `lenient` passes over names that fit nothing: those of a record may be
    gone in a later version.
    """

    cloud: str = CLOUDS[0]
    modules: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """What to install and where.

    `execution_role` is the ARN of a role for the Lambda functions, or None to create one; `invoke_role` is `create`,
    `default` (the cluster's default role) or the ARN of a role attached to the cluster (a comma-separated chain).
    `role_path` and `permissions_boundary` (the ARN of a policy) are for the roles that are created. `kms_key` is the
    ARN of a key that encrypts the functions' settings, `reserved_concurrency` how many of each function run at once.
    """

    aws: AwsOptions
    target: TargetOptions
    schema: str = DEFAULT_SCHEMA
    prefix: str = DEFAULT_PREFIX
    selection: SelectionOptions = SelectionOptions()
    architecture: Architecture = Architecture.X86_64
    memory_mb: int | None = None
    timeout_s: int | None = None
    execution_role: str | None = None
    invoke_role: str = "create"
    log_retention_days: int = 30
    tags: Mapping[str, str] = field(default_factory=dict)
    role_path: str = "/"
    permissions_boundary: str | None = None
    kms_key: str | None = None
    reserved_concurrency: int | None = None


def recorded(options: InstallOptions) -> dict[str, str]:
    """The options that shape an installation, as they are recorded in the target: no login, no profile, no region."""
    return {
        "prefix": options.prefix,
        "architecture": options.architecture.value,
        "memory_mb": json.dumps(options.memory_mb),
        "timeout_s": json.dumps(options.timeout_s),
        "execution_role": options.execution_role or "",
        "invoke_role": options.invoke_role,
        "log_retention_days": str(options.log_retention_days),
        "tags": json.dumps(dict(options.tags), sort_keys=True),
        "role_path": options.role_path,
        "deploy_role": options.aws.deploy_role or "",
        "permissions_boundary": options.permissions_boundary or "",
        "kms_key": options.kms_key or "",
        "reserved_concurrency": json.dumps(options.reserved_concurrency),
        "modules": ",".join(options.selection.modules),
        "functions": ",".join(options.selection.functions),
        "exclude": ",".join(options.selection.exclude),
    }


def from_record(
    aws: AwsOptions, target: TargetOptions, schema: str, record: Mapping[str, str]
) -> InstallOptions:
    """The options of an installation that was recorded, for a way to reach it that is given anew."""
    selection = SelectionOptions(
        modules=_names(record.get("modules", "")),
        functions=_names(record.get("functions", "")),
        exclude=_names(record.get("exclude", "")),
        lenient=True,
    )
    return InstallOptions(
        aws=aws,
        target=target,
        schema=schema,
        prefix=record.get("prefix", DEFAULT_PREFIX),
        selection=selection,
        architecture=Architecture(record.get("architecture", Architecture.X86_64.value)),
        memory_mb=json.loads(record.get("memory_mb", "null")),
        timeout_s=json.loads(record.get("timeout_s", "null")),
        execution_role=record.get("execution_role") or None,
        invoke_role=record.get("invoke_role", "create"),
        log_retention_days=int(record.get("log_retention_days", "30")),
        tags=json.loads(record.get("tags", "{}")),
        role_path=record.get("role_path", "/"),
        permissions_boundary=record.get("permissions_boundary") or None,
        kms_key=record.get("kms_key") or None,
        reserved_concurrency=json.loads(record.get("reserved_concurrency", "null")),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)
