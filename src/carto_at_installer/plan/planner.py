"""Compares the desired with the observed state and writes the plan that leads from one to the other.

Order: the schema with the written plan first (so that a crash leaves a record), then roles, logs, layer and Lambda
functions in parallel, then one SQL transaction per module. Queries meet the new code only when that commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.core.errors import PreflightError
from carto_at_installer.core.releases import Installation
from carto_at_installer.plan import steps as s
from carto_at_installer.plan.coverage import recorded_coverage
from carto_at_installer.plan.deviations import code_was_changed, differing_settings
from carto_at_installer.plan.ownership import OWNER_TAG
from carto_at_installer.plan.reservations import reservation_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from carto_at_installer.aws.functions import DeployedFunction
    from carto_at_installer.core.releases import ForeignFunction, RecordedObject
    from carto_at_installer.plan.observed import ObservedState
    from carto_at_installer.plan.resources import DesiredState, ModuleSql
    from carto_at_installer.sql.objects import SqlObject

_SCHEMA = "schema"
_LAYER = "layer"
_ATTACH = "attach-role"
_LOGS = "log-group"
OBJECTS_A_BATCH = 34
"""With the lease's guards and the records, as many as the 40 statements of one Data API batch hold."""


def make_plan(desired: DesiredState, observed: ObservedState) -> s.Plan:
    """The steps from `observed` to `desired`, in an executable order.

    Raises PreflightError when something that is not ours stands in the way.
    """
    installation = observed.installation or Installation()
    cloud = [
        *_role_steps(desired, observed),
        *_log_steps(desired, observed),
        *_layer_steps(desired, observed),
        *_attach_steps(desired, observed),
    ]
    functions = list(_function_steps(desired, observed, {step.key for step in cloud}))
    modules = list(_module_steps(desired, installation, [*cloud, *functions]))
    _refuse_breaking_others(desired, installation, modules)
    reservations = list(reservation_steps(desired, observed, [*functions, *modules]))
    steps = [*cloud, *functions, *modules, *reservations]
    if steps or _release_differs(desired, observed):
        steps = [_schema_step(desired, observed), *(_after_schema(step) for step in steps)]
    return s.Plan(
        schema=desired.schema,
        version=desired.version,
        command=desired.command,
        release=installation.next_number,
        steps=tuple(steps),
        options=_covering(desired, installation),
        resources=desired.resources,
        restores=desired.restores,
        seen=installation.mark,
    )


def _release_differs(desired: DesiredState, observed: ObservedState) -> bool:
    found = observed.installation or Installation()
    return (
        found.current is None
        or found.current.version != desired.version
        or found.unfinished is not None
    )


def _schema_step(desired: DesiredState, observed: ObservedState) -> s.Step:
    exists = bool(observed.installation and observed.installation.kept)
    return s.Step(
        _SCHEMA,
        s.PrepareSchema(desired.schema, exists=exists and desired.command != "repair"),
        f"{'Use' if exists else 'Create'} schema {desired.schema} and its release tables",
    )


def _after_schema(step: s.Step) -> s.Step:
    return s.Step(step.key, step.action, step.summary, (_SCHEMA, *step.after))


def _role_steps(desired: DesiredState, observed: ObservedState) -> Iterator[s.Step]:
    for role in desired.roles:
        found = observed.roles.get(role.name)
        key = f"role:{role.name}"
        if found is None:
            yield s.Step(key, s.CreateRole(role), f"Create role {role.name}")
            continue
        if OWNER_TAG not in found.tags:
            raise PreflightError(
                f"The IAM role {role.name} exists, but was not made by carto-at",
                hint="Choose another --prefix, or name roles of your own: --execution-role-arn, --invoke-role-arn.",
            )
        if found.arn != role.arn:
            raise PreflightError(
                f"The IAM role {role.name} exists with another path: {found.arn}",
                hint="Roles cannot be moved: name its path with --role-path, or choose another --prefix.",
            )
        trust, policy = found.trust != role.trust, found.policy != role.policy
        boundary = found.boundary != role.boundary
        if trust or policy or boundary:
            action = s.UpdateRole(role, trust, policy, boundary)
            yield s.Step(key, action, f"Put role {role.name} right")
        elif not role.tags.items() <= found.tags.items():
            summary = f"Mark role {role.name} as used by this installation"
            yield s.Step(key, s.TagRole(role.name, role.tags), summary)


