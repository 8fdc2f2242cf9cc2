"""The CloudWatch log group that all Lambda functions of an installation share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import botocore.exceptions as bc

from carto_at_installer.aws.failures import error_code, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.aws.session import AwsSession


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group as CloudWatch describes it; `retention_days` is None when logs are kept for ever."""

    name: str
    retention_days: int | None


def find_log_group(session: AwsSession, name: str) -> LogGroup | None:
    """The log group of that name, or None."""
    with translated(f"look for the log group {name}"):
        answer = session.client("logs").describe_log_groups(logGroupNamePrefix=name)
    for group in answer["logGroups"]:
        if group["logGroupName"] == name:
            return LogGroup(name, group.get("retentionInDays"))
    return None


def create_log_group(session: AwsSession, name: str, tags: Mapping[str, str]) -> None:
    """Create a log group; one that another run has just created is fine."""
    with translated(f"create the log group {name}"):
        try:
            session.client("logs").create_log_group(logGroupName=name, tags=dict(tags))
        except bc.ClientError as error:
            if error_code(error) != "ResourceAlreadyExistsException":
                raise


def set_retention(session: AwsSession, name: str, days: int) -> None:
    """Delete the group's log events after so many days."""
    with translated(f"set the retention of the log group {name}"):
        session.client("logs").put_retention_policy(logGroupName=name, retentionInDays=days)


def delete_log_group(session: AwsSession, name: str) -> None:
    """Delete a log group with its logs; one that is already gone is fine."""
    with translated(f"delete the log group {name}"):
        try:
            session.client("logs").delete_log_group(logGroupName=name)
        except bc.ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
