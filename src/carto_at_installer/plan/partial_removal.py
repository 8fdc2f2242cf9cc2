"""Plans the removal of a part of an installation: a release like others, with less in it, that can be gone back from.

Works from the recorded state alone. Lambda functions stay beside until they are pruned, as those of an upgrade do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carto_at_installer.catalog.recorded import recorded_catalog, with_own_externals
from carto_at_installer.catalog.select import callers_outside, select
from carto_at_installer.core.errors import PreflightError, UsageError
from carto_at_installer.plan import steps as s
from carto_at_installer.plan.coverage import Coverage, recorded_coverage
from carto_at_installer.plan.removal import drop_steps

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from carto_at_installer.core.options import SelectionOptions
    from carto_at_installer.core.releases import Installation, RecordedObject, Release

COMMAND = "remove"
"""What such a release is called; `REMOVED` is the option that names what it removes."""
REMOVED = "removed"


def chosen_objects(
    snapshot: Sequence[RecordedObject], schema: str, wishes: SelectionOptions
) -> frozenset[str]:
    """The names of the installed SQL objects that are chosen, with external halves that nothing else calls.

    Raises UsageError for names that are not installed, and PreflightError when something that stays calls what goes.
    """
    catalog = recorded_catalog(snapshot, schema)
    names = with_own_externals(catalog, select(catalog, wishes, closed=False).names)
    outside = callers_outside(catalog, names)
    for name in sorted(names & outside.keys()):
        callers = ", ".join(sorted(outside[name]))
        raise PreflightError(
            f"{name} is called by {callers}, which would stay",
            hint=f"Remove them too: --functions {','.join([name, *sorted(outside[name])]).lower()}",
        )
    return names


def plan_partial_removal(schema: str, installation: Installation, names: Collection[str]) -> s.Plan:
    """Drop these SQL objects and record what is left. Raises UsageError while a release is unfinished."""
    current = installation.current
    if current is None or (installation.unfinished and installation.unfinished.command != COMMAND):
        raise UsageError(
            "An unfinished release stands in the way",
            hint="Complete it with `carto-at resume`, or take it back with `carto-at rollback`.",
        )
    gone = tuple(o for o in installation.objects if o.name in names)
    left = [o for o in installation.objects if o.name not in names]
    modules = {o.module for o in left}
    first = s.Step("schema", s.PrepareSchema(schema), f"Write the plan into schema {schema}")
    drops = (replace(step, after=("schema", *step.after)) for step in drop_steps(gone))
    functions = {m: name for m, name in current.resources.functions.items() if m in modules}
    return s.Plan(
        schema=schema,
        version=current.version,
        command=COMMAND,
        release=installation.next_number,
        steps=(first, *drops),
        options={
            **current.options,
            **_left_over(current, left, {o.module for o in gone}).record(),
            REMOVED: ",".join(sorted(names)),
        },
        resources=replace(current.resources, functions=functions),
        seen=installation.mark,
    )


def _left_over(
    current: Release, left: Sequence[RecordedObject], touched: Collection[str]
) -> Coverage:
    """What the installation covers afterwards: modules that were not touched, and single functions of the others."""
    before = recorded_coverage(current.options)
    modules = {o.module for o in left} if before.everything else set(before.modules)
    single = {o.name for o in left if o.module in touched and o.kind != "external"}
    names = {o.name for o in left}
    return Coverage(
        everything=False,
        modules=frozenset(modules - set(touched)),
        functions=frozenset(single | (before.functions & names)),
    )
