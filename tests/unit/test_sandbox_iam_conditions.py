from __future__ import annotations

from typing import Any

import pytest

from carto_at_installer.sandbox.iam_conditions import UnknownConditionError, like, met

CONTEXT = {
    "aws:username": ("ann*",),
    "aws:sourceip": ("10.1.2.3",),
    "aws:currenttime": ("2026-11-23T08:00:00+00:00",),
    "aws:tagkeys": ("team", "cost"),
    "some:number": ("12",),
    "some:empty": (),
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("NumericLessThan", "some:number", "100", True),
        ("NumericGreaterThanEquals", "some:number", 12, True),
        ("NumericNotEquals", "some:number", ["11", "12"], False),
        ("NumericEquals", "some:number", "twelve", False),
        ("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z", True),
        ("DateGreaterThan", "aws:CurrentTime", "1900000000", False),
        ("IpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.0.0.0/8"], True),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", False),
        ("NotIpAddress", "aws:SourceIp", "192.168.0.0/16", True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost", "more"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team"], False),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team"], True),
        ("ForAllValues:StringEquals", "no:key", ["x"], True),
        ("ForAnyValue:StringEquals", "no:key", ["x"], False),
        ("ForAnyValue:StringNotEquals", "some:empty", ["x"], False),
        ("StringNotEquals", "no:key", "x", True),
        ("StringEquals", "no:key", "x", False),
        ("StringEqualsIfExists", "no:key", "x", True),
        ("StringEquals", "aws:username", "${aws:username}", True),
        ("StringLike", "aws:username", "an?${*}", True),
        ("StringLike", "aws:username", "${no:key, 'ann'}*", True),
        ("StringLike", "aws:username", "${no:key}*", False),
        ("Null", "no:key", True, True),
        ("Null", "aws:username", "true", False),
    ],
)
def test_operators(operator: str, key: str, wanted: Any, holds: bool) -> None:  # noqa: FBT001
    assert met({operator: {key: wanted}}, CONTEXT) is holds


def test_all_conditions_must_hold() -> None:
    both = {"StringLike": {"aws:username": "ann*"}, "NumericEquals": {"some:number": "13"}}
    assert not met(both, CONTEXT)
    assert met({}, {})


def test_the_value_of_a_variable_has_no_wildcards() -> None:
    assert like("home/${aws:username}/*", "home/ann*/x", CONTEXT)
    assert not like("home/${aws:username}/*", "home/annabel/x", CONTEXT)
    assert not like("home/${aws:tagkeys}", "home/team", CONTEXT), "a key with several values"


@pytest.mark.parametrize("operator", ["BinaryEquals", "ForSome:StringEquals", "StringAlike"])
def test_other_operators_are_refused(operator: str) -> None:
    with pytest.raises(UnknownConditionError, match=operator):
        met({operator: {"some:number": "12"}}, CONTEXT)
