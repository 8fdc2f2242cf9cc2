"""Moves reserved concurrency: from the functions that queries called before to those that they call afterwards.

Old and new functions are there at the same time, but an account has only so many executions to reserve. So a function
gets its reservation right after the transaction that moves the callers, from the function that it replaces.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carto_at_installer.core.releases import Installation
from carto_at_installer.plan import steps as s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carto_at_installer.plan.observed import ObservedState
    from carto_at_installer.plan.resources import DesiredState


def reservation_steps(
    desired: DesiredState, observed: ObservedState, before: Sequence[s.Step]
) -> Iterator[s.Step]:
    """What gives each function that will be called the reservation of the options. `before` are the steps so far."""
    wanted: int | None = json.loads(desired.options.get("reserved_concurrency", "null"))
    planned = {step.key for step in before}
    for module, name in desired.resources.functions.items():
        found = observed.functions.get(name)
        reserved = found.reserved_concurrency if found else None
        replaced = _replaced(observed, module, name)
        if reserved == wanted:
            continue
        after = tuple(key for key in (f"function:{module}", f"sql:{module}") if key in planned)
        summary = (
            f"Reserve {wanted} executions for {name}"
            if wanted
            else f"Free the executions of {name}"
        )
        action = s.ReserveConcurrency(name, wanted, replaced if wanted else ())
        yield s.Step(f"concurrency:{module}", action, summary, after)


def _replaced(observed: ObservedState, module: str, name: str) -> tuple[str, ...]:
    """The functions that queries of the module call until now."""
    objects = (observed.installation or Installation()).objects
    called = {o.lambda_name for o in objects if o.module == module and o.lambda_name}
    return tuple(sorted(called - {name}))
