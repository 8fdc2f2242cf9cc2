"""Plans what goes: a whole installation, or the Lambda functions of releases that nobody will go back to.

Works from the recorded state alone; the package of the version that made the installation is not needed. Things that
other installations use too only lose our mark; things without our ownership tag are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.releases import Resources
from carto_at_installer.plan import steps as s
from carto_at_installer.plan.ownership import installations_on, other_marks, ours
from carto_at_installer.plan.planner import OBJECTS_A_BATCH
from carto_at_installer.plan.resources import ModuleSql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from carto_at_installer.aws.functions import DeployedFunction, FunctionSummary
    from carto_at_installer.aws.roles import Role
    from carto_at_installer.core.releases import Installation, RecordedObject, Release
    from carto_at_installer.sql.aside import SetAside

_SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What is there of all resources that kept releases name, and who else uses them.

    `all_functions` are all Lambda functions of the region. `mark` is the tag key of this installation.
    """

    cluster: str
    mark: str
    functions: Mapping[str, DeployedFunction | None]
    layers: Mapping[str, bool]
    roles: Mapping[str, Role | None]
    log_group: str
    attached: frozenset[str]
    all_functions: tuple[FunctionSummary, ...]
    aside: tuple[SetAside, ...] = ()


def recorded_resources(releases: Iterable[Release]) -> Resources:
    """Everything that releases may have made, together. Functions are keyed by their own names."""
    functions: dict[str, str] = {}
    layers: dict[str, None] = {}
    roles: dict[str, None] = {}
    attached = log_group = ""
    for release in releases:
        functions |= {name: name for name in release.resources.functions.values()}
        layers |= dict.fromkeys(release.resources.layers)
        roles |= dict.fromkeys(release.resources.roles)
        attached = attached or release.resources.attached_role
        log_group = log_group or release.resources.log_group
    return Resources(functions, tuple(layers), tuple(roles), attached, log_group)


def plan_uninstall(
    schema: str,
    version: str,
    installation: Installation,
    left: Leftovers,
    *,
    keep_lambdas: bool = False,
) -> s.Plan:
    """Drop the SQL objects first, so that no query meets a missing Lambda; the record of it all goes last."""
    drops = list(drop_steps(installation.objects))
    drops += put_back_steps(left.aside, tuple(step.key for step in drops))
    cloud = (
        [] if keep_lambdas else list(_cloud_steps(installation, left, tuple(d.key for d in drops)))
    )
    last = s.Step(
        "state",
        s.DropState(schema),
        f"Drop the release tables, and schema {schema} if nothing else is in it",
        (_SCHEMA, *(step.key for step in (*drops, *cloud))),
    )
    return s.Plan(
        schema=schema,
        version=version,
        command="uninstall",
        release=installation.next_number,
        steps=(_first(schema), *(_after(step, _SCHEMA) for step in (*drops, *cloud)), last),
        options={**_options(installation), "keep_lambdas": str(keep_lambdas).lower()},
        resources=Resources(),
        ends=True,
        seen=installation.mark,
    )


def _options(installation: Installation) -> Mapping[str, str]:
    """How what is removed was made, so that a removal that stops half-way can be taken back."""
    release = installation.current or installation.unfinished
    return release.options if release else {}


def _first(schema: str) -> s.Step:
    return s.Step(_SCHEMA, s.PrepareSchema(schema), f"Write the plan into schema {schema}")


def _after(step: s.Step, *keys: str) -> s.Step:
    return s.Step(step.key, step.action, step.summary, (*keys, *step.after))


def drop_steps(objects: Sequence[RecordedObject]) -> Iterator[s.Step]:
    """Drop SQL objects, one module after the other."""
    previous: tuple[str, ...] = ()
    for module in sorted({o.module for o in objects}, reverse=True):
        gone = tuple(o for o in objects if o.module == module)
        for number, end in enumerate(range(len(gone), 0, -OBJECTS_A_BATCH), 1):
            drops = gone[max(end - OBJECTS_A_BATCH, 0) : end]
            key = f"sql:{module}:{number}" if len(gone) > OBJECTS_A_BATCH else f"sql:{module}"
            action = s.ApplyModule(ModuleSql(module, (), "", ""), (), drops)
            noun = "SQL function" if len(drops) == 1 else "SQL functions"
            yield s.Step(key, action, f"Drop {len(drops)} {noun} of {module}", previous)
            previous = (key,)


def put_back_steps(found: Sequence[SetAside], after: tuple[str, ...]) -> Iterator[s.Step]:
    """Give functions of others their names back, once ours are gone."""
    if found:
        noun = "function" if len(found) == 1 else "functions"
        summary = f"Give {len(found)} {noun} of others, set aside by adopt, the old names"
        yield s.Step("put-back", s.PutBack(tuple(found)), summary, after)


def adoptions(releases: Iterable[Release]) -> tuple[int, ...]:
    """The numbers of the releases that may have set functions of others aside."""
    return tuple(sorted(r.number for r in releases if r.command == "adopt"))


