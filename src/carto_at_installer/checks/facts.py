"""What checks look at. `apply.facts` gathers it; tests of checks give what they like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.aws.credentials import CredentialSources
    from carto_at_installer.aws.functions import AccountLimits
    from carto_at_installer.aws.session import AwsSession
    from carto_at_installer.checks.login import Login
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.core.target import Identity, Target
    from carto_at_installer.plan.observed import ObservedState
    from carto_at_installer.plan.resources import DesiredState
    from carto_at_installer.plan.steps import Plan
    from carto_at_installer.sql.database import DatabaseFunction


class Facts(Protocol):
    """Each fact is gathered when it is first asked for, once, also by several threads.

    Asking for a fact that cannot be had raises the CartoAtError that says why, every time.
    """

    @property
    def options(self) -> InstallOptions:
        """What the user asked for."""

    @property
    def root(self) -> Path:
        """The folder of the bundle."""

    @property
    def tools(self) -> Mapping[str, str | None]:
        """Programs of this machine by name, with their paths, or None for those that are not there."""

    @property
    def wanted_tools(self) -> frozenset[str]:
        """Those that a chosen option needs."""

    @property
    def credentials(self) -> CredentialSources:
        """Where credentials could come from, and where they come from."""

    @property
    def session(self) -> AwsSession:
        """The way to AWS."""

    @property
    def identity(self) -> Identity:
        """Who calls."""

    @property
    def clock_skew(self) -> float | None:
        """Seconds by which this machine's clock is ahead of AWS's; None when AWS did not tell the time."""

    @property
    def target(self) -> Target:
        """The cluster or workgroup, whatever its state."""

    @property
    def sql(self) -> SqlBackend:
        """The database."""

    @property
    def login(self) -> Login:
        """Who is logged in to the database, and what he may do."""

    @property
    def desired(self) -> DesiredState:
        """What should be there."""

    @property
    def observed(self) -> ObservedState:
        """What is there of it."""

    @property
    def plan(self) -> Plan:
        """What is to be done."""

    @property
    def functions_in_schema(self) -> tuple[DatabaseFunction, ...]:
        """All functions and procedures of the schema, whoever made them."""

    @property
    def lambda_account(self) -> AccountLimits:
        """What Lambda gives the account in the region, and what is used of it."""
