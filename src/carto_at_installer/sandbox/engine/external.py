"""Calls Lambda with batches of rows, as Redshift does for an external function.

The request and response fields are those of "Creating a scalar Lambda UDF" in Redshift's documentation. One call
never carries more rows than MAX_BATCH_ROWS, nor more bytes than MAX_BATCH_SIZE. `batches` cuts them, `lookahead` sees
to it that the rows of a whole query come together. `LambdaCaller` is what the engine needs of Lambda.
"""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from carto_at_installer.sandbox.engine.batches import dealt
from carto_at_installer.sandbox.engine.responses import failure, read_results
from carto_at_installer.sandbox.errors import LambdaCallError, RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from carto_at_installer.sandbox.engine.batches import Batch

DEFAULT_RETRY_TIMEOUT_MS = 20_000
MAX_BATCH_BYTES = 5 * 1024 * 1024
MAX_BATCH_ROWS = 2_147_483_647
_FIRST_DELAY_S = 0.1


@dataclass(frozen=True, slots=True)
class LambdaCall:
    """One invocation that the database makes. `function_name` is what the DDL's LAMBDA clause says (name or ARN).

    `role_arns` is the chain of roles of the IAM_ROLE clause, or `("default",)`; `payload` is JSON in UTF-8.
    """

    function_name: str
    role_arns: tuple[str, ...]
    payload: bytes
    user: str
    query_id: int


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
    `returns` a Redshift type name, and `length` its size in bytes where it is a text, else 0; `signature` the types of
    its arguments as in `functions.signature`. A `volatile` function answers each call for itself.
    """

    name: str
    arity: int
    floats: bool
    returns: str
    length: int
    options: ExternalOptions
    signature: str = ""
    volatile: bool = False


@dataclass(frozen=True, slots=True)
class CallContext:
    """Who calls: the fields of the payload that come from the session and the database."""

    cluster_arn: str
    database: str
    user: str
    query_id: int
    cancelled: Callable[[], bool] = field(default=lambda: False)
    # Told the bytes of every invocation's request and response, from the thread that made it.
    invoked: Callable[[int, int], None] = field(default=lambda _sent, _received: None)


@dataclass(frozen=True, slots=True)
class _Task:
    """A call of one function for many rows; `stopped` is set when its results are not wanted any more."""

    target: ExternalTarget
    context: CallContext
    stopped: threading.Event


class ExternalCalls:
    """Runs external functions for one engine."""

    def __init__(self, caller: LambdaCaller, executor: Executor) -> None:
        self._caller = caller
        self._executor = executor

    def run(self, target: ExternalTarget, context: CallContext, rows: pa.Array) -> pa.Array:
        """The results for `rows`, each one the JSON text of one row's arguments, in the same order.

        Raises RedshiftError in Redshift's form when the function, or the way to it, fails.
        """
        task = _Task(target, context, threading.Event())
        slices = dealt(rows, target)
        if len(slices) == 1:
            return _joined(self._slice(task, slices[0]))
        waiting = [self._executor.submit(self._slice, task, batches) for batches in slices]
        return _joined([each for future in waiting for each in future.result()])

    def _slice(self, task: _Task, batches: Iterator[Batch]) -> list[pa.Array]:
        """The results of the rows of one slice: its batches go out one after the other."""
        results: list[pa.Array] = []
        try:
            for batch in batches:
                if task.stopped.is_set():
                    break
                results.append(self._batch(task.target, task.context, batch))
        except BaseException:
            task.stopped.set()
            raise
        return results

    def _batch(self, target: ExternalTarget, context: CallContext, batch: Batch) -> pa.Array:
        call = LambdaCall(
            target.options.lambda_name,
            target.options.role_arns,
            _payload(target, context, batch),
            context.user,
            context.query_id,
        )
        response = self._invoke(call, target.options.retry_timeout_ms / 1000, context)
        return read_results(response, target, context, batch.rows)

    def _invoke(self, call: LambdaCall, budget_s: float, context: CallContext) -> bytes:
        """Invoke, repeating throttled calls: RETRY_TIMEOUT bounds the sum of the delays, not of the calls."""
        delay = _FIRST_DELAY_S
        while True:
            if context.cancelled():
                raise RedshiftError("Query cancelled on user's request")
            try:
                response = self._caller(call)
            except LambdaCallError as error:
                context.invoked(len(call.payload), 0)
                if not error.retryable:
                    raise failure(str(error), 32103, context, "exfunc_client.cpp:102") from error
                if budget_s <= 0:
                    message = (
                        "Rate Exceeded.; Exception: TooManyRequestsException; ShouldRetry: 1"
                        if "rate exceeded" in str(error).lower()
                        else f"{error}; ShouldRetry: 1"
                    )
                    raise failure(message, 32103, context, "exfunc_client.cpp:102") from error
            else:
                context.invoked(len(call.payload), len(response))
                return response
            pause = min(delay, budget_s)
            time.sleep(pause)
            budget_s -= pause
            delay *= 2


def _joined(parts: list[pa.Array]) -> pa.Array:
    return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)


def _request_id() -> str:
    # Not uuid4(): reading the system's entropy lets go of the interpreter, and many small batches would queue for it.
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _payload(target: ExternalTarget, context: CallContext, batch: Batch) -> bytes:
    head = {
        "request_id": _request_id(),
        "cluster": context.cluster_arn,
        "user": context.user,
        "database": context.database,
        "external_function": target.name,
        "query_id": context.query_id,
        "num_records": batch.rows,
    }
    return b"".join((json.dumps(head)[:-1].encode(), b',"arguments":[', batch.content, b"]}"))
