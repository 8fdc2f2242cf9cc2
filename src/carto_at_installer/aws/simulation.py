"""Asks IAM whether a principal may do something, without doing it.

`SimulatePrincipalPolicy` looks at the identity policies of a user or role with their permissions boundary and most
service control policies, not at resource policies, session policies or conditional service control policies: its answer
is advice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.aws.failures import translated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carto_at_installer.aws.session import AwsSession
    from carto_at_installer.core.target import Identity

_ACTIONS_A_CALL = 50


@dataclass(frozen=True, slots=True)
class Question:
    """Whether an action may be done to resources; `context` are condition keys with their values."""

    action: str
    resources: tuple[str, ...]
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An action that IAM would refuse on a resource. `certain` is false when a condition's value was not known."""

    action: str
    resource: str
    reason: str
    certain: bool


def principal_arn(session: AwsSession, identity: Identity) -> str | None:
    """The ARN of the user or role behind the caller, with its path; None for the root user and federated users.

    The session of a role names it without its path, which IAM must be asked for. Raises TargetError when IAM refuses.
    """
    kind, _, rest = identity.arn.split(":", 5)[5].partition("/")
    if kind == "user":
        return identity.arn
    if kind != "assumed-role":
        return None
    name = rest.partition("/")[0]
    with translated(f"look at the role {name}"):
        return str(session.client("iam").get_role(RoleName=name)["Role"]["Arn"])


def simulate(
    session: AwsSession, principal: str, questions: Sequence[Question]
) -> tuple[Refusal, ...]:
    """What IAM would refuse of `questions`. Raises TargetError when it may not be asked."""
    grouped: dict[tuple[Any, ...], list[Question]] = {}
    for question in questions:
        grouped.setdefault(
            (question.resources, tuple(sorted(question.context.items()))), []
        ).append(question)
    refusals: list[Refusal] = []
    for (resources, context), together in grouped.items():
        actions = sorted({question.action for question in together})
        for start in range(0, len(actions), _ACTIONS_A_CALL):
            refusals += _ask(
                session,
                principal,
                actions[start : start + _ACTIONS_A_CALL],
                resources,
                dict(context),
            )
    return tuple(refusals)


def _ask(
    session: AwsSession,
    principal: str,
    actions: list[str],
    resources: tuple[str, ...],
    context: Mapping[str, str],
) -> list[Refusal]:
    request: dict[str, Any] = {
        "PolicySourceArn": principal,
        "ActionNames": actions,
        "ResourceArns": list(resources),
        "ContextEntries": [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in context.items()
        ],
    }
    results: list[dict[str, Any]] = []
    with translated(f"ask IAM what {principal} may do"):
        while True:
            answer = session.client("iam").simulate_principal_policy(**request)
            results += answer["EvaluationResults"]
            if not answer.get("IsTruncated"):
                break
            request["Marker"] = answer["Marker"]
    return [_refusal(result) for result in results if result["EvalDecision"] != "allowed"]


def _refusal(result: dict[str, Any]) -> Refusal:
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    organization = result.get("OrganizationsDecisionDetail", {})
    if organization.get("AllowedByOrganizations") is False:
        reason = "a policy of the organization forbids it"
    elif boundary.get("AllowedByPermissionsBoundary") is False:
        reason = "the permissions boundary does not allow it"
    elif result["EvalDecision"] == "explicitDeny":
        reason = "a policy denies it"
    else:
        reason = "no policy allows it"
    certain = not result.get("MissingContextValues")
    return Refusal(result["EvalActionName"], result["EvalResourceName"], reason, certain)


def role_may_invoke(
    session: AwsSession, role_arn: str, function_arns: Sequence[str]
) -> tuple[Refusal, ...]:
    """The functions that a role may not invoke, as far as its own policies say."""
    return simulate(session, role_arn, [Question("lambda:InvokeFunction", tuple(function_arns))])
