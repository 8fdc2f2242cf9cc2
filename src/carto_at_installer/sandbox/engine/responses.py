"""Reads what a Lambda function answered to an external function, and words its failures as Redshift does."""

from __future__ import annotations

import json
from types import NoneType
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.engine.external import CallContext, ExternalTarget


def read_results(
    response: bytes, target: ExternalTarget, context: CallContext, expected: int
) -> pa.Array:
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


def arrow_type(returns: str) -> pa.DataType:
    """How results of a Redshift type come to DuckDB; numbers that are not listed, and dates, come as texts."""
    return _ARROW_TYPES.get(returns, pa.string())


def _typed(results: list[Any], target: ExternalTarget, context: CallContext) -> pa.Array:
    values = _as_they_are(results, target.returns)
    try:
        if values is None:
            convert = _CONVERTERS.get(target.returns, _as_text)
            converted = [None if value is None else convert(value) for value in results]
            values = pa.array(converted, arrow_type(target.returns))
    except (TypeError, ValueError, OverflowError) as error:
        raise _data_failure(
            f"Invalid External Function Response: a result is not of the type {target.returns}"
            f" ({error})",
            context,
        ) from error
    if target.length and (pc.max(pc.binary_length(values)).as_py() or 0) > target.length:
        raise _data_failure(f"String value exceeds the max size of {target.length} bytes", context)
    return values


def _as_they_are(results: list[Any], returns: str) -> pa.Array | None:
    """Results that need no conversion one by one, because all are of one type; None for others, and wrong ones."""
    kinds = set(map(type, results)) - {NoneType}
    wanted = arrow_type(returns)
    try:
        if kinds <= _NATURAL[wanted] and returns not in _SHORT:
            return pa.array(results, wanted)
        if kinds == {str} and returns == "bigint":
            return pc.cast(pa.array(results, pa.string()), wanted)
    except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
        pass  # One of them is wrong: to be found, and named.
    return None


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


_ARROW_TYPES = {
    "smallint": pa.int64(),
    "integer": pa.int64(),
    "bigint": pa.int64(),
    "real": pa.float64(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
}
_NATURAL: dict[pa.DataType, set[type]] = {
    pa.string(): {str},
    pa.int64(): {int},
    pa.float64(): {float},
    pa.bool_(): {bool},
}
_SHORT = frozenset({"smallint", "integer"})  # Their range is less than that of their Arrow type.
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
