r"""From the results of a batch to the response that Redshift reads.

The response is a JSON *string* that holds the JSON document, so everything in it is escaped twice: a VARCHAR result
`a"b` is posted as `\"a\\\"b\"`. Doing that with a JSON library costs more than most functions do, so columns are
rendered as arrays of numbers and what stands between the numbers is put in escaped already.

What a function may return, one result per row:

==============================  ==========================================================
int64 array                     BIGINT, sent as JSON strings so that no digit is lost
other integer or bool array     SMALLINT, INTEGER, BOOLEAN
float64 array                   DOUBLE PRECISION, the shortest text that reads back the same
list of `str` or None           VARCHAR, NULL where None
`JoinedTexts`                   VARCHAR, made for all rows at once
`ragged.RaggedArray`            VARCHAR holding a JSON array of numbers
`ragged.RaggedRecords`          VARCHAR holding a JSON array of objects of integers
==============================  ==========================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import orjson

from carto_at_runtime.errors import InvocationError, reject
from carto_at_runtime.limits import MAX_RESPONSE_BYTES, too_large
from carto_at_runtime.ragged import Chunk, RaggedArray, RaggedRecords, render_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_QUOTE = b'\\"'


class Rendering(Protocol):
    """Results that can be written out."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def joined(self) -> list[Chunk]:
        """Return the escaped JSON of all rows, separated by commas, in chunks."""

    def pieces(self) -> list[bytes]:
        """Return the escaped JSON of each row."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)

    def joined(self) -> list[Chunk]:
        return [render_numbers(self.values)[1:-1]]

    def pieces(self) -> list[bytes]:
        return render_numbers(self.values)[1:-1].split(b",")


@dataclass(frozen=True, slots=True)
class _Identifiers:
    values: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)

    def joined(self) -> list[Chunk]:
        numbers = render_numbers(self.values)[1:-1]
        return [_QUOTE, numbers.replace(b",", b'\\",\\"'), _QUOTE]

    def pieces(self) -> list[bytes]:
        return [_QUOTE + one + _QUOTE for one in render_numbers(self.values)[1:-1].split(b",")]


@dataclass(frozen=True, slots=True)
class _Texts:
    values: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.values)

    def joined(self) -> list[Chunk]:
        return [_escaped(self.values)[1:-1]]

    def pieces(self) -> list[bytes]:
        return [_escaped(one) for one in self.values]


@dataclass(frozen=True, slots=True)
class JoinedTexts:
    """A text per row, all in one: `text` holds `rows` texts, with the byte `mark` between them.

    For texts of numbers, such as well-known text, which are faster to make in one go. They must be ASCII without
    quotes, backslashes and control characters, so that they need no escaping.
    """

    text: bytes
    mark: bytes
    rows: int

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.rows

    def joined(self) -> list[Chunk]:
        """Return the escaped JSON of all rows, separated by commas."""
        return [_QUOTE, self.text.replace(self.mark, b'\\",\\"'), _QUOTE] if self.rows else [b""]

    def pieces(self) -> list[bytes]:
        """Return the escaped JSON of each row."""
        texts = self.text.split(self.mark) if self.rows else []
        return [_QUOTE + text + _QUOTE for text in texts]


def _escaped(value: Any) -> bytes:
    return orjson.dumps(orjson.dumps(value).decode())[1:-1]


def rendering(results: Any, rows: int) -> Rendering:
    """Check what a function returned for `rows` rows, and make it ready to be written out.

    Raises `InvocationError` for a wrong type or number of results, `RowError` for a float that JSON cannot hold.
    """
    made = _of_type(results)
    if len(made) != rows:
        raise InvocationError(f"the function returned {len(made)} results for {rows} rows")
    if isinstance(made, _Numbers) and made.values.dtype.kind == "f":
        reject(~np.isfinite(made.values), "the result is not a finite number")
    if isinstance(made, RaggedArray) and made.values.dtype.kind == "f":
        finite = np.isfinite(made.values)
        if not finite.all():
            bad = np.zeros(rows, np.bool_)
            bad[np.searchsorted(made.offsets, np.flatnonzero(~finite), side="right") - 1] = True
            reject(bad, "the result holds a number that is not finite")
    return made


def _of_type(results: Any) -> Rendering:
    if isinstance(results, (RaggedArray, RaggedRecords, JoinedTexts)):
        return results
    if isinstance(results, np.ndarray) and results.ndim == 1:
        if results.dtype == np.int64:
            return _Identifiers(results)
        if results.dtype.kind in "bif":
            return _Numbers(results)
    if isinstance(results, (list, tuple)) and all(
        one is None or isinstance(one, str) for one in results
    ):
        return _Texts(results)
    raise InvocationError(
        f"the function returned what cannot be sent as a column: {_kind(results)}; "
        "it takes a list of texts and None, or an array of numbers or booleans"
    )


def _kind(results: Any) -> str:
    if isinstance(results, np.ndarray):
        return f"array of {results.dtype}"
    name = type(results).__name__
    if isinstance(results, (list, tuple)):
        others = (one for one in results if not (one is None or isinstance(one, str)))
        return f"{name} with {type(next(others)).__name__} in it"
    return name


def join(results: Rendering, rows: int, kept: NDArray[np.int64] | None) -> list[Chunk]:
    """Return the escaped JSON of all `rows` rows; `kept` are those that `results` is of, the others are NULL."""
    if kept is None:
        return results.joined()
    pieces = [b"null"] * rows
    if len(kept):
        for row, piece in zip(kept.tolist(), results.pieces(), strict=True):
            pieces[row] = piece
    return [b",".join(pieces)]


def response(rows: int, results: list[Chunk]) -> bytes:
    """Wrap escaped results into the response to post; raise `ResponseTooLargeError` when Lambda would refuse it."""
    head = b'"{\\"success\\":true,\\"num_records\\":%d,\\"results\\":[' % rows
    chunks = [head, *results, b']}"']
    size = sum(map(len, chunks))
    if size > MAX_RESPONSE_BYTES:
        raise too_large(rows, size)
    return b"".join(chunks)


def failure(message: str, rows: int) -> bytes:
    """Return the response that makes Redshift fail the query with `message`."""
    # Text from an event may hold half of a surrogate pair, which UTF-8 cannot carry.
    clean = message.encode(errors="replace").decode()
    document = {"success": False, "error_msg": clean, "num_records": rows, "results": []}
    return document_response(document)


def document_response(document: dict[str, Any]) -> bytes:
    """Return any document as the JSON string that a Redshift Lambda function answers."""
    return orjson.dumps(orjson.dumps(document).decode())
