"""Calls Lambda with batches of rows, as Redshift does for an external function.

The request and response fields are those of "Creating a scalar Lambda UDF" in Redshift's documentation. One call
never carries more rows than MAX_BATCH_ROWS, nor more bytes than MAX_BATCH_SIZE; the batches of one vector of rows
(up to 2048, DuckDB's vector size) run in parallel. `LambdaCaller` is what the engine needs of Lambda.
"""

from __future__ import annotations

import json
import random
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from carto_at_installer.sandbox.errors import LambdaCallError, RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

DEFAULT_RETRY_TIMEOUT_MS = 20_000
MAX_BATCH_BYTES = 5 * 1024 * 1024
MAX_BATCH_ROWS = 2_147_483_647
_FIRST_DELAY_S = 0.1
_ENVELOPE_BYTES = 1024
_NOT_FINITE = re.compile("NaN|Infinity")


@dataclass(frozen=True, slots=True)
class LambdaCall:
    """One invocation that the database makes. `function_name` is what the DDL's LAMBDA clause says (name or ARN).

    `role_arns` is the chain of roles of the IAM_ROLE clause, or `("default",)`; `payload` is JSON in UTF-8.
    """

    function_name: str
    role_arns: tuple[str, ...]
    payload: bytes
    user: str


class LambdaCaller(Protocol):
    """Invokes a Lambda function and waits for what it returns."""

    def __call__(self, call: LambdaCall) -> bytes:
        """Return the response payload. Raises LambdaCallError when the invocation did not give one."""


@dataclass(frozen=True, slots=True)
class ExternalOptions:
    """The clauses of CREATE EXTERNAL FUNCTION, with Redshift's defaults. Sizes are in bytes, times in ms."""

    lambda_name: str
    role_arns: tuple[str, ...]
    retry_timeout_ms: int = DEFAULT_RETRY_TIMEOUT_MS
    max_batch_rows: int = MAX_BATCH_ROWS
    max_batch_bytes: int = MAX_BATCH_BYTES


@dataclass(frozen=True, slots=True)
class ExternalTarget:
    """All that a call needs to know of its function.

    `name` is `schema.function`; `arity` the number of arguments; `floats` whether one of them is a binary float;
    `returns` a Redshift type name, and `length` its size in bytes where it is a text, else 0.
    """

    name: str
    arity: int
    floats: bool
    returns: str
    length: int
    options: ExternalOptions


@dataclass(frozen=True, slots=True)
class CallContext:
    """Who calls: the fields of the payload that come from the session and the database."""

    cluster_arn: str
    database: str
    user: str
    query_id: int
    cancelled: Callable[[], bool] = field(default=lambda: False)


class ExternalCalls:
    """Runs external functions for one engine."""

    def __init__(self, caller: LambdaCaller, executor: Executor) -> None:
        self._caller = caller
        self._executor = executor

    def run(self, target: ExternalTarget, context: CallContext, rows: Sequence[str]) -> list[Any]:
        """The results for `rows`, each one the JSON text of one row's arguments, in the same order.

        Raises RedshiftError in Redshift's form when the function, or the way to it, fails.
        """
        batches = list(_batches(_sent(rows, target), target.options))
        if len(batches) == 1:
            return self._batch(target, context, batches[0])
        waiting = [self._executor.submit(self._batch, target, context, batch) for batch in batches]
        try:
            return [value for future in waiting for value in future.result()]
        finally:
            for future in waiting:
                future.cancel()

    def _batch(
        self, target: ExternalTarget, context: CallContext, rows: Sequence[str]
    ) -> list[Any]:
        call = LambdaCall(
            target.options.lambda_name,
            target.options.role_arns,
            _payload(target, context, rows),
            context.user,
        )
        response = self._invoke(call, target.options.retry_timeout_ms / 1000, context)
        return _results(response, target, context, len(rows))

    def _invoke(self, call: LambdaCall, budget_s: float, context: CallContext) -> bytes:
        """Invoke, repeating throttled calls: RETRY_TIMEOUT bounds the sum of the delays, not of the calls."""
        delay = _FIRST_DELAY_S
        while True:
            if context.cancelled():
                raise RedshiftError("Query cancelled on user's request")
            try:
                return self._caller(call)
            except LambdaCallError as error:
                if not error.retryable:
                    raise _failure(str(error), 32103, context, "exfunc_client.cpp:102") from error
                if budget_s <= 0:
                    message = (
                        "Rate Exceeded.; Exception: TooManyRequestsException; ShouldRetry: 1"
                        if "rate exceeded" in str(error).lower()
                        else f"{error}; ShouldRetry: 1"
                    )
                    raise _failure(message, 32103, context, "exfunc_client.cpp:102") from error
            pause = min(delay, budget_s)
            time.sleep(pause)
            budget_s -= pause
            delay *= 2


