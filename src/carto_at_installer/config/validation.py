"""Checks every value from outside before it is used in a name, an ARN or SQL."""

from __future__ import annotations

import re
from dataclasses import replace

from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions
from carto_at_installer.sql.identifiers import schema_name

_CLUSTER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_WORKGROUP = re.compile(r"[a-z0-9-]{3,64}")
_PREFIX = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,30}")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+")
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


def aws_options(profile: str | None, region: str | None) -> AwsOptions:
    """Validate the region's form; whether profile and region exist, AWS says."""
    if region and not _REGION.fullmatch(region):
        raise UsageError(f"{region!r} is not an AWS region", hint="Regions look like eu-west-1.")
    return AwsOptions(profile, region)


def target_options(
    *,
    cluster_id: str | None,
    workgroup: str | None,
    database: str | None,
    db_user: str | None,
    secret_arn: str | None,
) -> TargetOptions:
    """Validate the choice of target and login. Raises UsageError naming the flag."""
    if bool(cluster_id) == bool(workgroup):
        raise UsageError(
            "Name one target: a cluster or a serverless workgroup",
            hint="Use either --cluster-id NAME or --workgroup NAME.",
        )
    if not database:
        raise UsageError("The database is missing", hint="Add --database NAME (often: dev).")
    if cluster_id and not (_CLUSTER.fullmatch(cluster_id) and len(cluster_id) <= 63):
        raise UsageError(
            f"{cluster_id!r} is not a cluster identifier",
            hint="It has 1 to 63 lower-case letters, digits and single hyphens, and begins with a letter.",
        )
    if workgroup and not _WORKGROUP.fullmatch(workgroup):
        raise UsageError(
            f"{workgroup!r} is not a workgroup name",
            hint="It has 3 to 64 lower-case letters, digits and hyphens.",
        )
    if db_user and secret_arn:
        raise UsageError("Choose one login", hint="Use either --db-user or --secret-arn.")
    if db_user and workgroup:
        raise UsageError(
            "--db-user does not work with a serverless workgroup", hint="Use --secret-arn instead."
        )
    if secret_arn and not _SECRET.fullmatch(secret_arn):
        raise UsageError(f"{secret_arn!r} is not the ARN of a Secrets Manager secret")
    return TargetOptions(cluster_id, workgroup, database, db_user, secret_arn)


def checked(options: InstallOptions) -> InstallOptions:
    """Validate what names and ARNs are made of; returns the options with the schema's canonical name.

    Raises UsageError naming the flag and the rule.
    """
    _check_prefix(options.prefix)
    _check_roles(options)
    if options.log_retention_days not in _RETENTION:
        raise UsageError(
            f"CloudWatch cannot keep logs for {options.log_retention_days} days",
            hint=f"It can for {', '.join(map(str, _RETENTION[:12]))} ... days.",
        )
    return replace(options, schema=schema_name(options.schema))


def _check_prefix(prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise UsageError(
            f"{prefix!r} cannot be the prefix of Lambda names",
            hint="It begins with a letter and has up to 31 letters, digits, hyphens and underscores.",
        )


def _check_roles(options: InstallOptions) -> None:
    if options.execution_role and not _ROLE.fullmatch(options.execution_role):
        raise UsageError(
            f"{options.execution_role!r} is not the ARN of an IAM role (--execution-role)",
            hint="It looks like arn:aws:iam::123456789012:role/NAME.",
        )
    if options.invoke_role in {"create", "default"}:
        return
    for arn in options.invoke_role.split(","):
        if not _ROLE.fullmatch(arn):
            raise UsageError(
                f"{arn!r} is not the ARN of an IAM role (--invoke-role)",
                hint="Use create, default, an ARN, or a chain of ARNs with commas and no spaces.",
            )


def tag_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """`KEY=VALUE` texts as a mapping. Raises UsageError on one without `=` or with a key of ours or AWS's."""
    tags: dict[str, str] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not re.fullmatch(r"[\w\s.:/+@-]{1,128}", key) or len(value) > 256:
            raise UsageError(f"{pair!r} is not a tag", hint="Write --tag KEY=VALUE.")
        if key.startswith(("aws:", "carto-at:")):
            raise UsageError(f"The tag key {key!r} is reserved", hint="Choose another key.")
        tags[key] = value
    return tags
