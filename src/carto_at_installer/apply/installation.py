"""Installing and upgrading: look, check, plan, apply, verify, record; and put everything back when it fails.

`prepare` changes nothing and says what would be done; `apply` does it. A plan without steps needs no apply.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carto_at_installer.apply import reality, restoration
from carto_at_installer.apply.connection import Connection, connect
from carto_at_installer.apply.observation import observe
from carto_at_installer.apply.operation import Operation
from carto_at_installer.bundle.manifest import read_manifest
from carto_at_installer.bundle.resources import read_artifact
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.catalog.select import select, sql_names
from carto_at_installer.checks import preflight
from carto_at_installer.checks.outcome import Outcome, Status
from carto_at_installer.core.errors import (
    ApplyError,
    CartoAtError,
    PreflightError,
    RolledBackError,
    SmokeTestError,
    SqlError,
)
from carto_at_installer.core.options import OnFailure
from carto_at_installer.plan import steps
from carto_at_installer.plan.desired import DesiredStateBuilder
from carto_at_installer.plan.planner import make_plan
from carto_at_installer.sql.templates import Templates
from carto_at_installer.verify.smoke import run_smoke_tests, smoke_tests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carto_at_installer.apply.operation import Conduct
    from carto_at_installer.catalog.select import Addition
    from carto_at_installer.core.functions import Catalog
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.core.releases import Installation
    from carto_at_installer.plan.observed import ObservedState
    from carto_at_installer.plan.resources import DesiredState
    from carto_at_installer.verify.smoke import SmokeFailure

ROLE_PATIENCE_S = 180
_ROLE_NOT_READY = (
    "assume",
    "not authorized",
    "Empty format",
    "AccessDenied",
    "credentials of role",
)


@dataclass(frozen=True, slots=True)
class Preparation:
    """All that is known before anything changes, and the plan."""

    options: InstallOptions
    connection: Connection
    catalog: Catalog
    added: tuple[Addition, ...]
    desired: DesiredState
    outcomes: tuple[Outcome, ...]
    plan: steps.Plan
    installation: Installation | None


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation did: the completed steps and how many smoke tests passed.

    `failures` are examples that did not answer as documented, when the user chose to keep the release anyway.
    """

    steps: tuple[str, ...]
    smoke_tests: int
    failures: tuple[SmokeFailure, ...] = ()


class Installer:
    """One installation from the bundle in `root`. `command` is `install`, `upgrade`, `repair` or `adopt`.

    `believe_database` compares with what the schema really holds instead of trusting the release tables alone;
    `replace_foreign` takes over functions of others that bear our signatures.
    """

    def __init__(
        self,
        options: InstallOptions,
        root: Path,
        *,
        command: str = "install",
        believe_database: bool = False,
        replace_foreign: bool = False,
    ) -> None:
        self._options = options
        self._root = root
        self._command = command
        self._believe_database = believe_database
        self._replace_foreign = replace_foreign

    def prepare(self, progress: Progress) -> Preparation:
        """Look at everything, check it and plan. Raises PreflightError naming every check that failed."""
        progress.phase("Checks", 6)
        outcomes = [
            _told(progress, preflight.check_python()),
            _told(progress, preflight.check_package(self._root)),
        ]
        _refuse_failures(outcomes)
        connection = connect(self._options.aws, self._options.target, self._options.schema)
        target = connection.target
        reason = f"{target.deployment.value} {target.name} is {target.status}"
        outcomes += [
            _told(progress, Outcome("Target", Status.PASS, reason)),
            _told(progress, preflight.check_network(target)),
        ]
        catalog = load_catalog(self._root / "catalog", sql_root=self._root / "sql")
        selected = select(catalog, self._options.selection)
        desired = self._desired(selected.catalog, catalog, connection)
        observed = self._logged_in(desired, connection, outcomes, progress)
        plan = make_plan(desired, observed)
        if not plan.empty and not self._replace_foreign:
            foreign = preflight.check_foreign_objects(
                connection.sql, desired, observed.installation
            )
            outcomes.append(_told(progress, foreign))
            _refuse_failures(outcomes)
        return Preparation(
            self._options,
            connection,
            selected.catalog,
            selected.added,
            desired,
            tuple(outcomes),
            plan,
            observed.installation,
        )

    def _logged_in(
        self,
        desired: DesiredState,
        connection: Connection,
        outcomes: list[Outcome],
        progress: Progress,
    ) -> ObservedState:
        """Look at the world. Release tables that can be read prove the login; otherwise it is tried on its own."""
        database = self._options.target.database
        try:
            observed = self._observe(desired, connection)
        except SqlError:
            outcomes.append(_told(progress, preflight.check_login(connection.sql, database)))
            _refuse_failures(outcomes)
            raise
        if observed.installation:
            reason = f"the release tables in {database} can be read"
            outcomes.append(_told(progress, Outcome("Database", Status.PASS, reason)))
        else:
            outcomes.append(_told(progress, preflight.check_login(connection.sql, database)))
            _refuse_failures(outcomes)
        return observed

    def _observe(self, desired: DesiredState, connection: Connection) -> ObservedState:
        observed = observe(desired, connection)
        if not (self._believe_database or self._replace_foreign):
            return observed
        found = reality.functions_in(connection)
        installation = observed.installation
        if installation and self._believe_database:
            installation = reality.without_missing(installation, found)
        if self._replace_foreign:
            installation = reality.with_foreign(installation, desired, found)
        return replace(observed, installation=installation)

    def _desired(self, catalog: Catalog, offered: Catalog, connection: Connection) -> DesiredState:
        manifest = read_manifest(self._root)
        builder = DesiredStateBuilder(
            self._options, manifest, connection.identity, connection.target
        )
        templates = Templates(self._root / "sql")
        return builder.build(catalog, templates, offered=offered, command=self._command)

    def apply(
        self,
        preparation: Preparation,
        conduct: Conduct,
        on_failure: OnFailure = OnFailure.ROLLBACK,
    ) -> Installed:
        """Do what was planned, prove it by smoke tests and make it the current release.

        When a step or a smoke test fails: with `rollback` everything is put back and RolledBackError raised (ApplyError
        when putting back fails too); with `stop`, and after a failed step with `keep`, the error itself is raised; with
        `keep`, failed smoke tests are returned with the release, which stays.
        """
        verification = _Verification(
            preparation, conduct.progress, keep=on_failure is OnFailure.KEEP
        )
        operation = Operation(
            preparation.plan,
            preparation.connection,
            conduct,
            lambda artifact: read_artifact(artifact, self._root),
        )
        try:
            done = operation.run(verification.run)
        except (ApplyError, SmokeTestError) as error:
            if on_failure is OnFailure.ROLLBACK:
                raise _put_back(preparation, conduct, error) from error
            raise
        return Installed(done, verification.asked, tuple(verification.failures))


