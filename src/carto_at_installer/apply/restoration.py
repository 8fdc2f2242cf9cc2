"""Going back to an earlier release, or, when there was none, to nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carto_at_installer.apply.operation import Operation
from carto_at_installer.apply.removal import look_at_leftovers, those_aside
from carto_at_installer.aws import functions
from carto_at_installer.checks.schema import refuse_dependent_views
from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.releases import Release, ReleaseState
from carto_at_installer.plan.observed import ObservedState
from carto_at_installer.plan.planner import make_plan
from carto_at_installer.plan.removal import plan_uninstall, put_back_steps
from carto_at_installer.plan.restoration import restored_state
from carto_at_installer.verify.smoke import recorded_tests, run_smoke_tests, smoke_error

if TYPE_CHECKING:
    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.operation import Conduct
    from carto_at_installer.core.releases import Installation, RecordedObject
    from carto_at_installer.plan.steps import Plan


@dataclass(frozen=True, slots=True)
class PreparedRollback:
    """A rollback that has not begun: where it goes back to (None: to nothing) and how."""

    connection: Connection
    release: Release | None
    snapshot: tuple[RecordedObject, ...]
    plan: Plan


def prepare_rollback(connection: Connection, number: int | None = None) -> PreparedRollback | None:
    """Plan the way back to release `number`, by default to the one before; None when nothing is to be done.

    While a release is unfinished, the one before is the release that is still current. Raises UsageError for a release
    that cannot be gone back to, PreflightError when its Lambda functions are gone.
    """
    installation = connection.installation()
    release = _destination(installation, number)
    if release is None:
        return _to_nothing(connection, installation)
    snapshot = connection.store.snapshot(release.number)
    needed = {o.lambda_name for o in snapshot if o.lambda_name}
    existing = {name: functions.find_function(connection.session, name) for name in needed}
    desired = restored_state(connection.schema, release, snapshot, installation, existing)
    observed = ObservedState({}, None, {}, existing, frozenset(), installation)
    plan = make_plan(desired, observed)
    later = [a for a in those_aside(connection, installation) if a.release > release.number]
    back = put_back_steps(later, tuple(step.key for step in plan.steps))
    plan = replace(plan, steps=(*plan.steps, *back))
    return None if plan.empty else PreparedRollback(connection, release, snapshot, plan)


def _destination(installation: Installation, number: int | None) -> Release | None:
    if number is not None:
        return _named(installation, number)
    current = installation.current
    if installation.unfinished or current is None:
        return current
    before = (current.restores or current.number) - 1
    older = [
        r for r in installation.kept if r.number <= before and r.state is ReleaseState.SUPERSEDED
    ]
    if not older:
        raise UsageError(
            f"There is no release before {current.number} to go back to",
            hint="See `carto-at history`; `carto-at uninstall` removes the installation.",
        )
    return older[0]


def _named(installation: Installation, number: int) -> Release:
    usable = {ReleaseState.CURRENT, ReleaseState.SUPERSEDED}
    possible = {r.number: r for r in installation.kept if r.state in usable}
    if number not in possible:
        listed = ", ".join(str(n) for n in sorted(possible)) or "none"
        raise UsageError(
            f"Release {number} cannot be gone back to",
            hint=f"These can: {listed}. See `carto-at history`.",
        )
    return possible[number]


def _to_nothing(connection: Connection, installation: Installation) -> PreparedRollback:
    left = look_at_leftovers(connection, installation)
    plan = plan_uninstall(connection.schema, "", installation, left)
    return PreparedRollback(connection, None, (), replace(plan, command="rollback"))


def roll_back(prepared: PreparedRollback, conduct: Conduct) -> int:
    """Carry the rollback out; returns how many recorded examples were asked.

    Raises PreflightError, before anything is changed, when views use what would be dropped, and SmokeTestError when
    the examples do not answer as they did; the old release is in use all the same.
    """
    refuse_dependent_views(prepared.connection.sql, prepared.plan)
    tests = recorded_tests(prepared.snapshot, prepared.connection.schema)
    Operation(prepared.plan, prepared.connection, conduct).run()
    failures = run_smoke_tests(prepared.connection.sql, tests, conduct.progress) if tests else []
    if failures:
        raise smoke_error("The restored functions do not answer as documented", failures)
    return len(tests)