def _log_steps(desired: DesiredState, observed: ObservedState) -> Iterator[s.Step]:
    group = desired.log_group
    if not desired.functions:
        return
    if observed.log_group is None:
        yield s.Step(_LOGS, s.CreateLogGroup(group), f"Create log group {group.name}")
    elif observed.log_group.retention_days != group.retention_days:
        yield s.Step(
            _LOGS,
            s.SetLogRetention(group),
            f"Keep logs in {group.name} for {group.retention_days} days",
        )


def _layer_steps(desired: DesiredState, observed: ObservedState) -> Iterator[s.Step]:
    layer = desired.layer
    if layer and not observed.layers.get(layer.name):
        size = layer.artifact.size / 1e6
        yield s.Step(_LAYER, s.PublishLayer(layer), f"Publish layer {layer.name} ({size:.1f} MB)")


def _attach_steps(desired: DesiredState, observed: ObservedState) -> Iterator[s.Step]:
    arn = desired.attach_role
    if arn is None or arn in observed.attached:
        return
    creating = tuple(f"role:{role.name}" for role in desired.roles if role.arn == arn)
    missing = tuple(
        key for key in creating if observed.roles.get(key.removeprefix("role:")) is None
    )
    yield s.Step(
        _ATTACH, s.AttachRole(arn), f"Attach role {arn.rpartition('/')[2]} to the cluster", missing
    )


def _function_steps(
    desired: DesiredState, observed: ObservedState, planned: set[str]
) -> Iterator[s.Step]:
    for function in desired.functions:
        found = observed.functions.get(function.name)
        layer_arn = observed.layers.get(function.layer) if function.layer else None
        key = f"function:{function.module}"
        if found is None:
            role = tuple(f"role:{r.name}" for r in desired.roles if r.arn == function.role_arn)
            after = tuple(name for name in (_LOGS, _LAYER, *role) if name in planned)
            yield s.Step(
                key,
                s.CreateFunction(function, layer_arn),
                f"Create Lambda function {function.name}",
                after,
            )
            continue
        _require_ours(found)
        if code_was_changed(found):
            summary = f"Upload the code of Lambda function {function.name} again"
            yield s.Step(f"code:{function.module}", s.RestoreCode(function), summary)
        if changes := differing_settings(function, found):
            after = (_LAYER,) if _LAYER in planned and function.layer else ()
            yield s.Step(
                key,
                s.UpdateFunction(function, layer_arn, changes),
                f"Change {', '.join(changes)} of Lambda function {function.name}",
                after,
            )
        elif found.state == "Pending":
            yield s.Step(key, s.AwaitFunction(found.name), f"Wait for Lambda function {found.name}")
        elif not function.tags.items() <= found.tags.items():
            yield s.Step(
                key,
                s.TagFunction(function.name, found.arn, function.tags),
                f"Mark Lambda function {function.name} as used by this installation",
            )


def _require_ours(found: DeployedFunction) -> None:
    if OWNER_TAG not in found.tags:
        raise PreflightError(
            f"The Lambda function {found.name} exists, but was not made by carto-at",
            hint="Choose another --prefix, or delete that function if it is not needed.",
        )


