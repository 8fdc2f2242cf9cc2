"""Compares what a query answered with what the catalog promises."""

from __future__ import annotations

import json
import math
from typing import Any

_RELATIVE = 1e-12
_ABSOLUTE = 1e-12


def matches(expected: Any, actual: Any, *, unordered: bool = False) -> bool:
    """Whether an answer is the promised one.

    SUPER and DECIMAL come from the database as text: text is read as JSON where a list, an object or a number is
    expected. Floats may differ by 1e-12, relative; `unordered` compares arrays as sets with repetitions.
    """
    actual = _as_json(expected, actual)
    if unordered and isinstance(expected, list) and isinstance(actual, list):
        return _equal(sorted(expected, key=_sort_key), sorted(actual, key=_sort_key))
    return _equal(expected, actual)


def _as_json(expected: Any, actual: Any) -> Any:
    if isinstance(actual, str) and not isinstance(expected, str) and expected is not None:
        try:
            return json.loads(actual)
        except ValueError:
            return actual
    return actual


def _sort_key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _equal(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(_equal, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            _equal(value, actual[key]) for key, value in expected.items()
        )
    if isinstance(expected, float) and isinstance(actual, int | float):
        return math.isclose(expected, actual, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    if isinstance(actual, float) and isinstance(expected, int):
        return math.isclose(expected, actual, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return bool(expected == actual)
