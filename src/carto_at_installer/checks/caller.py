"""Checks of the caller's own IAM permissions: IAM is asked about exactly the actions and resources of the plan.

IAM's simulation knows identity policies, boundaries and most organization policies. Where it may not be asked, or a
condition's value is not known, the answer is unknown or a warning, never a failure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carto_at_installer.aws.simulation import Question, Refusal, principal_arn, simulate
from carto_at_installer.checks.outcome import (
    Answer,
    Check,
    Plane,
    failed,
    passed,
    skipped,
    unknown,
    warned,
)
from carto_at_installer.core.errors import TargetError
from carto_at_installer.plan.access import Access, Place
from carto_at_installer.plan.calls import calls_of
from carto_at_installer.plan.permissions import On, Only, Permission, purpose_of
from carto_at_installer.plan.steps import AttachRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from carto_at_installer.checks.facts import Facts
    from carto_at_installer.plan.resources import DesiredState

_OWN = "AIDAEXAMPLE"
_CONTEXT = {
    None: {},
    Only.OWN_STATEMENTS: {"redshift-data:statement-owner-iam-userid": _OWN, "aws:userid": _OWN},
    Only.OWN_SESSIONS: {"redshift-data:session-owner-iam-userid": _OWN, "aws:userid": _OWN},
    Only.TO_LAMBDA: {"iam:PassedToService": "lambda.amazonaws.com"},
    Only.TO_REDSHIFT: {"iam:PassedToService": "redshift.amazonaws.com"},
}
_PASS = "iam:PassRole"  # noqa: S105 - an action, not a password
_SHOWN = 6


def access_of(facts: Facts) -> Access:
    """The access that this plan needs."""
    target = facts.target
    place = Place(
        facts.identity.partition,
        facts.identity.account,
        facts.identity.region,
        workgroup_arn=target.arn,
        namespace_arn=target.namespace_arn,
        attached_roles=tuple(target.roles),
    )
    attaching = any(isinstance(step.action, AttachRole) for step in facts.plan.steps)
    functions = bool(facts.desired.functions)
    return Access(place, facts.options, functions=functions, attaching=attaching)


def check_permissions(facts: Facts) -> Answer:
    """Whether the caller may do all that the plan needs, passing roles aside."""
    return _ask(facts, lambda action: action != _PASS)


def check_passing(facts: Facts) -> Answer:
    """Whether the caller may hand roles to Lambda and Redshift."""
    return _ask(facts, lambda action: action == _PASS)


def _ask(facts: Facts, chosen: object) -> Answer:
    access = access_of(facts)
    needed = [
        (permission, action)
        for permission, action in _needed(facts, access)
        if callable(chosen) and chosen(action)
    ]
    if not needed:
        return skipped("this plan needs none")
    try:
        principal = principal_arn(facts.session, facts.identity)
        if principal is None:
            return unknown(f"IAM cannot be asked about {facts.identity.arn}")
        questions = [_question(facts, access, *each) for each in needed]
        refusals = simulate(facts.session, principal, questions)
    except TargetError as error:
        return unknown(f"IAM cannot be asked: {error.message}", _ADVICE)
    return judge_refusals(refusals, access, len({action for _, action in needed}))


_ADVICE = (
    "This does not stop an installation. To have permissions checked beforehand, allow "
    "iam:SimulatePrincipalPolicy and iam:GetRole (see `carto-at policy`)."
)


def _needed(facts: Facts, access: Access) -> Iterator[tuple[Permission, str]]:
    calls = calls_of(facts.desired, facts.plan.steps)
    for permission in access.permissions():
        for action, callers in permission.actions.items():
            if calls.intersection(callers):
                yield permission, action


def _question(facts: Facts, access: Access, permission: Permission, action: str) -> Question:
    exact = _exact_resources(facts.desired, access).get(permission.on)
    context = {**_CONTEXT[permission.only], "aws:RequestedRegion": facts.identity.region}
    return Question(action, exact or access.resources_of(permission.on), context)


def _exact_resources(desired: DesiredState, access: Access) -> dict[On, tuple[str, ...]]:
    """The things of this plan, where a policy names a pattern."""
    place, group = access.place, desired.log_group.name
    layer = f"layer:{desired.layer.name}" if desired.layer else ""
    exact = {
        On.FUNCTIONS: [place.arn("lambda", f"function:{f.name}") for f in desired.functions],
        On.LAYERS: [place.arn("lambda", layer)] if layer else [],
        On.LAYER_VERSIONS: [place.arn("lambda", f"{layer}:1")] if layer else [],
        On.LOG_GROUP: [place.arn("logs", f"log-group:{group}:log-stream:")],
        On.LOG_GROUPS: [place.arn("logs", "log-group::log-stream:")],
    }
    return {on: tuple(arns) for on, arns in exact.items()}


def judge_refusals(refusals: Iterable[Refusal], access: Access, asked: int) -> Answer:
    """What the answers of IAM mean for an installation."""
    refused = list(refusals)
    if not refused:
        return passed(
            "IAM allows the one action that is needed"
            if asked == 1
            else f"IAM allows all {asked} actions that are needed"
        )
    certain = [refusal for refusal in refused if refusal.certain]
    lines = [
        f"{action}: {reason}; without it carto-at cannot {purpose_of(action)}"
        for action, reason in {r.action: r.reason for r in certain or refused}.items()
    ]
    more = len(lines) - _SHOWN
    text = "\n".join([*lines[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
    if not certain:
        return warned(f"IAM may not allow all, conditions were not known:\n{text}")
    return failed(text, _missing_policy(access, {refusal.action for refusal in certain}))


def _missing_policy(access: Access, actions: set[str]) -> str:
    """The statements that would allow what is missing."""
    statements = [
        {**access.statement(permission), "Action": lacking}
        for permission in access.permissions()
        if (lacking := sorted(actions & permission.actions.keys()))
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    return "Have this policy attached (all that is needed: `carto-at policy`):\n" + json.dumps(
        policy, separators=(",", ":")
    )


CHECKS = (
    Check("Permissions", Plane.CALLER, check_permissions, ("identity", "target", "plan")),
    Check("Passing roles", Plane.CALLER, check_passing, ("identity", "target", "plan")),
)
