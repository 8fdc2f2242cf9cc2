"""Finds out where an installation goes, as far as a policy for it must know; what AWS does not tell stays a pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.aws.clusters import describe_target
from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.session import AwsSession
from carto_at_installer.checks.login import names_taken
from carto_at_installer.core.errors import CartoAtError, UsageError
from carto_at_installer.plan.access import Place

if TYPE_CHECKING:
    from carto_at_installer.core.options import InstallOptions


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place, the ARN of who asked (empty when nobody was asked), and what could not be found out."""

    place: Place
    caller: str = ""
    unknown: str = ""


def find_place(options: InstallOptions, account: str | None) -> FoundPlace:
    """The place of an installation. With an `account` AWS is not asked anything.

    Raises UsageError without a region, and TargetError when AWS is to be asked but does not answer.
    """
    session = AwsSession(options.aws)
    if account:
        return FoundPlace(Place(session.partition(), account, session.region))
    identity = session.identity()
    place = Place.of(identity)
    try:
        target = describe_target(session, identity, options.target)
    except CartoAtError as error:
        return FoundPlace(place, identity.arn, error.message)
    found = Place(
        place.partition,
        place.account,
        place.region,
        workgroup_arn=target.arn,
        namespace_arn=target.namespace_arn,
        attached_roles=tuple(target.roles),
    )
    return FoundPlace(found, identity.arn)


def names_in_database(options: InstallOptions, user: str, role: str) -> frozenset[str]:
    """Which of a database user and a role are there; none where the database does not answer."""
    try:
        return names_taken(DataApi(AwsSession(options.aws), options.target), user, role)
    except CartoAtError:  # who may not log in yet gets the whole script
        return frozenset()


def check_account(account: str) -> None:
    """The form of an account number."""
    if not (account.isascii() and account.isdigit() and len(account) == 12):
        raise UsageError(f"{account!r} is not an AWS account", hint="It has 12 digits.")
