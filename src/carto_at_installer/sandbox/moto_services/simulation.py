"""`iam:SimulatePrincipalPolicy`, which moto does not have: the policy evaluator behind IAM's own question."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.iam_policy import (
    Decision,
    Question,
    UnknownConditionError,
    decide,
    decide_within,
    deciding,
    missing_context,
)
from carto_at_installer.sandbox.moto_services.principals import Source

if TYPE_CHECKING:
    from carto_at_installer.sandbox.moto_services.directory import Directory
    from carto_at_installer.sandbox.moto_services.principals import Principal
    from carto_at_installer.sandbox.services import Call

_KNOWN = frozenset(
    {
        "PolicySourceArn", "PolicyInputList", "PermissionsBoundaryPolicyInputList", "ActionNames",
        "ResourceArns", "ContextEntries", "MaxItems", "Marker",
    }
)  # fmt: skip
_PAGE = 100


class Simulation:
    """Answers `SimulatePrincipalPolicy` for users, groups and roles; `directory` looks them up."""

    def __init__(self, directory: Any) -> None:
        self._directory = directory

    def simulate(self, request: dict[str, Any], _call: Call) -> dict[str, Any]:
        """One result for each action and resource, 100 a page unless MaxItems says otherwise."""
        unsupported = sorted(request.keys() - _KNOWN)
        if unsupported:
            raise AwsServiceError(
                "InvalidInput", f"The sandbox does not emulate {', '.join(unsupported)}"
            )
        principal = _with_inputs(self._principal(request["PolicySourceArn"]), request)
        context = _own_context(principal) | {
            entry["ContextKeyName"].lower(): tuple(entry.get("ContextKeyValues") or ())
            for entry in request.get("ContextEntries") or []
        }
        questions = [
            Question(action, resource, context)
            for action in request["ActionNames"]
            for resource in request.get("ResourceArns") or ["*"]
        ]
        asked, marker = _page(questions, request)
        answer: dict[str, Any] = {
            "EvaluationResults": [_result(principal, question) for question in asked],
            "IsTruncated": marker is not None,
        }
        return answer if marker is None else {**answer, "Marker": marker}

    def _principal(self, text: str) -> Principal:
        arn = unquote(text)
        directory: Directory = self._directory()
        kind = arn.partition("/")[0].rpartition(":")[2]
        find = {"role": directory.role, "user": directory.user, "group": directory.group}.get(kind)
        if find is None:
            raise AwsServiceError(
                "InvalidInput", f"Invalid Entity Arn: {arn} is no user, group or role"
            )
        found = find(arn)
        if found is None:
            raise AwsServiceError(
                "NoSuchEntity", f"The {kind} with ARN {arn} cannot be found.", 404
            )
        return found


def _with_inputs(principal: Principal, request: dict[str, Any]) -> Principal:
    """The principal with further policies, and another boundary, that a request brings."""
    given = [_document(text) for text in request.get("PolicyInputList") or []]
    sources = [Source(f"PolicyInputList.{number}", "none") for number, _ in enumerate(given, 1)]
    boundaries = [_document(t) for t in request.get("PermissionsBoundaryPolicyInputList") or []]
    return replace(
        principal,
        policies=(*principal.policies, *given),
        sources=(*principal.sources, *sources),
        boundary=boundaries[0] if boundaries else principal.boundary,
    )


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise AwsServiceError("InvalidInput", f"A policy is not JSON: {error}") from error


def _page(questions: list[Question], request: dict[str, Any]) -> tuple[list[Question], str | None]:
    marker = request.get("Marker") or "0"
    if not marker.isdecimal():
        raise AwsServiceError("InvalidInput", f"Invalid Marker: {marker}")
    start = int(marker)
    end = start + (request.get("MaxItems") or _PAGE)
    return questions[start:end], str(end) if end < len(questions) else None


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
        "MatchedStatements": [
            {"SourcePolicyId": source.id, "SourcePolicyType": source.type}
            for source in (principal.sources[n] for n in deciding(principal.policies, question))
        ],
        "MissingContextValues": missing_context(principal.policies, question),
    }
    if principal.boundary is not None:
        within = decide([principal.boundary], question) is Decision.ALLOWED
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
    return result
