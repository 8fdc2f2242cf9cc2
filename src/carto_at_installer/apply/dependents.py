"""Finds the views that keep functions from being dropped, before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.core.errors import PreflightError
from carto_at_installer.plan.steps import ApplyModule
from carto_at_installer.sql.database import views_with

if TYPE_CHECKING:
    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.plan.steps import Plan

_SHOWN = 5


def refuse_dependent_views(sql: SqlBackend, plan: Plan) -> None:
    """Raise PreflightError naming the views that use functions which the plan drops: Redshift would refuse half-way."""
    actions = (step.action for step in plan.steps)
    drops = [o for action in actions if isinstance(action, ApplyModule) for o in action.drops]
    if not drops:
        return
    found = views_with(sql, tuple(sorted({f"{o.name.lower()}(" for o in drops})))
    views = [view for view in found if "with no schema binding" not in view.definition.lower()]
    if views:
        more = f" and {len(views) - _SHOWN} more" if len(views) > _SHOWN else ""
        raise PreflightError(
            f"Views use functions that would be dropped: {', '.join(v.name for v in views[:_SHOWN])}{more}",
            hint="Save their definitions (SELECT definition FROM pg_views), drop them, and repeat the command.",
        )