def _module_steps(
    desired: DesiredState, installation: Installation, before: list[s.Step]
) -> Iterator[s.Step]:
    previous = tuple(step.key for step in before if step.key == _ATTACH)
    for module in desired.modules:
        changed, drops, foreign = _sql_changes(module, installation)
        if not changed and not drops:
            continue
        function = tuple(step.key for step in before if step.key == f"function:{module.module}")
        whole = s.ApplyModule(module, changed, drops, foreign)
        for key, part in _parts(whole, installation):
            yield s.Step(key, part, _sql_summary(part), (*function, *previous))
            previous = (key,)


def _parts(whole: s.ApplyModule, installation: Installation) -> Iterator[tuple[str, s.ApplyModule]]:
    """What is done in one transaction each: all that callers can notice together.

    Where nothing of a module is there, nobody calls it: a large one is created in several batches, quicker than in the
    session that a transaction of so many statements needs.
    """
    module, changed = whole.module, whole.changed
    key = f"sql:{module.module}"
    replaced = any(o.module == module.module for o in installation.objects)
    size = len(changed) if whole.drops or replaced else OBJECTS_A_BATCH
    if len(changed) <= size:
        yield key, whole
        return
    for number, start in enumerate(range(0, len(changed), size), 1):
        yield f"{key}:{number}", s.ApplyModule(module, changed[start : start + size], ())


def _sql_summary(action: s.ApplyModule) -> str:
    noun = "SQL function" if len(action.changed) == 1 else "SQL functions"
    summary = f"Create or replace {len(action.changed)} {noun} of {action.module.module}"
    if action.foreign:
        summary += f", set aside {len(action.foreign)} of others"
    return f"{summary}, drop {len(action.drops)}" if action.drops else summary


def _sql_changes(
    module: ModuleSql, installation: Installation
) -> tuple[tuple[SqlObject, ...], tuple[RecordedObject, ...], tuple[ForeignFunction, ...]]:
    """What to create or replace, what has to go, and what others have made under our names.

    Where only a part of a module is worked on, the rest of what it offers stays as it is, and so do objects that it no
    longer offers, unless they are other signatures of a function of the part.
    """
    recorded = {o.signature: o for o in installation.objects if o.module == module.module}
    wanted = {o.signature: o for o in module.objects}
    names = {o.name for o in module.objects}
    foreign = tuple(f for f in installation.foreign if f.module == module.module)
    theirs = {f.signature for f in foreign}
    changed = tuple(
        o for o in module.objects if _differs(o, recorded.get(o.signature), module.examples)
    )
    drops = tuple(
        o
        for o in recorded.values()
        if o.signature not in theirs
        and (
            wanted[o.signature].returns != o.returns
            if o.signature in wanted
            else o.signature not in module.order and (module.whole or o.name in names)
        )
    )
    return changed, drops, foreign


def _differs(o: SqlObject, recorded: RecordedObject | None, examples: Mapping[str, str]) -> bool:
    """Whether an object is new or another than recorded. A changed example counts: it is recorded with the object."""
    if recorded is None or recorded.digest != o.digest:
        return True
    return recorded.example != examples.get(o.signature, "")


def _refuse_breaking_others(
    desired: DesiredState, installation: Installation, modules: list[s.Step]
) -> None:
    """Refuse to change what an installed function outside the selection calls in another shape."""
    there = {o.name for o in installation.objects}
    for step in modules:
        if isinstance(step.action, s.ApplyModule):
            for o in step.action.drops:
                callers = sorted(desired.outside.get(o.name, frozenset()) & there)
                if callers:
                    raise PreflightError(
                        f"{o.signature} changes its arguments or its result; {', '.join(callers)}, installed and"
                        " not selected, would break",
                        hint=f"Select them too: --functions {','.join([o.name, *callers]).lower()}",
                    )


def _covering(desired: DesiredState, installation: Installation) -> Mapping[str, str]:
    """The options to record: the selection joined with what was installed before."""
    if desired.coverage is None:
        return desired.options
    coverage = desired.coverage
    if installation.current is not None:
        coverage = coverage.joined(recorded_coverage(installation.current.options))
    return {**desired.options, **coverage.record()}
