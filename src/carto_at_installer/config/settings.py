"""Every setting there is, once: its place in a file, its flag, its variable, its type, its rule, its default.

The command line's options, the reader of files, the JSON Schema and `carto-at config init` are made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from carto_at_installer.config import validation
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.options import CLOUDS, DEFAULT_PREFIX, DEFAULT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(StrEnum):
    """What a value is: a text, a whole number, a list of names or a mapping of texts."""

    TEXT = "text"
    INTEGER = "whole number"
    NAMES = "list of names"
    TEXTS = "mapping of names to texts"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `name` is its name among the options of a command, and its key in the section of a file.

    `check` raises UsageError for a value that cannot be. `key` and `flag` are derived from the name unless given.
    """

    section: str
    name: str
    help: str
    example: str
    kind: Kind = Kind.TEXT
    default: Any = None
    choices: tuple[str, ...] = ()
    check: Callable[[Any], None] | None = None
    given_flag: str = ""
    other_flag: str = ""
    given_key: str = ""

    @property
    def key(self) -> str:
        """The key in the section of a file."""
        return self.given_key or self.name

    @property
    def path(self) -> str:
        """`section.key`, as it is called in messages."""
        return f"{self.section}.{self.key}"

    @property
    def flag(self) -> str:
        """The flag of the command line."""
        return self.given_flag or f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"CARTO_AT_{self.name.upper()}"


SECTIONS = {
    "aws": "How AWS is reached, and what is put on everything made there.",
    "redshift": "The database that the toolbox goes into.",
    "lambda": "The Lambda functions behind the toolbox.",
    "deployment": "What is installed; everything unless something is named.",
    "packs": "Where the functions come from.",
}
PACKS = ("core",)
SETTINGS = (
    Setting("aws", "profile", "AWS profile.", "analytics"),
    Setting("aws", "region", "AWS region.", "eu-west-1", check=validation.check_region),
    Setting(
        "aws",
        "deploy_role_arn",
        "ARN of a role to assume for the Lambda functions, where they are in another account than the cluster.",
        "arn:aws:iam::123456789012:role/NAME",
        check=validation.check_deploy_role,
    ),
    Setting(
        "aws",
        "tags",
        "Tag what is created; repeatable, or several with commas between them.",
        "{team: gis}",
        kind=Kind.TEXTS,
        check=validation.check_tags,
        given_flag="--tag",
        other_flag="--tags",
    ),
    Setting(
        "redshift",
        "cluster_id",
        "Redshift cluster identifier.",
        "my-cluster",
        check=validation.check_cluster_id,
    ),
    Setting(
        "redshift",
        "workgroup",
        "Redshift Serverless workgroup.",
        "my-workgroup",
        check=validation.check_workgroup,
    ),
    Setting("redshift", "database", "Database in the cluster.", "dev"),
    Setting("redshift", "db_user", "Log in as this database user.", "admin"),
    Setting(
        "redshift",
        "secret_arn",
        "Log in with this secret.",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:NAME",
        check=validation.check_secret_arn,
    ),
    Setting(
        "redshift",
        "schema",
        "Schema of the toolbox.",
        DEFAULT_SCHEMA,
        default=DEFAULT_SCHEMA,
        check=validation.check_schema,
    ),
    Setting(
        "lambda",
        "prefix",
        "Begin the names of Lambda functions, roles and logs like this.",
        DEFAULT_PREFIX,
        default=DEFAULT_PREFIX,
        check=validation.check_prefix,
    ),
    Setting(
        "lambda",
        "architecture",
        "Processors of the Lambda functions.",
        Architecture.ARM64.value,
        default=Architecture.X86_64.value,
        choices=tuple(each.value for each in Architecture),
    ),
    Setting(
        "lambda",
        "memory_mb",
        "Give every Lambda function this much memory (by default what its module says).",
        "1024",
        kind=Kind.INTEGER,
        check=validation.check_memory,
    ),
    Setting(
        "lambda",
        "timeout_s",
        "Let every Lambda function run this long, in seconds (by default what its module says).",
        "120",
        kind=Kind.INTEGER,
        check=validation.check_timeout,
    ),
    Setting(
        "lambda",
        "execution_role_arn",
        "ARN of a role that the Lambda functions run as (created if not given).",
        "arn:aws:iam::123456789012:role/NAME",
        check=validation.check_execution_role,
    ),
    Setting(
        "lambda",
        "invoke_role_arn",
        "Role that Redshift invokes Lambda with: create, default (the cluster's), an ARN, or a chain of ARNs.",
        "default",
        default="create",
        check=validation.check_invoke_role,
    ),
    Setting(
        "lambda",
        "log_retention_days",
        "Keep the logs of the Lambda functions this long.",
        "90",
        kind=Kind.INTEGER,
        default=30,
        check=validation.check_log_retention,
    ),
    Setting(
        "lambda",
        "role_path",
        "IAM path of the roles that are created.",
        "/analytics/",
        default="/",
        check=validation.check_role_path,
    ),
    Setting(
        "lambda",
        "permissions_boundary",
        "ARN of a policy that bounds what the created roles may do.",
        "arn:aws:iam::123456789012:policy/NAME",
        check=validation.check_boundary,
    ),
    Setting(
        "lambda",
        "kms_key",
        "ARN of the key that encrypts the settings of the Lambda functions (AWS's own by default).",
        "arn:aws:kms:eu-west-1:123456789012:key/ID",
        check=validation.check_kms_key,
    ),
    Setting(
        "lambda",
        "reserved_concurrency",
        "Reserve so many concurrent executions for each Lambda function, which also limits it to them.",
        "50",
        kind=Kind.INTEGER,
        check=validation.check_concurrency,
    ),
    Setting(
        "deployment",
        "cloud",
        "Functions for this cloud data warehouse.",
        CLOUDS[0],
        default=CLOUDS[0],
        choices=CLOUDS,
    ),
    Setting(
        "deployment",
        "modules",
        "Only these modules, with commas between them; * and ? match any characters.",
        "[quadbin]",
        kind=Kind.NAMES,
        default=(),
    ),
    Setting(
        "deployment",
        "functions",
        "Only these functions (beside those of --modules); what they call is added.",
        '["quadbin_to*"]',
        kind=Kind.NAMES,
        default=(),
    ),
    Setting(
        "deployment",
        "exclude",
        "Not these modules and functions.",
        "[quadbin_polyfill]",
        kind=Kind.NAMES,
        default=(),
    ),
    Setting(
        "packs",
        "packs",
        "Packs of functions to use.",
        "[core]",
        kind=Kind.NAMES,
        default=PACKS,
        choices=PACKS,
        given_key="names",
    ),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
ALTERNATIVES = (("cluster_id", "workgroup"), ("db_user", "secret_arn"))
"""Settings of which one is used: naming one at a place of higher rank takes back the other from lower ones."""


def in_section(section: str) -> dict[str, Setting]:
    """The settings of a section by their keys."""
    return {setting.key: setting for setting in SETTINGS if setting.section == section}
