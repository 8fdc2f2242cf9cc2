"""Decides whether IAM policies allow an action: explicit deny, then allow, else implicit deny.

Knows Effect, Action/NotAction, Resource/NotResource, Principal (services, accounts, ARNs) and the common condition
operators. A condition it does not know makes it refuse to decide: UnknownConditionError names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Document = Mapping[str, Any]


class UnknownConditionError(Exception):
    """A condition operator that is not emulated."""


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
        if named and _action_matches(statement, question) and _conditions_met(statement, question):
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
        and _conditions_met(statement, question)
    )


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
        return not any(_like(item.lower(), action) for item in _list(statement["NotAction"]))
    return any(_like(item.lower(), action) for item in _list(statement.get("Action", [])))


def _resource_matches(statement: Document, question: Question) -> bool:
    if "NotResource" in statement:
        return not any(_like(item, question.resource) for item in _list(statement["NotResource"]))
    return any(_like(item, question.resource) for item in _list(statement.get("Resource", [])))


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


def _like(pattern: str, text: str) -> bool:
    """AWS's wildcards: `*` any characters, `?` one."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _conditions_met(statement: Document, question: Question) -> bool:
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            if not _condition_met(operator, key, _list_of_any(wanted), question):
                return False
    return True


def _list_of_any(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _equals(pattern: str, text: str) -> bool:
    return pattern == text


def _equals_ignoring_case(pattern: str, text: str) -> bool:
    return pattern.lower() == text.lower()


_OPERATORS = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equals_ignoring_case,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def _condition_met(operator: str, key: str, wanted: list[str], question: Question) -> bool:
    base = operator.removesuffix("IfExists")
    values = question.context.get(key.lower())
    if base == "Null":
        return (values is None) == (wanted == ["true"])
    positive = _NEGATED.get(base, base)
    if positive not in _OPERATORS:
        raise UnknownConditionError(
            f"the condition operator {operator} (on {key}) is not emulated by the sandbox"
        )
    if values is None:
        return base != positive or operator.endswith("IfExists")
    matches = any(_OPERATORS[positive](item, value) for item in wanted for value in values)
    return matches == (base == positive)
