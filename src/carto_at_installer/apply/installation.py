"""The whole of an installation: look, check, plan, apply, verify, record. The composition of every other folder.

`prepare` changes nothing and says what would be done; `apply` does it. A plan without steps needs no apply.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carto_at_installer.apply.actions import Performer
from carto_at_installer.apply.executor import StepFailedError, execute
from carto_at_installer.apply.observation import observe
from carto_at_installer.apply.releases import ReleaseStore
from carto_at_installer.aws.clusters import describe_target
from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.session import AwsSession
from carto_at_installer.bundle.manifest import read_manifest
from carto_at_installer.bundle.resources import read_artifact
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.catalog.select import select_modules
from carto_at_installer.checks import preflight
from carto_at_installer.checks.outcome import Outcome, Status
from carto_at_installer.core.errors import ApplyError, CartoAtError, PreflightError, SmokeTestError
from carto_at_installer.plan import steps
from carto_at_installer.plan.desired import DesiredStateBuilder
from carto_at_installer.plan.planner import make_plan
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.templates import Templates
from carto_at_installer.verify.smoke import run_smoke_tests, smoke_tests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carto_at_installer.aws.calls import CallCount
    from carto_at_installer.core.functions import Catalog
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.core.target import Identity, Target
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
    identity: Identity
    target: Target
    catalog: Catalog
    desired: DesiredState
    outcomes: tuple[Outcome, ...]
    plan: steps.Plan


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation did: the completed steps and how many smoke tests passed."""

    steps: tuple[str, ...]
    smoke_tests: int


class Installer:
    """One installation from the bundle in `root`."""

    def __init__(self, options: InstallOptions, root: Path, progress: Progress) -> None:
        self._options = options
        self._root = root
        self._progress = progress
        self._session = AwsSession(options.aws)
        self._sql: DataApi | None = None

    def watched_by(self, progress: Progress) -> Installer:
        """The same installer, telling another listener from now on."""
        self._progress = progress
        return self

    @property
    def calls(self) -> CallCount:
        """How many calls to AWS were made so far."""
        return self._session.ledger.count()

    def prepare(self) -> Preparation:
        """Look at everything, check it and plan. Raises PreflightError naming every check that failed."""
        self._progress.phase("Checks", 6)
        outcomes = [
            self._check(preflight.check_python),
            self._check(lambda: preflight.check_package(self._root)),
        ]
        identity = self._session.identity()
        target = describe_target(self._session, identity, self._options.target)
        outcomes += [
            self._check(lambda: preflight.check_target(target)),
            self._check(lambda: preflight.check_network(target)),
        ]
        _refuse_failures(outcomes)
        catalog = load_catalog(self._root / "catalog", sql_root=self._root / "sql")
        chosen = select_modules(catalog, self._options.modules) if self._options.modules else ()
        options = replace(self._options, modules=tuple(module.name for module in chosen))
        builder = DesiredStateBuilder(options, read_manifest(self._root), identity, target)
        desired = builder.build(catalog, Templates(self._root / "sql"))
        sql = self._sql = DataApi(self._session, self._options.target)
        outcomes.append(
            self._check(lambda: preflight.check_login(sql, self._options.target.database))
        )
        _refuse_failures(outcomes)
        observed = observe(desired, self._session, ReleaseStore(sql, desired.schema), target)
        plan = make_plan(desired, observed)
        if not plan.empty:
            outcomes.append(
                self._check(
                    lambda: preflight.check_foreign_objects(sql, desired, observed.installation)
                )
            )
            _refuse_failures(outcomes)
        return Preparation(self._options, identity, target, catalog, desired, tuple(outcomes), plan)

    def _check(self, check: Callable[[], Outcome]) -> Outcome:
        outcome = check()
        title = f"{outcome.check}: {outcome.reason}"
        self._progress.started(title)
        self._progress.finished(title, failed=outcome.status is Status.FAIL)
        return outcome

    def apply(self, preparation: Preparation) -> Installed:
        """Do what was planned, prove it by smoke tests and make it the current release.

        Raises ApplyError when a step fails, SmokeTestError when a function does not answer as documented.
        """
        plan, sql = preparation.plan, self._sql
        if sql is None:
            raise AssertionError("an installation is prepared before it is applied")
        store = ReleaseStore(sql, plan.schema)
        performer = Performer(
            plan,
            session=self._session,
            sql=sql,
            store=store,
            read_artifact=lambda artifact: read_artifact(artifact, self._root),
            target=preparation.target,
            identity=preparation.identity,
            progress=self._progress,
        )
        self._progress.phase("Install", len(plan.steps))
        try:
            done = execute(plan, performer.perform, self._progress)
        except StepFailedError as failure:
            raise _stopped(failure, store, plan, performer) from failure
        passed = self._verify(preparation, store)
        store.finish(plan.release, performer.unrecorded)
        return Installed(done, passed)

    def _verify(self, preparation: Preparation, store: ReleaseStore) -> int:
        plan = preparation.plan
        touched = {
            step.action.module.module
            for step in plan.steps
            if isinstance(step.action, steps.ApplyModule)
        }
        functions = [f for f in preparation.catalog.functions if f.module in touched]
        tests = smoke_tests(functions, quote_identifier(plan.schema))
        failures = self._when_role_works(
            lambda: run_smoke_tests(self._required_sql, tests, self._progress), plan
        )
        if failures:
            store.fail(plan.release, (), failures[0].describe())
            raise SmokeTestError(
                "\n".join(
                    ["Functions do not answer as documented:", *(f.describe() for f in failures)]
                ),
                hint="Look at the log group "
                f"{preparation.desired.log_group.name} in CloudWatch, then repeat the command.",
            )
        return len(tests)

    @property
    def _required_sql(self) -> DataApi:
        if self._sql is None:
            raise AssertionError("no database yet")
        return self._sql

    def _when_role_works(
        self, run: Callable[[], list[SmokeFailure]], plan: steps.Plan
    ) -> list[SmokeFailure]:
        """Repeat the tests while a role made by this very plan is not yet known everywhere in AWS."""
        fresh = any(
            isinstance(step.action, steps.AttachRole | steps.CreateRole) for step in plan.steps
        )
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


def _refuse_failures(outcomes: list[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAIL]
    if failed:
        raise PreflightError(
            "\n".join(f"{outcome.check}: {outcome.reason}" for outcome in failed),
            hint="\n".join(outcome.fix for outcome in failed if outcome.fix),
        )


def _stopped(
    failure: StepFailedError, store: ReleaseStore, plan: steps.Plan, performer: Performer
) -> CartoAtError:
    """The error to show when a step failed; records it where the release tables are there already."""
    cause = failure.__cause__
    if not isinstance(cause, CartoAtError):
        if cause is None:
            raise AssertionError("a failed step has a cause")
        raise cause
    if not failure.done:
        return cause
    message = f"{failure.step.summary}: {cause.message}"
    try:
        store.fail(plan.release, performer.unrecorded, message)
    except CartoAtError as second:
        message += f" (and this could not be recorded: {second.message})"
    hint = "\n".join(
        part
        for part in (cause.hint, "Then run the same command again: it continues from here.")
        if part
    )
    return ApplyError(message, hint=hint)
