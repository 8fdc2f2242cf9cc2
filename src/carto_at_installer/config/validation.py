"""Checks every value from outside before it is used in a name, an ARN or SQL.

Each `check_...` raises UsageError with the rule; flags and variables are checked by it, and values of files, where the
loader adds file and line.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions
from carto_at_installer.sql.identifiers import schema_name

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_MB = (128, 10_240)
CONCURRENCY = (1, 100_000)
TIMEOUT_S = (1, 900)
_CLUSTER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_WORKGROUP = re.compile(r"[a-z0-9-]{3,64}")
_PREFIX = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,30}")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/", re.ASCII)
_POLICY = re.compile(r"arn:aws[\w-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,512}", re.ASCII)
_KEY = re.compile(r"arn:aws[\w-]*:kms:[\w-]+:\d{12}:(key|alias)/[\w/-]{1,256}", re.ASCII)
_SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+", re.ASCII)
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d")
_RETENTION = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
_ROLE_FORM = "It looks like arn:aws:iam::123456789012:role/NAME."


def check_region(region: str) -> None:
    """The form of a region; whether it exists, AWS says."""
    if not _REGION.fullmatch(region):
        raise UsageError(f"{region!r} is not an AWS region", hint="Regions look like eu-west-1.")


def check_cluster_id(name: str) -> None:
    """The form of a cluster identifier."""
    if not (_CLUSTER.fullmatch(name) and len(name) <= 63):
        raise UsageError(
            f"{name!r} is not a cluster identifier",
            hint="It has 1 to 63 lower-case letters, digits and single hyphens, and begins with a letter.",
        )


def check_workgroup(name: str) -> None:
    """The form of a serverless workgroup's name."""
    if not _WORKGROUP.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a workgroup name",
            hint="It has 3 to 64 lower-case letters, digits and hyphens.",
        )


def check_secret_arn(arn: str) -> None:
    """The form of a secret's ARN. The value is not repeated: it may be a password given by mistake."""
    if not _SECRET.fullmatch(arn):
        raise UsageError(
            "The value of --secret-arn is not the ARN of a Secrets Manager secret",
            hint="Passwords are not taken: keep it in Secrets Manager, and give the ARN of the secret.",
        )


def check_schema(name: str) -> None:
    """A name that a schema of ours can have."""
    schema_name(name)


def check_prefix(prefix: str) -> None:
    """What names of Lambda functions can begin with, with room for module and digest."""
    if not _PREFIX.fullmatch(prefix):
        raise UsageError(
            f"{prefix!r} cannot be the prefix of Lambda names",
            hint="It begins with a letter and has up to 31 letters, digits, hyphens and underscores.",
        )


def check_execution_role(arn: str) -> None:
    """The form of a role's ARN."""
    if not _ROLE.fullmatch(arn):
        raise UsageError(
            f"{arn!r} is not the ARN of an IAM role (--execution-role-arn)", hint=_ROLE_FORM
        )


def check_deploy_role(arn: str) -> None:
    """The form of a role's ARN."""
    if not _ROLE.fullmatch(arn):
        raise UsageError(
            f"{arn!r} is not the ARN of an IAM role (--deploy-role-arn)", hint=_ROLE_FORM
        )


def _check_other_account(options: InstallOptions) -> None:
    """Functions in another account run as a role of it, and Redshift reaches them by a chain that ends in one."""
    deploy_role = options.aws.deploy_role
    if not deploy_role:
        return
    chain = options.invoke_role.split(",")
    if not options.execution_role or len(chain) < 2:
        raise UsageError(
            "--deploy-role-arn needs --execution-role-arn ARN and a chain of roles: --invoke-role-arn FIRST,LAST",
            hint="The execution role and the last of the chain belong to the account of the Lambda functions.",
        )
    account = deploy_role.split(":")[4]
    for arn in (options.execution_role, chain[-1]):
        if arn.split(":")[4] != account:
            raise UsageError(
                f"{arn} is not in the account {account}, where --deploy-role-arn deploys",
                hint="The execution role and the last of the chain belong to the account of the Lambda functions.",
            )


def check_invoke_role(role: str) -> None:
    """`create`, `default`, an ARN or a chain of ARNs."""
    if role in {"create", "default"}:
        return
    for arn in role.split(","):
        if not _ROLE.fullmatch(arn):
            raise UsageError(
                f"{arn!r} is not the ARN of an IAM role (--invoke-role-arn)",
                hint="Use create, default, an ARN, or a chain of ARNs with commas and no spaces.",
            )


def check_role_path(path: str) -> None:
    """The form of an IAM path."""
    if not _PATH.fullmatch(path):
        raise UsageError(
            f"{path!r} is not a path of IAM roles",
            hint="It begins and ends with a slash: --role-path /analytics/",
        )


def check_boundary(arn: str) -> None:
    """The form of a policy's ARN."""
    if not _POLICY.fullmatch(arn):
        raise UsageError(
            f"{arn!r} is not the ARN of an IAM policy (--permissions-boundary)",
            hint="It looks like arn:aws:iam::123456789012:policy/NAME.",
        )


