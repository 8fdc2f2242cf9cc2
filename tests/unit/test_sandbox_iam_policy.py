from __future__ import annotations

from typing import Any

import pytest

from carto_at_installer.sandbox.iam_policy import (
    Decision,
    Question,
    UnknownConditionError,
    decide,
    decide_within,
    missing_context,
    trusts,
)

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:carto-at-redshift-quadbin-1a2b3c4d"
ASK = Question("lambda:InvokeFunction", FUNCTION)


def policy(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({"Action": "lambda:InvokeFunction", "Resource": FUNCTION}, True),
        ({"Action": "LAMBDA:invokefunction", "Resource": "*"}, True),
        (
            {
                "Action": ["s3:*", "lambda:Invoke*"],
                "Resource": ["x", "arn:aws:lambda:*:*:function:*redshift*"],
            },
            True,
        ),
        ({"Action": "lambda:Invoke?unction", "Resource": FUNCTION[:-1] + "?"}, True),
        ({"Action": "lambda:InvokeFunction", "Resource": FUNCTION.upper()}, False),
        ({"Action": "lambda:InvokeFunctio", "Resource": "*"}, False),
        ({"Action": "lambda:*", "Resource": FUNCTION + ":*"}, False),
        ({"NotAction": "s3:*", "Resource": "*"}, True),
        ({"NotAction": "lambda:*", "Resource": "*"}, False),
        ({"Action": "*", "NotResource": "arn:aws:lambda:*:*:function:carto-*"}, False),
        ({"Action": "*", "NotResource": "arn:aws:s3:::*"}, True),
        ({"Action": "*"}, False),
    ],
)
def test_actions_and_resources(statement: dict[str, Any], allowed: bool) -> None:  # noqa: FBT001
    expected = Decision.ALLOWED if allowed else Decision.IMPLICIT_DENY
    assert decide([policy(**statement)], ASK) is expected


def test_a_deny_wins_over_every_allow() -> None:
    deny = policy(Effect="Deny", Action="lambda:*", Resource="*quadbin*")
    allow = policy(Action="*", Resource="*")
    assert decide([allow, deny], ASK) is Decision.EXPLICIT_DENY
    assert decide([deny, allow], ASK) is Decision.EXPLICIT_DENY
    assert decide([], ASK) is Decision.IMPLICIT_DENY


def test_a_boundary_limits() -> None:
    everything = policy(Action="*", Resource="*")
    assert (
        decide_within([everything], policy(Action="s3:*", Resource="*"), ASK)
        is Decision.IMPLICIT_DENY
    )
    assert (
        decide_within([everything], policy(Action="lambda:*", Resource="*"), ASK)
        is Decision.ALLOWED
    )
    assert decide_within([], everything, ASK) is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("condition", "context", "allowed"),
    [
        (
            {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            "lambda.amazonaws.com",
            True,
        ),
        (
            {"StringEquals": {"iam:PassedToService": ["a", "lambda.amazonaws.com"]}},
            "lambda.amazonaws.com",
            True,
        ),
        ({"StringEquals": {"iam:PassedToService": "a"}}, "lambda.amazonaws.com", False),
        ({"StringEquals": {"iam:PassedToService": "a"}}, None, False),
        ({"StringEqualsIfExists": {"iam:PassedToService": "a"}}, None, True),
        ({"StringNotEquals": {"iam:PassedToService": "a"}}, "b", True),
        ({"StringNotEquals": {"iam:PassedToService": "a"}}, "a", False),
        ({"StringNotEquals": {"iam:PassedToService": "a"}}, None, True),
        ({"StringLike": {"IAM:passedtoservice": "*.amazonaws.com"}}, "lambda.amazonaws.com", True),
        (
            {"ArnLike": {"iam:PassedToService": "arn:aws:iam::*:role/x"}},
            "arn:aws:iam::1:role/x",
            True,
        ),
        ({"Bool": {"iam:PassedToService": True}}, "true", True),
        ({"Null": {"iam:PassedToService": "true"}}, None, True),
        ({"Null": {"iam:PassedToService": "true"}}, "x", False),
        (
            {"StringEquals": {"iam:PassedToService": "a"}, "Bool": {"iam:PassedToService": "true"}},
            "a",
            False,
        ),
    ],
)
def test_conditions(condition: dict[str, Any], context: str | None, allowed: bool) -> None:  # noqa: FBT001
    given = {} if context is None else {"iam:passedtoservice": (context,)}
    question = Question("iam:PassRole", "r", given)
    found = decide([policy(Action="iam:*", Resource="*", Condition=condition)], question)
    assert (found is Decision.ALLOWED) is allowed


def test_unknown_conditions_are_named() -> None:
    strange = policy(Action="*", Resource="*", Condition={"BinaryEquals": {"aws:CurrentTime": "x"}})
    with pytest.raises(UnknownConditionError, match=r"BinaryEquals \(on aws:CurrentTime\)"):
        decide([strange], ASK)
    elsewhere = policy(
        Action="s3:*", Resource="*", Condition={"BinaryEquals": {"aws:CurrentTime": "x"}}
    )
    assert decide([elsewhere], ASK) is Decision.IMPLICIT_DENY


def test_missing_context_is_listed() -> None:
    passing = policy(
        Action="iam:PassRole",
        Resource="*",
        Condition={"StringEquals": {"iam:PassedToService": "a"}},
    )
    assert missing_context([passing], Question("iam:PassRole", "r")) == ["iam:PassedToService"]
    assert missing_context([passing], ASK) == []


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        ({"Service": "lambda.amazonaws.com"}, True),
        ({"Service": ["redshift.amazonaws.com", "lambda.amazonaws.com"]}, True),
        ({"Service": "redshift.amazonaws.com"}, False),
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
    ],
)
def test_trust_of_a_service(principal: Any, trusted: bool) -> None:  # noqa: FBT001
    document = policy(Principal=principal, Action="sts:AssumeRole")
    assert trusts(document, "lambda.amazonaws.com") is trusted
    assert not trusts(policy(Principal=principal, Action="sts:TagSession"), "lambda.amazonaws.com")


def test_trust_of_an_arn() -> None:
    role = "arn:aws:iam::123456789012:role/invoke"
    for named in (role, "123456789012", "arn:aws:iam::123456789012:root"):
        assert trusts(policy(Principal={"AWS": named}, Action="sts:*"), role)
    assert not trusts(policy(Principal={"AWS": role + "x"}, Action="sts:*"), role)


def test_a_single_statement_may_stand_without_a_list() -> None:
    document = {"Statement": {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}}
    assert decide([document], ASK) is Decision.ALLOWED
