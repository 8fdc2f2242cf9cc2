"""One invocation from payload to response: find the function, decode, run it on the batch, encode, or explain.

A batch function that raises `RowError` has said which row is wrong; it is asked again for the rows before that one, so
that the row reported is the first. When it raises anything else, its rows are run one by one: either one fails and is
named, or all succeed and the batch is answered after all (a batch may need more memory than its rows do).
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from carto_at_runtime.columns import NULL_MASK, NULL_RESULT, Column, Nullable
from carto_at_runtime.errors import InvocationError, ResponseTooLargeError, RowError, describe
from carto_at_runtime.event import Batch, Event, decode, read_event
from carto_at_runtime.results import document_response, failure, join, rendering, response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from carto_at_runtime.ragged import Chunk
    from carto_at_runtime.registry import ExternalFunction, Registry

_log = logging.getLogger("carto_at_runtime")


class Invocation:
    """The Lambda handler of a registry's functions: call it with an event and a context."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, event: Any, context: object = None) -> str | bytes:
        """Answer an event: bytes for bytes (see `marshaller`), a JSON string for a decoded event. Never raises."""
        del context
        answered = self.respond(event)
        if isinstance(event, (bytes, bytearray, memoryview)):
            return answered
        text: str = orjson.loads(answered)
        return text

    def respond(self, payload: Any) -> bytes:
        """Return the bytes to post for a payload, which is JSON bytes or the dict made of them."""
        event: Event | None = None
        name = "carto_at_runtime"
        rows = 0
        try:
            with _collection_paused():
                event = read_event(payload)
                if event.probe:
                    return self._probe()
                rows = event.num_records or 0
                function = self._registry.find(event.external_function)
                name = function.name
                batch = decode(function, event)
                rows = batch.rows
                return response(rows, evaluate(function, batch))
        except InvocationError as error:
            _log.warning("%s: %s %s", name, error, _trail(event))
            return failure(f"{name}: {error}", rows)
        except Exception as error:  # noqa: BLE001 - the query must get an answer, and the log the traceback
            _log.exception("%s failed %s", name, _trail(event))
            return failure(f"{name}: {describe(error)}", rows)

    def _probe(self) -> bytes:
        packages = ("numpy", "orjson", "msgspec", "shapely", "h3")
        return document_response(
            {
                "success": True,
                "num_records": 0,
                "results": [],
                "functions": self._registry.names,
                "module": os.environ.get("CARTO_AT_MODULE"),
                "version": os.environ.get("CARTO_AT_VERSION"),
                "digest": os.environ.get("CARTO_AT_DIGEST"),
                "python": ".".join(map(str, sys.version_info[:3])),
                "packages": {
                    package: getattr(sys.modules[package], "__version__", None)
                    for package in packages
                    if package in sys.modules
                },
            }
        )


@contextmanager
def _collection_paused() -> Iterator[None]:
    # A batch makes many objects and no cycles: scanning them costs up to half of its time.
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _trail(event: Event | None) -> str:
    return f"(request {event.request_id}, query {event.query_id})" if event else "(no event)"


def evaluate(function: ExternalFunction, batch: Batch) -> list[Chunk]:
    """Run a function on a batch; return the escaped JSON of its results, in chunks.

    Raises `RowError` with the number of the row in the event, and what the function itself may raise.
    """
    kept = _kept_rows(function, batch)
    columns = batch.columns if kept is None else [column.take(kept) for column in batch.columns]
    rows = batch.rows if kept is None else len(kept)
    if not rows:
        return [b",".join([b"null"] * batch.rows)]
    try:
        return _evaluate_kept(function, columns, batch.rows, kept)
    except RowError as error:
        raise _event_row(_first_bad_row(function, columns, error), kept) from None
    except InvocationError:
        raise
    except Exception:  # noqa: BLE001 - find the row at fault, whatever it is
        _log.exception(
            "%s failed on a batch of %d rows: running it row by row", function.name, rows
        )
        return _row_by_row(function, columns, batch.rows, kept)


def _evaluate_kept(
    function: ExternalFunction, columns: list[Column], rows: int, kept: NDArray[np.int64] | None
) -> list[Chunk]:
    count = rows if kept is None else len(kept)
    return join(rendering(_call(function, columns, count), count), rows, kept)


def _kept_rows(function: ExternalFunction, batch: Batch) -> NDArray[np.int64] | None:
    """Apply the NULL policies: return the rows to run the function on, None for all."""
    dropped = None
    for place, column in enumerate(batch.columns):
        if column.nulls is None or (policy := function.policy(place)) == NULL_MASK:
            continue
        if policy != NULL_RESULT:
            raise RowError(int(column.nulls.argmax()), policy.message)
        dropped = column.nulls if dropped is None else dropped | column.nulls
    return None if dropped is None else np.flatnonzero(~dropped)


def _call(function: ExternalFunction, columns: list[Column], rows: int) -> Any:
    if not columns:
        return function.batch(rows)
    return function.batch(
        *(
            _nullable(column, rows) if function.policy(place) == NULL_MASK else column.values
            for place, column in enumerate(columns)
        )
    )


def _nullable(column: Column, rows: int) -> Nullable:
    nulls = np.zeros(rows, np.bool_) if column.nulls is None else column.nulls
    return Nullable(column.values, nulls)


def _first_bad_row(function: ExternalFunction, columns: list[Column], error: RowError) -> RowError:
    """Return the error of the first bad row, given that of some bad row."""
    while error.row > 0:
        before = slice(0, error.row)
        try:
            _call(function, [column.take(before) for column in columns], error.row)
        except RowError as earlier:
            if earlier.row >= error.row:
                return error
            error = earlier
        except Exception:  # noqa: BLE001 - the rows before fail in some other way: this row's error is sure
            return error
        else:
            return error
    return error


def _event_row(error: RowError, kept: NDArray[np.int64] | None) -> RowError:
    return error if kept is None else RowError(int(kept[error.row]), error.reason)


def _row_by_row(
    function: ExternalFunction, columns: list[Column], rows: int, kept: NDArray[np.int64] | None
) -> list[Chunk]:
    numbers = range(rows) if kept is None else kept.tolist()
    pieces = [b"null"] * rows
    for place, number in enumerate(numbers):
        row = [column.take(slice(place, place + 1)) for column in columns]
        try:
            pieces[number] = b"".join(_evaluate_kept(function, row, 1, None))
        except ResponseTooLargeError:
            raise
        except RowError as error:
            raise RowError(number, error.reason) from None
        except Exception as error:
            raise RowError(number, describe(error)) from error
    return [b",".join(pieces)]
