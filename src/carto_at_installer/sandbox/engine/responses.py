"""Reads what a Lambda function answered to an external function, and words its failures as Redshift does."""

from __future__ import annotations

import json
from types import NoneType
from typing import TYPE_CHECKING, Any

import orjson

from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.engine.external import CallContext, ExternalTarget


def read_results(
    response: bytes, target: ExternalTarget, context: CallContext, expected: int
) -> list[Any]:
    """The values of a response, typed as the function returns them. Raises RedshiftError in Redshift's form."""
    answer = _answer(response, context)
    if answer.get("success") is False:
        message = str(answer.get("error_msg") or "External function failed without error_msg")
        raise _data_failure(message, context)
    results = answer.get("results")
    if not isinstance(results, list):
        raise _data_failure(
            "Invalid External Function Response: the field 'results' is not an array", context
        )
    if len(results) != expected or answer.get("num_records", expected) != expected:
        raise _data_failure(
            f"Invalid External Function Response: expected {expected} records, got {len(results)}"
            f" (num_records: {answer.get('num_records', 'missing')})",
            context,
        )
    return _typed(results, target, context)


def _answer(response: bytes, context: CallContext) -> dict[str, Any]:
    """The response object. Lambda must return a JSON *string*: Redshift answers a bare object with Empty format."""
    try:
        outer = orjson.loads(response)
        inner = orjson.loads(outer) if isinstance(outer, str) else None
    except ValueError as error:
        raise _data_failure(
            f"Invalid External Function Response: the payload is not JSON ({error})", context
        ) from error
    if not isinstance(inner, dict):
        raise _data_failure("Invalid External Function Response: Empty format", context)
    return inner


def _typed(results: list[Any], target: ExternalTarget, context: CallContext) -> list[Any]:
    try:
        values = _converted(results, target.returns)
    except (TypeError, ValueError, OverflowError) as error:
        raise _data_failure(
            f"Invalid External Function Response: a result is not of the type {target.returns}"
            f" ({error})",
            context,
        ) from error
    if target.length:
        # Four bytes is the longest UTF-8 character: shorter texts need not be encoded to be measured.
        longest = target.length // 4
        for value in filter(None, values):
            if len(value) > longest and size_in_bytes(value) > target.length:
                raise _data_failure(
                    f"String value exceeds the max size of {target.length} bytes", context
                )
    return values


def _converted(results: list[Any], returns: str) -> list[Any]:
    """Values of the type that is returned. Most results are all of one type, which need not be asked one by one."""
    convert = _CONVERTERS.get(returns, _as_text)
    kinds = set(map(type, results))
    if kinds <= _AS_THEY_ARE.get(returns, {str, NoneType}):
        return results
    if returns == "bigint" and kinds == {str}:
        values = list(map(int, results))
        if min(values) >= -(2**63) and max(values) < 2**63:
            return values
    return [None if value is None else convert(value) for value in results]


def size_in_bytes(value: str) -> int:
    """The length of a text in UTF-8."""
    return len(value) if value.isascii() else len(value.encode())


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        raise TypeError(f"{type(value).__name__} instead of a string")
    return json.dumps(value)


def _as_integer(low: int, high: int) -> Callable[[object], int]:
    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise TypeError(f"{value!r} is not an integer")
        number = int(value)
        if not low <= number <= high:
            raise OverflowError(f"{number} is out of range")
        return number

    return convert


def _as_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _as_boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "t", "false", "f"}:
        return value.lower().startswith("t")
    if value in (0, 1):
        return bool(value)
    raise TypeError(f"{value!r} is not a boolean")


_AS_THEY_ARE: dict[str, set[type]] = {
    "smallint": set(),
    "integer": set(),
    "bigint": set(),
    "real": {float, NoneType},
    "double precision": {float, NoneType},
    "boolean": {bool, NoneType},
}
_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "smallint": _as_integer(-(2**15), 2**15 - 1),
    "integer": _as_integer(-(2**31), 2**31 - 1),
    "bigint": _as_integer(-(2**63), 2**63 - 1),
    "real": _as_float,
    "double precision": _as_float,
    "boolean": _as_boolean,
}


def _data_failure(message: str, context: CallContext) -> RedshiftError:
    return failure(message, 32004, context, "exfunc_data.cpp:276")


def failure(message: str, code: int, context: CallContext, location: str) -> RedshiftError:
    """The block that Redshift prints for an error on a compute node (documented sample of CREATE EXTERNAL FUNCTION)."""
    line = "-----------------------------------------------"
    return RedshiftError(
        f"{message}\n  Detail: \n  {line}\n"
        f"  error:  {message}\n"
        f"  code:      {code}\n"
        "  context:   \n"
        f"  query:     {context.query_id}\n"
        f"  location:  {location}\n"
        f"  process:   query0_{context.query_id} [pid=0]\n"
        f"  {line}"
    )