def _sent(rows: Sequence[str], target: ExternalTarget) -> Sequence[str]:
    """Rows as they travel: one whose arguments are all NULL is a bare null, as in Redshift's documented payload."""
    if target.floats and _NOT_FINITE.search("\n".join(rows)):
        for row in rows:
            json.loads(row, parse_constant=_refuse_constant)
    if not target.arity:
        return rows
    nulls = f"[{','.join(['null'] * target.arity)}]"
    return ["null" if row == nulls else row for row in rows]


def _refuse_constant(name: str) -> None:
    raise RedshiftError(f"the value {name} cannot be sent to Lambda: JSON has no such number")


def _batches(rows: Sequence[str], options: ExternalOptions) -> Iterator[Sequence[str]]:
    """Cut rows into batches that respect both limits."""
    for start in range(0, len(rows), options.max_batch_rows):
        batch = rows[start : start + options.max_batch_rows]
        # Four bytes is the longest UTF-8 character: most batches need not be measured more exactly.
        if 4 * sum(map(len, batch)) + len(batch) + _ENVELOPE_BYTES <= options.max_batch_bytes:
            yield batch
        else:
            yield from _by_size(batch, options.max_batch_bytes)


def _by_size(rows: Sequence[str], limit: int) -> Iterator[Sequence[str]]:
    start, size = 0, _ENVELOPE_BYTES
    for index, row in enumerate(rows):
        length = _bytes(row) + 1
        if _ENVELOPE_BYTES + length > max(limit, 2 * _ENVELOPE_BYTES):
            raise RedshiftError(
                f"a row of {length} bytes does not fit into MAX_BATCH_SIZE ({limit} bytes)"
            )
        if size + length > limit and index > start:
            yield rows[start:index]
            start, size = index, _ENVELOPE_BYTES
        size += length
    yield rows[start:]


def _request_id() -> str:
    # Not uuid4(): reading the system's entropy lets go of the interpreter, and many small batches would queue for it.
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _payload(target: ExternalTarget, context: CallContext, rows: Sequence[str]) -> bytes:
    head = {
        "request_id": _request_id(),
        "cluster": context.cluster_arn,
        "user": context.user,
        "database": context.database,
        "external_function": target.name,
        "query_id": context.query_id,
        "num_records": len(rows),
    }
    return f'{json.dumps(head)[:-1]},"arguments":[{",".join(rows)}]}}'.encode()


def _results(
    response: bytes, target: ExternalTarget, context: CallContext, expected: int
) -> list[Any]:
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
    convert = _CONVERTERS.get(target.returns, _as_text)
    try:
        values = [None if value is None else convert(value) for value in results]
    except (TypeError, ValueError, OverflowError) as error:
        raise _data_failure(
            f"Invalid External Function Response: a result is not of the type {target.returns}"
            f" ({error})",
            context,
        ) from error
    if target.length:
        for value in values:
            # Four bytes is the longest UTF-8 character: shorter texts need not be encoded to be measured.
            if value and 4 * len(value) > target.length and _bytes(value) > target.length:
                raise _data_failure(
                    f"String value exceeds the max size of {target.length} bytes", context
                )
    return values


def _bytes(value: str) -> int:
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


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "smallint": _as_integer(-(2**15), 2**15 - 1),
    "integer": _as_integer(-(2**31), 2**31 - 1),
    "bigint": _as_integer(-(2**63), 2**63 - 1),
    "real": _as_float,
    "double precision": _as_float,
    "boolean": _as_boolean,
}


def _data_failure(message: str, context: CallContext) -> RedshiftError:
    return _failure(message, 32004, context, "exfunc_data.cpp:276")


def _failure(message: str, code: int, context: CallContext, location: str) -> RedshiftError:
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
