"""Carries out one plan under the lease: begin, steps, verification, end; and says what to do when it stops half-way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carto_at_installer.apply.actions import Performer
from carto_at_installer.apply.executor import StepFailedError, StoppedError, execute
from carto_at_installer.apply.lease import LEASE_S, Lease
from carto_at_installer.core.errors import (
    ApplyError,
    CartoAtError,
    InterruptedApplyError,
    LockHeldError,
)
from carto_at_installer.plan.steps import tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.plan.steps import Plan

_CONTINUE = "Then continue with `carto-at resume`, or put everything back with `carto-at rollback`."


@dataclass(frozen=True, slots=True)
class Conduct:
    """How an operation behaves: who is told, whether the user wants it to stop, how long its lease runs."""

    progress: Progress
    interrupted: threading.Event = field(default_factory=threading.Event)
    lease_s: int = LEASE_S


def no_artifacts(artifact: Artifact) -> bytes:
    """The reader of plans that upload nothing."""
    raise AssertionError(f"this plan has nothing to upload, but asks for {artifact.path}")


class Operation:
    """One plan on its way. `read_artifact` hands out the zips that the plan uploads."""

    def __init__(
        self,
        plan: Plan,
        connection: Connection,
        conduct: Conduct,
        read_artifact: Callable[[Artifact], bytes] = no_artifacts,
    ) -> None:
        self._plan = plan
        self._connection = connection
        self._conduct = conduct
        self._store = connection.store
        self._lease = Lease(
            connection.sql,
            self._store.tables,
            holder=connection.identity.arn,
            command=plan.command,
            seconds=conduct.lease_s,
        )
        self._performer = Performer(plan, connection, self._lease, read_artifact, conduct.progress)

    def run(self, verify: Callable[[], None] = lambda: None) -> tuple[str, ...]:
        """Do every step, then `verify`, then record the end; returns the keys of the steps.

        Raises the cause itself when nothing was changed, LockHeldError when another process has the lease,
        InterruptedApplyError when the user stopped it, ApplyError when a step failed, and whatever `verify` raises.
        """
        plan = self._plan
        self._conduct.progress.phase(plan.command.capitalize(), len(plan.steps), tasks(plan))
        if not plan.release:
            self._lease.take([], provided=self._store.unchanged_since(plan.seen))
        with self._lease:
            try:
                done = execute(
                    plan,
                    self._performer.perform,
                    self._conduct.progress,
                    stopping=self._conduct.interrupted.is_set,
                )
                verify()
            except StepFailedError as failure:
                raise self._stopped(failure) from failure
            except StoppedError as stop:
                raise self._interrupted(stop) from stop
            except CartoAtError as error:
                self._record_failure(error.message)
                raise
            self._end()
        return done

    def _end(self) -> None:
        """Record the end; an installation that is gone has nowhere to record it."""
        if self._plan.ends:
            return
        finishing = self._store.finishing(self._plan) if self._plan.release else []
        self._connection.sql.transaction(
            [
                *self._lease.guards(),
                *self._store.done_statements(self._plan.release, self._performer.unrecorded),
                *finishing,
                self._lease.release_statement(),
            ]
        )

    def _stopped(self, failure: StepFailedError) -> BaseException:
        cause = failure.__cause__
        if (
            not isinstance(cause, CartoAtError)
            or not failure.done
            or isinstance(cause, LockHeldError)
        ):
            return cause or failure
        message = f"{failure.step.summary}: {cause.message}"
        message += self._record_failure(message)
        hint = "\n".join(part for part in (cause.hint, _CONTINUE) if part)
        return ApplyError(message, hint=hint, cause_hint=cause.hint)

    def _interrupted(self, stop: StoppedError) -> InterruptedApplyError:
        done, total = len(stop.done), len(self._plan.steps)
        message = f"Stopped after {done} of {total} steps, as you asked; what was done is recorded"
        message += self._record_failure("interrupted")
        return InterruptedApplyError(
            message,
            hint="Continue with `carto-at resume`, or put everything back with `carto-at rollback`.",
        )

    def _record_failure(self, message: str) -> str:
        """Record that the operation stopped and give the lease back; returns a remark when that fails too."""
        release = self._plan.release
        statements = [
            *self._store.done_statements(release, self._performer.unrecorded),
            *(self._store.failing(release, message) if release else []),
            self._lease.release_statement(),
        ]
        try:
            self._connection.sql.transaction([*self._lease.guards(), *statements])
        except CartoAtError as second:
            return f" (and this could not be recorded: {second.message})"
        return ""
