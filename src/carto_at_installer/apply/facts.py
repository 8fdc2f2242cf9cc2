"""Gathers what checks and plans are made from: each fact once, when it is first asked for, also by several threads."""

from __future__ import annotations

import contextlib
import shutil
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from carto_at_installer.apply import reality
from carto_at_installer.apply.connection import Connection, available
from carto_at_installer.apply.observation import observe
from carto_at_installer.apply.rebuilding import state_is_lost
from carto_at_installer.apply.releases import ReleaseStore
from carto_at_installer.aws.clusters import describe_target
from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.functions import AccountLimits, account_limits
from carto_at_installer.aws.session import AwsSession
from carto_at_installer.bundle.manifest import read_manifest
from carto_at_installer.catalog.load import bundled_catalog
from carto_at_installer.catalog.select import Selected, select
from carto_at_installer.checks.environment import TOOLS
from carto_at_installer.checks.login import Login, read_login
from carto_at_installer.core.errors import CartoAtError
from carto_at_installer.plan.desired import DesiredStateBuilder
from carto_at_installer.plan.halves import Part, part_of
from carto_at_installer.plan.planner import make_plan
from carto_at_installer.sql.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carto_at_installer.aws.credentials import CredentialSources
    from carto_at_installer.core.functions import Catalog
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.target import Identity, Target
    from carto_at_installer.plan.observed import ObservedState
    from carto_at_installer.plan.resources import DesiredState
    from carto_at_installer.plan.steps import Plan
    from carto_at_installer.sql.database import DatabaseFunction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Intent:
    """How a command means its options. `command` is `install`, `upgrade`, `repair` or `adopt`.

    `believe_database` compares with what the schema really holds instead of trusting the release tables alone;
    `redefine` creates every SQL function again, also those that look right. `replace_foreign` takes over functions of
    others that bear our signatures. `wanted_tools` are programs that a chosen option needs. `part` is the half that is
    worked on.
    """

    command: str = "install"
    believe_database: bool = False
    redefine: bool = False
    replace_foreign: bool = False
    wanted_tools: frozenset[str] = frozenset()
    part: Part = Part.WHOLE


class fact(Generic[T]):  # noqa: N801 - used as a decorator, as `property`
    """A property that is gathered once; a failure is remembered and raised again."""

    def __init__(self, gather: Callable[[Any], T]) -> None:
        self._gather = gather
        self._name = gather.__name__
        self.__doc__ = gather.__doc__

    def __get__(self, facts: GatheredFacts, owner: type[GatheredFacts]) -> T:
        """The fact. Raises the CartoAtError for which it could not be gathered."""
        with facts.lock_of(self._name):
            if self._name not in facts.known:
                facts.known[self._name] = self._outcome(facts)
            value, failure = facts.known[self._name]
        if failure is not None:
            raise failure
        result: T = value
        return result

    def _outcome(self, facts: GatheredFacts) -> tuple[T | None, CartoAtError | None]:
        try:
            return self._gather(facts), None
        except CartoAtError as error:
            return None, error


class GatheredFacts:
    """The facts about one installation from the bundle in `root`. Implements `checks.facts.Facts`."""

    def __init__(self, options: InstallOptions, root: Path, intent: Intent) -> None:
        self.options = options
        self.root = root
        self.intent = intent
        self.known: dict[str, tuple[Any, CartoAtError | None]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def use(self, connection: Connection) -> None:
        """Gather from a connection that is open already."""
        given = {
            "session": connection.session,
            "identity": connection.identity,
            "target": connection.target,
            "connection": connection,
        }
        self.known |= {name: (value, None) for name, value in given.items()}

    def lock_of(self, name: str) -> threading.Lock:
        """The lock under which a fact is gathered."""
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())

    @property
    def wanted_tools(self) -> frozenset[str]:
        """See Facts."""
        return self.intent.wanted_tools

    @fact
    def tools(self) -> dict[str, str | None]:
        """See Facts."""
        return {program: shutil.which(program) for program in TOOLS}

    @fact
    def session(self) -> AwsSession:
        """See Facts."""
        return AwsSession(self.options.aws)

    @fact
    def credentials(self) -> CredentialSources:
        """See Facts."""
        return self.session.credential_sources()

    @fact
    def identity(self) -> Identity:
        """See Facts."""
        return self.session.identity()

    @fact
    def clock_skew(self) -> float | None:
        """See Facts. A refusal tells the time as well as an answer does."""
        with contextlib.suppress(CartoAtError):
            self.identity  # noqa: B018 - asks AWS
        return self.session.clock.skew

    @fact
    def target(self) -> Target:
        """See Facts."""
        return describe_target(self.session, self.identity, self.options.target)

    @fact
    def sql(self) -> DataApi:
        """See Facts. Raises TargetError while the target is not available."""
        return self.connection.sql

    @fact
    def connection(self) -> Connection:
        """The open way to the schema. Raises TargetError while the target is not available."""
        database = DataApi(self.session, self.options.target)
        store = ReleaseStore(database, self.options.schema)
        return Connection(self.session, self.identity, available(self.target), database, store)

    @fact
    def login(self) -> Login:
        """See Facts."""
        return read_login(self.sql)

    @fact
    def offered(self) -> Catalog:
        """Everything that the bundle has."""
        return bundled_catalog(self.root)

    @fact
    def selected(self) -> Selected:
        """What of it is chosen."""
        return select(self.offered, self.options.selection)

    @fact
    def desired(self) -> DesiredState:
        """See Facts."""
        manifest = read_manifest(self.root)
        builder = DesiredStateBuilder(self.options, manifest, self.identity, self.target)
        return builder.build(
            self.selected.catalog,
            Templates(self.root / "sql"),
            offered=self.offered,
            command=self.intent.command,
        )

    @fact
    def observed(self) -> ObservedState:
        """See Facts."""
        suspicious = self.intent.believe_database or self.intent.replace_foreign
        observed = observe(
            self.desired,
            self.connection,
            thorough=suspicious,
            with_database=self.intent.part is not Part.LAMBDAS,
        )
        if not suspicious:
            return observed
        found, installation = self.functions_in_schema, observed.installation
        if installation and self.intent.believe_database:
            installation = reality.as_it_is(installation, self.desired, found)
            if self.intent.redefine:
                installation = reality.doubted(installation)
        if self.intent.replace_foreign:
            lost = installation is None and state_is_lost(self.connection)
            installation = reality.with_foreign(installation, self.desired, found, lost=lost)
        return replace(observed, installation=installation)

    @fact
    def functions_in_schema(self) -> tuple[DatabaseFunction, ...]:
        """See Facts."""
        return reality.functions_in(self.connection)

    @fact
    def plan(self) -> Plan:
        """See Facts."""
        return part_of(make_plan(self.desired, self.observed), self.intent.part)

    @fact
    def lambda_account(self) -> AccountLimits:
        """See Facts."""
        return account_limits(self.session)
