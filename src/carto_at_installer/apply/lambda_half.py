"""Carries out the half of an installation that is in AWS: without the database, so without lease and without a record.

Two runs at once do no harm: what they make has the same names and the same content, and what is there is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.apply.actions import Performer
from carto_at_installer.apply.executor import StepFailedError, StoppedError, execute
from carto_at_installer.apply.lease import Lease
from carto_at_installer.core.errors import ApplyError, CartoAtError, InterruptedApplyError
from carto_at_installer.plan.steps import tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.apply.installation import Preparation
    from carto_at_installer.apply.operation import Conduct
    from carto_at_installer.core.bundle import Artifact

_AGAIN = "What is done stays. Run the same command again for the rest."


class _NoLease(Lease):
    """Holds nothing: what is done in AWS alone is guarded by names and content."""

    def confirm(self) -> None:
        """Nothing can be lost."""


def create_lambdas(
    preparation: Preparation, conduct: Conduct, read_artifact: Callable[[Artifact], bytes]
) -> tuple[str, ...]:
    """Do every step; returns their keys.

    Raises ApplyError when a step failed after others were done, and InterruptedApplyError when the user stopped it.
    """
    plan, connection = preparation.plan, preparation.connection
    lease = _NoLease(connection.sql, connection.store.tables, holder="", command=plan.command)
    performer = Performer(plan, connection, lease, read_artifact, conduct.progress)
    conduct.progress.phase("Install in AWS", len(plan.steps), tasks(plan))
    try:
        return execute(
            plan, performer.perform, conduct.progress, stopping=conduct.interrupted.is_set
        )
    except StepFailedError as failure:
        cause = failure.__cause__
        if not isinstance(cause, CartoAtError):
            raise cause or failure from failure
        hint = "\n".join(part for part in (cause.hint, _AGAIN) if part)
        message = f"{failure.step.summary}: {cause.message}"
        raise ApplyError(message, hint=hint, cause_hint=cause.hint) from failure
    except StoppedError as stop:
        message = f"Stopped after {len(stop.done)} of {len(plan.steps)} steps, as you asked"
        raise InterruptedApplyError(message, hint=_AGAIN) from stop
