"""Opens everything that a command about an installation needs: AWS, the target, the database, the release tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.apply.releases import ReleaseStore
from carto_at_installer.aws.clusters import describe_target
from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.session import AwsSession
from carto_at_installer.core.errors import TargetError
from carto_at_installer.plan.ownership import install_mark

if TYPE_CHECKING:
    from carto_at_installer.core.options import AwsOptions, TargetOptions
    from carto_at_installer.core.releases import Installation
    from carto_at_installer.core.target import Identity, Target


@dataclass(frozen=True, slots=True)
class Connection:
    """An open way to one schema of one database, and to the AWS account around it."""

    session: AwsSession
    identity: Identity
    target: Target
    sql: DataApi
    store: ReleaseStore

    @property
    def schema(self) -> str:
        """The schema's plain name."""
        return self.store.tables.schema

    @property
    def mark(self) -> str:
        """The tag key of this installation."""
        return install_mark(self.target, self.schema)

    def installation(self) -> Installation:
        """What is recorded. Raises TargetError when nothing is installed there."""
        found = self.store.read()
        if found is None:
            raise TargetError(
                f"Nothing is installed in schema {self.schema} of {self.target.name}/{self.target.database}",
                hint="Name another schema with --schema, or install with `carto-at install`.",
            )
        self._require_deploy_role(found)
        return found

    def _require_deploy_role(self, installation: Installation) -> None:
        """Lambda functions in another account must not be looked for, or made again, in this one."""
        release = installation.unfinished or installation.current
        used = release.options.get("deploy_role", "") if release else ""
        if used and not self.session.deploy_role:
            raise TargetError(
                f"The Lambda functions of this installation are in the account {used.split(':')[4]}",
                hint=f"Add --deploy-role-arn {used}",
            )


def connect(aws: AwsOptions, target: TargetOptions, schema: str) -> Connection:
    """Describe the target and prepare to talk to it. Raises TargetError when it is not there or not available."""
    session = AwsSession(aws)
    identity = session.identity()
    described = available(describe_target(session, identity, target))
    sql = DataApi(session, target)
    return Connection(session, identity, described, sql, ReleaseStore(sql, schema))


def available(target: Target) -> Target:
    """The target itself. Raises TargetError when it cannot be used now."""
    if not target.available:
        raise TargetError(
            f"The {target.deployment.value} {target.name} is {target.status}",
            hint=_way_to_available(target),
        )
    return target


def _way_to_available(target: Target) -> str:
    if target.status == "paused":
        return f"Resume it: aws redshift resume-cluster --cluster-identifier {target.name}"
    return "Wait until it is available (or resume it), then repeat the command."
