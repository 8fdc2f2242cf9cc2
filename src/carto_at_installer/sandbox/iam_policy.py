"""Decides whether IAM policies allow an action: explicit deny, then allow, else implicit deny.

Knows Effect, Action/NotAction, Resource/NotResource, Principal (services, accounts, ARNs), policy variables
(`${aws:username}`) and the conditions of `iam_conditions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from carto_at_installer.sandbox.iam_conditions import UnknownConditionError, like, met

__all__ = [
    "Decision",
    "Question",
    "UnknownConditionError",
    "applies",
    "decide",
    "decide_within",
    "deciding",
    "missing_context",
    "statements",
    "trusts",
]

Document = Mapping[str, Any]


class Decision(StrEnum):
    """The outcomes, named as `iam:SimulatePrincipalPolicy` names them."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, slots=True)
class Question:
    """May this be done? `context` holds condition keys in lower case (`iam:passedtoservice`) with their values."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def decide(documents: Iterable[Document], question: Question) -> Decision:
    """What a set of identity policies says. Raises UnknownConditionError."""
    decision = Decision.IMPLICIT_DENY
    for statement in (item for document in documents for item in statements(document)):
        if not applies(statement, question):
            continue
        if statement.get("Effect") == "Deny":
            return Decision.EXPLICIT_DENY
        decision = Decision.ALLOWED
    return decision


def decide_within(
    documents: Iterable[Document], boundary: Document | None, question: Question
) -> Decision:
    """As `decide`, limited by a permissions boundary."""
    decision = decide(documents, question)
    if decision is Decision.ALLOWED and boundary is not None:
        return decide([boundary], question)
    return decision


def trusts(
    trust: Document, principal: str, context: Mapping[str, tuple[str, ...]] | None = None
) -> bool:
    """Whether a trust policy lets `principal` (a service such as `lambda.amazonaws.com`, or an ARN) assume the role.

    Raises UnknownConditionError.
    """
    question = Question("sts:AssumeRole", "*", context or {})
    allowed = False
    for statement in statements(trust):
        named = _principal_named(statement, principal)
        if (
            named
            and _action_matches(statement, question)
            and met(statement.get("Condition", {}), question.context)
        ):
            if statement.get("Effect") == "Deny":
                return False
            allowed = True
    return allowed


def statements(document: Document) -> list[Document]:
    """The statements of a policy document; a single one may stand without a list."""
    found = document.get("Statement", [])
    return [found] if isinstance(found, Mapping) else list(found)


def applies(statement: Document, question: Question) -> bool:
    """Whether a statement speaks of the action and resource, and its conditions are met."""
    return (
        _action_matches(statement, question)
        and _resource_matches(statement, question)
        and met(statement.get("Condition", {}), question.context)
    )


def deciding(documents: Iterable[Document], question: Question) -> list[int]:
    """The positions of the documents whose statements decide: those that deny, or else those that allow."""
    effects: dict[str, list[int]] = {"Deny": [], "Allow": []}
    for position, document in enumerate(documents):
        for statement in statements(document):
            if applies(statement, question):
                effects[str(statement.get("Effect"))].append(position)
    return effects["Deny"] or effects["Allow"]


def missing_context(documents: Iterable[Document], question: Question) -> list[str]:
    """The condition keys that statements on this action and resource ask for and the context does not give."""
    keys = {
        key
        for document in documents
        for statement in statements(document)
        if _action_matches(statement, question) and _resource_matches(statement, question)
        for wanted in statement.get("Condition", {}).values()
        for key in wanted
    }
    return sorted(key for key in keys if key.lower() not in question.context)


def _action_matches(statement: Document, question: Question) -> bool:
    action = question.action.lower()
    if "NotAction" in statement:
        return not any(like(item.lower(), action) for item in _list(statement["NotAction"]))
    return any(like(item.lower(), action) for item in _list(statement.get("Action", [])))


def _resource_matches(statement: Document, question: Question) -> bool:
    if "NotResource" in statement:
        return not any(
            like(item, question.resource, question.context)
            for item in _list(statement["NotResource"])
        )
    return any(
        like(item, question.resource, question.context)
        for item in _list(statement.get("Resource", []))
    )


def _principal_named(statement: Document, principal: str) -> bool:
    named = statement.get("Principal", {})
    if named == "*":
        return True
    for kind, values in named.items():
        for value in _list(values):
            if value in {"*", principal}:
                return True
            if kind == "AWS" and principal.startswith("arn:"):
                account = principal.split(":")[4]
                if value == account or value.endswith(f"::{account}:root"):
                    return True
    return False


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