class _Verification:
    """The smoke tests of the modules that a plan touches."""

    def __init__(self, preparation: Preparation, progress: Progress, *, keep: bool) -> None:
        self._preparation = preparation
        self._progress = progress
        self._keep = keep
        self.asked = 0
        self.failures: list[SmokeFailure] = []

    def run(self) -> None:
        """Ask the examples. Raises SmokeTestError naming those that fail, unless they are to be kept."""
        plan, connection = self._preparation.plan, self._preparation.connection
        actions = [step.action for step in plan.steps]
        touched = {a.module.module for a in actions if isinstance(a, steps.ApplyModule)}
        functions = [f for f in self._preparation.catalog.functions if f.module in touched]
        tests = smoke_tests(functions, plan.schema, there=sql_names(self._preparation.catalog))
        self.asked = len(tests)
        fresh = any(isinstance(action, steps.AttachRole | steps.CreateRole) for action in actions)
        self.failures = self._when_role_works(
            lambda: run_smoke_tests(connection.sql, tests, self._progress), fresh=fresh
        )
        if self.failures and not self._keep:
            described = "\n".join(failure.describe() for failure in self.failures)
            group = self._preparation.desired.log_group.name
            raise SmokeTestError(
                f"Functions do not answer as documented:\n{described}",
                hint=f"Look at the log group {group} in CloudWatch.",
            )

    def _when_role_works(
        self, run: Callable[[], list[SmokeFailure]], *, fresh: bool
    ) -> list[SmokeFailure]:
        """Repeat the tests while a role made by this very plan is not yet known everywhere in AWS."""
        deadline = time.monotonic() + (ROLE_PATIENCE_S if fresh else 0)
        pause = 1.0
        while True:
            failures = run()
            unready = [f for f in failures if any(text in f.error for text in _ROLE_NOT_READY)]
            if not unready or time.monotonic() > deadline:
                return failures
            self._progress.waiting(
                "Smoke tests", f"the new role is not yet usable: {unready[0].error}"
            )
            time.sleep(pause)
            pause = min(pause * 2, 15.0)


def _put_back(preparation: Preparation, conduct: Conduct, error: CartoAtError) -> CartoAtError:
    """Roll back after `error`; returns what to raise."""
    try:
        prepared = restoration.prepare_rollback(preparation.connection)
        if prepared is not None:
            restoration.roll_back(prepared, conduct)
    except CartoAtError as second:
        return ApplyError(
            f"{error.message}\nPutting everything back failed too: {second.message}",
            hint="Try again with `carto-at rollback`, or complete it with `carto-at resume`.",
        )
    before = preparation.installation.current if preparation.installation else None
    state = (
        f"release {before.number} ({before.version}) is in use again"
        if before
        else "nothing is left of it"
    )
    hint = error.cause_hint if isinstance(error, ApplyError) else error.hint
    return RolledBackError(f"{error.message}\nEverything was put back: {state}.", hint=hint)


def _told(progress: Progress, outcome: Outcome) -> Outcome:
    title = f"{outcome.check}: {outcome.reason}"
    progress.started(title)
    progress.finished(title, failed=outcome.status is Status.FAIL)
    return outcome


def _refuse_failures(outcomes: list[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAIL]
    if failed:
        raise PreflightError(
            "\n".join(f"{outcome.check}: {outcome.reason}" for outcome in failed),
            hint="\n".join(outcome.fix for outcome in failed if outcome.fix),
        )