def _cloud_steps(
    installation: Installation, left: Leftovers, after: tuple[str, ...]
) -> Iterator[s.Step]:
    resources = recorded_resources(installation.kept)
    functions = list(_function_steps(resources.functions, left, after))
    yield from functions
    gone = {step.action.name for step in functions if isinstance(step.action, s.DeleteFunction)}
    stay = [f for f in left.all_functions if f.name not in gone]
    keys = tuple(step.key for step in functions)
    yield from _layer_steps(resources.layers, left, stay, (*after, *keys))
    yield from _role_steps(resources, left, (*after, *keys))
    group = resources.log_group
    if left.log_group == group and group and not any(f.log_group == group for f in stay):
        yield s.Step(
            "log-group", s.DeleteLogGroup(group), f"Delete log group {group}", (*after, *keys)
        )


def _function_steps(
    names: Iterable[str], left: Leftovers, after: tuple[str, ...]
) -> Iterator[s.Step]:
    for name in names:
        found = left.functions.get(name)
        if found is None or not ours(found.tags):
            continue
        key = f"function:{name}"
        if other_marks(found.tags, left.mark):
            if left.mark in found.tags:
                action = s.UntagFunction(found.arn, name, (left.mark,))
                yield s.Step(key, action, f"Leave Lambda function {name} to its other users", after)
        else:
            yield s.Step(key, s.DeleteFunction(name), f"Delete Lambda function {name}", after)


def _layer_steps(
    names: Iterable[str], left: Leftovers, stay: list[FunctionSummary], after: tuple[str, ...]
) -> Iterator[s.Step]:
    for name in names:
        used = any(f":layer:{name}:" in layer for f in stay for layer in f.layers)
        if left.layers.get(name) and not used:
            yield s.Step(f"layer:{name}", s.DeleteLayer(name), f"Delete layer {name}", after)


def _role_steps(resources: Resources, left: Leftovers, after: tuple[str, ...]) -> Iterator[s.Step]:
    for name in resources.roles:
        role = left.roles.get(name)
        if role is None or not ours(role.tags):
            continue
        others = other_marks(role.tags, left.mark)
        detach: tuple[str, ...] = ()
        if role.arn in left.attached and not installations_on(role.tags, others, left.cluster):
            detach = (f"detach:{name}",)
            summary = f"Detach role {name} from {left.cluster}"
            yield s.Step(detach[0], s.DetachRole(role.arn), summary, after)
        key = f"role:{name}"
        if not others:
            yield s.Step(key, s.DeleteRole(name), f"Delete role {name}", (*after, *detach))
        elif left.mark in role.tags:
            summary = f"Leave role {name} to its other users"
            yield s.Step(key, s.UntagRole(name, (left.mark,)), summary, (*after, *detach))


def prunable(installation: Installation, keep: int) -> tuple[Release, ...]:
    """The releases whose Lambda functions nobody will go back to: all but the current one and `keep - 1` before it.

    A release whose functions SQL objects still call stays too: a later one has replaced only a part of it.
    """
    if installation.current is None:
        return ()
    older = [
        release
        for release in installation.kept
        if release.number < installation.current.number and release.state == "superseded"
    ]
    stopped = [
        release
        for release in installation.kept
        if release.number < installation.current.number and release.state != "superseded"
    ]
    old = (*older[max(keep - 1, 0) :], *stopped)
    known = recorded_resources(r for r in installation.kept if r not in old).functions
    called = {o.lambda_name for o in installation.objects} - set(known)
    return tuple(r for r in old if called.isdisjoint(r.resources.functions.values()))


def _drop_aside_steps(found: Iterable[SetAside], old: Iterable[Release]) -> Iterator[s.Step]:
    """Drop what was set aside for releases that cannot be gone back to any more."""
    numbers = adoptions(old)
    gone = tuple(each for each in found if each.release in numbers)
    if gone:
        noun = "function" if len(gone) == 1 else "functions"
        yield s.Step(
            "aside", s.DropAside(gone), f"Drop {len(gone)} {noun} of others, set aside by adopt"
        )


def plan_prune(schema: str, installation: Installation, left: Leftovers, keep: int) -> s.Plan:
    """Delete the Lambda functions and layers that only prunable releases used."""
    old = prunable(installation, keep)
    needed = recorded_resources(r for r in installation.kept if r not in old)
    gone = recorded_resources(old)
    used = set(needed.functions) | {o.lambda_name for o in installation.objects}
    functions = list(_function_steps([n for n in gone.functions if n not in used], left, ()))
    deleted = {step.action.name for step in functions if isinstance(step.action, s.DeleteFunction)}
    stay = [f for f in left.all_functions if f.name not in deleted]
    unneeded = [name for name in gone.layers if name not in needed.layers]
    layers = list(_layer_steps(unneeded, left, stay, tuple(step.key for step in functions)))
    forget: list[s.Step] = []
    if old:
        numbers = tuple(sorted(release.number for release in old))
        after = tuple(step.key for step in (*functions, *layers))
        forget = list(_drop_aside_steps(left.aside, old))
        summary = f"Note that release {', '.join(map(str, numbers))} cannot be gone back to"
        forget.append(s.Step("forget", s.ForgetReleases(numbers), summary, after))
    version = installation.current.version if installation.current else ""
    return s.Plan(
        schema=schema,
        version=version,
        command="prune",
        release=0,
        steps=(*functions, *layers, *forget),
        options={},
        resources=Resources(),
        seen=installation.mark,
    )
