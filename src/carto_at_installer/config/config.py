"""A loaded configuration: typed access to what the files say, with the defaults for what they do not say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.config import validation
from carto_at_installer.config.settings import BY_NAME
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.errors import ConfigError, UsageError
from carto_at_installer.core.options import InstallOptions, SelectionOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.config.values import Given


@dataclass(frozen=True, slots=True)
class LambdaDefaults:
    """How Lambda functions are made. Memory and timeout are None where each module's own settings hold."""

    architecture: Architecture
    memory_mb: int | None
    timeout_s: int | None
    execution_role: str | None
    invoke_role: str
    log_retention_days: int
    role_path: str = "/"
    permissions_boundary: str | None = None
    kms_key: str | None = None
    reserved_concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What the files of a configuration say for one environment.

    `given` holds the values that a file gives, by setting name, with file and line; the properties fill in defaults.
    `files` are those that were read from `origin` (a file or a folder), `environments` the names that could have been
    chosen.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    environment: str | None = None
    environments: tuple[str, ...] = ()
    origin: Path | None = None

    def get(self, name: str) -> Any:
        """The value of a setting (`region`, `cluster_id`, ...), or its default. Raises KeyError for an unknown name."""
        setting = BY_NAME[name]
        return self.given[name].value if name in self.given else setting.default

    @property
    def region(self) -> str | None:
        """The AWS region; None leaves it to the profile and the environment, as AWS's own tools do."""
        return self._text("region")

    @property
    def profile(self) -> str | None:
        """The AWS profile; None leaves it to AWS's standard credential chain."""
        return self._text("profile")

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that is created."""
        return dict(self.get("tags") or {})

    @property
    def lambda_prefix(self) -> str:
        """What the names of Lambda functions, roles and logs begin with."""
        return str(self.get("prefix"))

    @property
    def lambda_defaults(self) -> LambdaDefaults:
        """How Lambda functions are made."""
        return LambdaDefaults(
            architecture=Architecture(self.get("architecture")),
            memory_mb=self.get("memory_mb"),
            timeout_s=self.get("timeout_s"),
            execution_role=self._text("execution_role_arn"),
            invoke_role=str(self.get("invoke_role_arn")),
            log_retention_days=int(self.get("log_retention_days")),
            role_path=str(self.get("role_path")),
            permissions_boundary=self._text("permissions_boundary"),
            kms_key=self._text("kms_key"),
            reserved_concurrency=self.get("reserved_concurrency"),
        )

    @property
    def cluster_id(self) -> str | None:
        """The identifier of the provisioned cluster, or None."""
        return self._text("cluster_id")

    @property
    def workgroup(self) -> str | None:
        """The name of the serverless workgroup, or None."""
        return self._text("workgroup")

    @property
    def database(self) -> str | None:
        """The database."""
        return self._text("database")

    @property
    def db_user(self) -> str | None:
        """The database user to log in as; None logs in as the caller's IAM identity."""
        return self._text("db_user")

    @property
    def secret_arn(self) -> str | None:
        """The ARN of the secret to log in with, or None."""
        return self._text("secret_arn")

    @property
    def schema(self) -> str:
        """The schema of the toolbox."""
        return str(self.get("schema"))

    @property
    def packs(self) -> tuple[str, ...]:
        """The packs of functions."""
        return tuple(self.get("packs"))

    @property
    def selection(self) -> SelectionOptions:
        """What is to be installed."""
        return SelectionOptions(
            cloud=str(self.get("cloud")),
            modules=tuple(self.get("modules")),
            functions=tuple(self.get("functions")),
            exclude=tuple(self.get("exclude")),
        )

    def validate(self) -> None:
        """Check that an installation could be made from this alone. Raises ConfigError with what is missing."""
        self.install_options()

    def install_options(self) -> InstallOptions:
        """The options of an installation. Raises ConfigError when the target is missing or not clear."""
        lambdas = self.lambda_defaults
        try:
            return validation.checked(
                InstallOptions(
                    aws=validation.aws_options(
                        self.profile, self.region, self._text("deploy_role_arn")
                    ),
                    target=validation.target_options(
                        cluster_id=self.cluster_id,
                        workgroup=self.workgroup,
                        database=self.database,
                        db_user=self.db_user,
                        secret_arn=self.secret_arn,
                    ),
                    schema=self.schema,
                    prefix=self.lambda_prefix,
                    selection=self.selection,
                    architecture=lambdas.architecture,
                    memory_mb=lambdas.memory_mb,
                    timeout_s=lambdas.timeout_s,
                    execution_role=lambdas.execution_role,
                    invoke_role=lambdas.invoke_role,
                    log_retention_days=lambdas.log_retention_days,
                    tags=self.tags,
                    role_path=lambdas.role_path,
                    permissions_boundary=lambdas.permissions_boundary,
                    kms_key=lambdas.kms_key,
                    reserved_concurrency=lambdas.reserved_concurrency,
                )
            )
        except UsageError as error:
            where = ", ".join(map(str, self.files)) or "The configuration"
            raise ConfigError(f"{where}: {error.message}", hint=_as_keys(error.hint)) from error

    def _text(self, name: str) -> str | None:
        value = self.get(name)
        return None if value is None else str(value)


def _as_keys(hint: str) -> str:
    """A hint about flags as one about the keys of a file."""
    for setting in sorted(BY_NAME.values(), key=lambda each: -len(each.flag)):
        hint = hint.replace(setting.flag, setting.path)
    return hint
