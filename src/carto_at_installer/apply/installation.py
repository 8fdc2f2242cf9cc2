"""Installing and upgrading: look, check, plan, apply, verify, record; and put everything back when it fails.

`prepare` changes nothing and says what would be done; `apply` does it. A plan without steps needs no apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.apply import restoration
from carto_at_installer.apply.facts import GatheredFacts, Intent
from carto_at_installer.apply.lambda_half import create_lambdas
from carto_at_installer.apply.operation import Operation
from carto_at_installer.aws.retries import Patience, Pauses, telling
from carto_at_installer.bundle.resources import read_artifact
from carto_at_installer.catalog.select import sql_names
from carto_at_installer.checks import all_checks, schema
from carto_at_installer.checks.outcome import Outcome, Plane, Status
from carto_at_installer.checks.runner import refuse_failures, run_checks
from carto_at_installer.core.errors import (
    ApplyError,
    CartoAtError,
    RolledBackError,
    SmokeTestError,
    UsageError,
)
from carto_at_installer.core.options import OnFailure
from carto_at_installer.plan import steps
from carto_at_installer.plan.coverage import refuse_leaving_a_half
from carto_at_installer.plan.halves import Part
from carto_at_installer.verify.smoke import run_smoke_tests, smoke_error, smoke_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.operation import Conduct
    from carto_at_installer.catalog.select import Addition
    from carto_at_installer.checks.outcome import Check, CheckListener
    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.core.functions import Catalog
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.core.releases import Installation
    from carto_at_installer.plan.resources import DesiredState
    from carto_at_installer.verify.smoke import SmokeFailure

_ROLE_PATIENCE = Patience(1.0, 15.0, 180.0)
_ROLE_NOT_READY = (
    "assume",
    "not authorized",
    "Empty format",
    "AccessDenied",
    "credentials of role",
)

_IN_DATABASE = frozenset({"login", "sql", "functions_in_schema"})
"""The facts that the half in AWS does without."""


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
    """One installation from the bundle in `root`. `connection` is one that is open already."""

    def __init__(
        self,
        options: InstallOptions,
        root: Path,
        intent: Intent | None = None,
        *,
        validate: bool = True,
        connection: Connection | None = None,
    ) -> None:
        self._root = root
        self._validate = validate
        self._facts = GatheredFacts(options, root, intent or Intent())
        if connection:
            self._facts.use(connection)

    def check(self, listener: CheckListener | None = None) -> tuple[Outcome, ...]:
        """Ask every check, then whether all can be planned. Changes nothing; what fails is an outcome.

        Raises UsageError for a choice of functions that cannot be.
        """
        outcomes = run_checks(all_checks(), self._facts, listener)
        if any(outcome.status is Status.FAIL for outcome in outcomes):
            return outcomes
        try:
            self._facts.plan  # noqa: B018 - a fact that is asked for
        except UsageError:
            raise
        except CartoAtError as error:
            unplanned = Outcome("Plan", Plane.SCHEMA, Status.FAIL, error.message, error.hint)
            return (*outcomes, unplanned)
        return outcomes

    @property
    def facts(self) -> GatheredFacts:
        """What was found out so far, and can be."""
        return self._facts

    def prepare(self, progress: Progress) -> Preparation:
        """Look at everything, check it and plan. Raises PreflightError naming every check that failed.

        Without validation nothing is checked but that no function of others would be replaced.
        """
        with telling(lambda reason: progress.waiting("Looking at AWS and the database", reason)):
            return self._prepared(progress)

    def _prepared(self, progress: Progress) -> Preparation:
        outcomes = self._outcomes(_AsProgress(progress)) if self._validate else ()
        facts = self._facts
        ignored = _TAKEN_OVER if facts.intent.replace_foreign else frozenset()
        refuse_failures(outcome for outcome in outcomes if outcome.check not in ignored)
        plan = facts.plan
        self._refuse_leaving_a_half()
        if not (plan.empty or ignored or self._in_aws_alone):
            refuse_failures(run_checks(schema.CHECKS[:2], facts))
        return Preparation(
            facts.options,
            facts.connection,
            facts.selected.catalog,
            facts.selected.added,
            facts.desired,
            outcomes,
            plan,
            facts.observed.installation,
        )

    def _refuse_leaving_a_half(self) -> None:
        """Nothing but what a record says may pass by a release that stopped half-way."""
        desired, installation = self._facts.desired, self._facts.observed.installation
        if desired.coverage and installation and not self._facts.options.selection.lenient:
            refuse_leaving_a_half(desired.coverage, installation)

    @property
    def _in_aws_alone(self) -> bool:
        return self._facts.intent.part is Part.LAMBDAS

    def _outcomes(self, listener: CheckListener) -> tuple[Outcome, ...]:
        """The answers of all checks; where nothing is to be done, of those about this machine and the caller alone."""
        try:
            idle = self._facts.plan.empty
        except CartoAtError:  # the checks say why
            idle = False
        near = (Plane.ENVIRONMENT, Plane.IDENTITY)
        checks = [
            check
            for check in all_checks()
            if (not idle or check.plane in near)
            and not (self._in_aws_alone and _IN_DATABASE.intersection(check.needs))
        ]
        return run_checks(checks, self._facts, listener)

    def apply(
        self,
        preparation: Preparation,
        conduct: Conduct,
        on_failure: OnFailure = OnFailure.ROLLBACK,
    ) -> Installed:
        """Do what was planned, prove it by smoke tests and make it the current release.

        When a step or a smoke test fails: with `rollback` everything is put back and RolledBackError raised (ApplyError
        when putting back fails too); with `stop`, and after a failed step with `keep`, the error itself is raised; with
        `keep`, failed smoke tests are returned with the release, which stays. The half in AWS alone is neither tested
        nor put back: nothing calls it yet.
        """
        if self._in_aws_alone:
            return Installed(create_lambdas(preparation, conduct, self._artifact), 0)
        verification = _Verification(
            preparation, conduct.progress, keep=on_failure is OnFailure.KEEP
        )
        operation = Operation(preparation.plan, preparation.connection, conduct, self._artifact)
        try:
            done = operation.run(verification.run)
        except (ApplyError, SmokeTestError) as error:
            if on_failure is OnFailure.ROLLBACK:
                raise _put_back(preparation, conduct, error) from error
            raise
        return Installed(done, verification.asked, tuple(verification.failures))

    def _artifact(self, artifact: Artifact) -> bytes:
        return read_artifact(artifact, self._root)


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
            raise smoke_error("Functions do not answer as documented", self.failures)

    def _when_role_works(
        self, run: Callable[[], list[SmokeFailure]], *, fresh: bool
    ) -> list[SmokeFailure]:
        """Repeat the tests while a role made by this very plan is not yet known everywhere in AWS."""
        pauses = Pauses(_ROLE_PATIENCE) if fresh else None
        with telling(lambda reason: self._progress.waiting("Smoke tests", reason)):
            while True:
                failures = run()
                unready = [f for f in failures if any(t in f.error for t in _ROLE_NOT_READY)]
                if not unready or pauses is None:
                    return failures
                if not pauses.wait(f"the new role is not yet usable: {unready[0].error}"):
                    return failures


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


_NEITHER = (Status.WARN, Status.UNKNOWN, Status.SKIPPED)
_TAKEN_OVER = frozenset(check.name for check in schema.CHECKS[:2])


class _AsProgress:
    """Shows checks as the steps of a phase."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def began(self, checks: Sequence[Check]) -> None:
        """The phase begins."""
        self._progress.phase("Checks", len(checks))

    def answered(self, outcome: Outcome) -> None:
        """A step begins and ends at once: checks are short."""
        said = f"{outcome.status.value}: " if outcome.status in _NEITHER else ""
        title = f"{outcome.check}: {said}{outcome.reason}"
        self._progress.started(title)
        self._progress.finished(title, failed=outcome.status is Status.FAIL)
