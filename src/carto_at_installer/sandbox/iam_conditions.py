"""Conditions of IAM policies: operators, wildcards, policy variables.

An operator that is not known here makes the evaluator refuse to decide: UnknownConditionError names it.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

Context = Mapping[str, tuple[str, ...]]
_VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")
_NOTHING: Context = {}


class UnknownConditionError(Exception):
    """A condition operator that is not emulated."""


def met(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether all conditions of a statement hold. `context` has its keys in lower case.

    Raises UnknownConditionError.
    """
    return all(
        _holds(name, key, _texts(wanted), context)
        for name, keys in conditions.items()
        for key, wanted in keys.items()
    )


def like(
    pattern: str, text: str, context: Context = _NOTHING, *, ignore_case: bool = False
) -> bool:
    """AWS's wildcards: `*` any characters, `?` one; `${key}` stands for a value of the context, which has none."""
    if "$" in pattern:
        expression = _expanded(pattern, context, _wild)
        if expression is None:
            return False
    elif "*" not in pattern and "?" not in pattern and not ignore_case:
        return pattern == text
    else:
        expression = _wild(pattern)
    return _compiled(expression, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(expression: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 (a key of the cache)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _wild(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


def _expanded(pattern: str, context: Context, plain: Callable[[str], str]) -> str | None:
    """A pattern as a regular expression; None when it has a variable that is not set, or has several values."""
    parts, position = [], 0
    for variable in _VARIABLE.finditer(pattern):
        parts.append(plain(pattern[position : variable.start()]))
        value = _value(variable[1].strip(), variable[2], context)
        if value is None:
            return None
        parts.append(re.escape(value))
        position = variable.end()
    return "".join([*parts, plain(pattern[position:])])


def _value(name: str, default: str | None, context: Context) -> str | None:
    if name in {"*", "?", "$"}:
        return name
    values = context.get(name.lower(), ())
    return values[0] if len(values) == 1 else default


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _equals(pattern: str, text: str, context: Context, *, ignore_case: bool = False) -> bool:
    expression = _expanded(pattern, context, re.escape)
    return expression is not None and bool(_compiled(expression, ignore_case).fullmatch(text))


def _compares(
    read: Callable[[str], Any],
    holds: Callable[[Any, Any], bool],
    wanted: str,
    text: str,
    _context: Context,
) -> bool:
    """Whether `text` stands in a relation to `wanted`; what cannot be read stands in none."""
    try:
        return holds(read(text), read(wanted))
    except ValueError:
        return False


def _moment(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_network(wanted: str, text: str, _context: Context) -> bool:
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


Test = Callable[[str, str, Context], bool]
_RELATIONS = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_TESTS: dict[str, Test] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": partial(_equals, ignore_case=True),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": partial(_equals, ignore_case=True),
    "IpAddress": _in_network,
    **{f"Numeric{name}": partial(_compares, float, holds) for name, holds in _RELATIONS.items()},
    **{f"Date{name}": partial(_compares, _moment, holds) for name, holds in _RELATIONS.items()},
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
_SETS = ("", "ForAnyValue", "ForAllValues")


def _holds(name: str, key: str, wanted: list[str], context: Context) -> bool:
    quantifier, _, plain = name.rpartition(":")
    base = plain.removesuffix("IfExists")
    values = context.get(key.lower()) or ()
    if name == "Null":
        return (not values) == (wanted == ["true"])
    positive = _NEGATED.get(base, base)
    if positive not in _TESTS or quantifier not in _SETS:
        raise UnknownConditionError(
            f"the condition operator {name} (on {key}) is not emulated by the sandbox"
        )
    sought = base == positive
    if not values:
        return plain != base or quantifier == "ForAllValues" or not (sought or quantifier)
    test = _TESTS[positive]
    each = [any(test(item, value, context) for item in wanted) == sought for value in values]
    every = quantifier == "ForAllValues" or (not quantifier and not sought)
    return all(each) if every else any(each)
