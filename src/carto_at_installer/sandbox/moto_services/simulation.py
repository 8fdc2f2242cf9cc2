"""`iam:SimulatePrincipalPolicy`, which moto does not have: the policy evaluator behind IAM's own question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.iam_policy import (
    Decision,
    Question,
    UnknownConditionError,
    decide,
    decide_within,
    missing_context,
)

if TYPE_CHECKING:
    from carto_at_installer.sandbox.moto_services.directory import Directory, Principal
    from carto_at_installer.sandbox.services import Call

_KNOWN = frozenset({"PolicySourceArn", "ActionNames", "ResourceArns", "ContextEntries", "MaxItems"})


class Simulation:
    """Answers `SimulatePrincipalPolicy` for users and roles; `directory` looks them up."""

    def __init__(self, directory: Any) -> None:
        self._directory = directory

    def simulate(self, request: dict[str, Any], _call: Call) -> dict[str, Any]:
        """One result for each action and resource, never truncated."""
        unsupported = sorted(request.keys() - _KNOWN)
        if unsupported:
            raise AwsServiceError(
                "InvalidInput", f"The sandbox does not emulate {', '.join(unsupported)}"
            )
        principal = self._principal(request["PolicySourceArn"])
        context = _own_context(principal) | {
            entry["ContextKeyName"].lower(): tuple(entry.get("ContextKeyValues") or ())
            for entry in request.get("ContextEntries") or []
        }
        questions = [
            Question(action, resource, context)
            for action in request["ActionNames"]
            for resource in request.get("ResourceArns") or ["*"]
        ]
        return {
            "EvaluationResults": [_result(principal, question) for question in questions],
            "IsTruncated": False,
        }

    def _principal(self, text: str) -> Principal:
        arn = unquote(text)
        directory: Directory = self._directory()
        kind = arn.partition("/")[0].rpartition(":")[2]
        found = {"role": directory.role, "user": directory.user}.get(kind, lambda _: None)(arn)
        if kind not in {"role", "user"}:
            raise AwsServiceError("InvalidInput", f"Invalid Entity Arn: {arn} is no user or role")
        if found is None:
            raise AwsServiceError(
                "NoSuchEntity", f"The {kind} with ARN {arn} cannot be found.", 404
            )
        return found


def _own_context(principal: Principal) -> dict[str, tuple[str, ...]]:
    """What is known of the principal itself."""
    context: dict[str, tuple[str, ...]] = {"aws:principalarn": (principal.arn,)}
    if principal.trust is None:
        context |= {"aws:username": (principal.name,), "aws:userid": (principal.id,)}
    return context


def _result(principal: Principal, question: Question) -> dict[str, Any]:
    try:
        decision = decide_within(principal.policies, principal.boundary, question)
    except UnknownConditionError as error:
        raise AwsServiceError("PolicyEvaluation", str(error), 500) from error
    result: dict[str, Any] = {
        "EvalActionName": question.action,
        "EvalResourceName": question.resource,
        "EvalDecision": decision.value,
        "MatchedStatements": [],
        "MissingContextValues": missing_context(principal.policies, question),
    }
    if principal.boundary is not None:
        within = decide([principal.boundary], question) is Decision.ALLOWED
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
    return result