def check_kms_key(arn: str) -> None:
    """The form of a key's ARN."""
    if not _KEY.fullmatch(arn):
        raise UsageError(
            f"{arn!r} is not the ARN of a KMS key (--kms-key)",
            hint="It looks like arn:aws:kms:eu-west-1:123456789012:key/ID.",
        )


def check_concurrency(executions: int) -> None:
    """How many executions can be reserved; none would stop the functions."""
    _check_range(
        executions, CONCURRENCY, "Of a function, {low} to {high} executions can be reserved"
    )


def check_log_retention(days: int) -> None:
    """CloudWatch knows some numbers of days only."""
    if days not in _RETENTION:
        raise UsageError(
            f"CloudWatch cannot keep logs for {days} days",
            hint=f"It can for {', '.join(map(str, _RETENTION[:12]))} ... days.",
        )


def check_memory(megabytes: int) -> None:
    """What Lambda gives a function."""
    _check_range(megabytes, MEMORY_MB, "Lambda functions have {low} to {high} MB of memory")


def check_timeout(seconds: int) -> None:
    """How long Lambda lets a function run."""
    _check_range(seconds, TIMEOUT_S, "Lambda functions may run for {low} to {high} seconds")


def _check_range(value: int, bounds: tuple[int, int], rule: str) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise UsageError(f"{rule.format(low=low, high=high)}, not {value}")


def check_tags(tags: Mapping[str, str]) -> None:
    """What AWS takes as tags, without the keys that are ours or its own."""
    for key, value in tags.items():
        if not re.fullmatch(r"[\w\s.:/+@-]{1,128}", key) or len(value) > 256:
            raise UsageError(
                f"{f'{key}={value}'!r} is not a tag",
                hint="A key has 1 to 128 letters, digits, spaces and .:/+@_-, a value up to 256 characters.",
            )
        if key.startswith(("aws:", "carto-at:")):
            raise UsageError(f"The tag key {key!r} is reserved", hint="Choose another key.")


def aws_options(
    profile: str | None, region: str | None, deploy_role: str | None = None
) -> AwsOptions:
    """Validate the forms of region and role; whether they exist, AWS says."""
    if region:
        check_region(region)
    if deploy_role:
        check_deploy_role(deploy_role)
    return AwsOptions(profile, region, deploy_role)


def target_options(
    *,
    cluster_id: str | None,
    workgroup: str | None,
    database: str | None,
    db_user: str | None,
    secret_arn: str | None,
) -> TargetOptions:
    """Validate the choice of target and login. Raises UsageError naming the flag."""
    if cluster_id and workgroup:
        raise UsageError(
            "Name one target: a cluster or a serverless workgroup",
            hint="Use either --cluster-id NAME or --workgroup NAME.",
        )
    if not (cluster_id or workgroup) or not database:
        raise _missing(target=cluster_id or workgroup, database=database)
    if cluster_id:
        check_cluster_id(cluster_id)
    if workgroup:
        check_workgroup(workgroup)
    if db_user and secret_arn:
        raise UsageError("Choose one login", hint="Use either --db-user or --secret-arn.")
    if db_user and workgroup:
        raise UsageError(
            "--db-user does not work with a serverless workgroup", hint="Use --secret-arn instead."
        )
    if secret_arn:
        check_secret_arn(secret_arn)
    return TargetOptions(cluster_id, workgroup, database, db_user, secret_arn)


def _missing(*, target: str | None, database: str | None) -> UsageError:
    """The error that names everything that is needed and not given."""
    things = ([] if target else ["a cluster or workgroup"]) + ([] if database else ["a database"])
    flags = [] if target else ["--cluster-id NAME or --workgroup NAME"]
    flags += [] if database else ["--database NAME (often: dev)"]
    return UsageError(f"Missing: {' and '.join(things)}", hint=f"Give {', and '.join(flags)}.")


def checked(options: InstallOptions) -> InstallOptions:
    """Validate what names and ARNs are made of; returns the options with the schema's canonical name.

    Raises UsageError naming the flag and the rule.
    """
    check_prefix(options.prefix)
    if options.execution_role:
        check_execution_role(options.execution_role)
    check_invoke_role(options.invoke_role)
    _check_other_account(options)
    check_log_retention(options.log_retention_days)
    check_role_path(options.role_path)
    if options.permissions_boundary:
        check_boundary(options.permissions_boundary)
    if options.kms_key:
        check_kms_key(options.kms_key)
    if options.reserved_concurrency is not None:
        check_concurrency(options.reserved_concurrency)
    if options.memory_mb is not None:
        check_memory(options.memory_mb)
    if options.timeout_s is not None:
        check_timeout(options.timeout_s)
    return replace(options, schema=schema_name(options.schema))


def tag_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """`KEY=VALUE` texts as a mapping; a text may hold several, with commas, which AWS does not take in tags.

    Raises UsageError on one without `=` or with a key of ours or AWS's.
    """
    tags: dict[str, str] = {}
    for pair in (part for text in pairs for part in text.split(",")):
        key, mark, value = pair.partition("=")
        if not mark:
            raise UsageError(f"{pair!r} is not a tag", hint="Write --tag KEY=VALUE.")
        check_tags({key: value})
        tags[key] = value
    return tags
