"""Cuts the arguments of an external function into the batches that Redshift would send.

The rows are dealt to slices, as a cluster's are; a slice sends its rows one batch after the other, each as large as
MAX_BATCH_ROWS and MAX_BATCH_SIZE allow, while the other slices do the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_at_installer.sandbox.engine.external import ExternalOptions, ExternalTarget

SLICES = 4
ENVELOPE_BYTES = 1024
_ROWS_OF_A_SLICE = 1000
_NO_NUMBERS = "NaN|Infinity"
_COMMA = (pa.scalar("", pa.large_string()), pa.scalar(",", pa.large_string()))


@dataclass(frozen=True, slots=True)
class Batch:
    """So many rows, as the inside of a JSON array in UTF-8."""

    rows: int
    content: memoryview


def dealt(rows: pa.Array, target: ExternalTarget) -> list[Iterator[Batch]]:
    """The batches of each slice. `rows` are texts, the JSON array of each row's arguments.

    Few rows stay together on one slice. Raises RedshiftError for a value that JSON does not have, and while iterating
    for a row that is larger than MAX_BATCH_SIZE.
    """
    sent = _sent(rows, target)
    slices = max(1, min(SLICES, len(rows) // _ROWS_OF_A_SLICE))
    content = pc.binary_join_element_wise(sent.cast(pa.large_string()), *_COMMA)
    ends = np.frombuffer(content.buffers()[1], dtype=np.int64)[content.offset :][: len(rows) + 1]
    data = memoryview(content.buffers()[2] or b"")
    borders = [len(rows) * number // slices for number in range(slices + 1)]
    return [
        _batches(_Rows(ends[start : end + 1], data), target.options)
        for start, end in pairwise(borders)
    ]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows in one buffer, each with a comma behind it: row `i` is `data[ends[i]:ends[i + 1]]`."""

    ends: np.ndarray[Any, np.dtype[np.int64]]
    data: memoryview


def _batches(rows: _Rows, options: ExternalOptions) -> Iterator[Batch]:
    """Cut rows into batches that respect both limits."""
    limit = max(options.max_batch_bytes, 2 * ENVELOPE_BYTES) - ENVELOPE_BYTES
    start, count = 0, len(rows.ends) - 1
    while start < count:
        begin = int(rows.ends[start])
        fitting = int(np.searchsorted(rows.ends, begin + limit, side="right")) - 1
        end = min(fitting, start + options.max_batch_rows, count)
        if end == start:
            raise RedshiftError(
                f"a row of {int(rows.ends[start + 1]) - begin} bytes does not fit into"
                f" MAX_BATCH_SIZE ({options.max_batch_bytes} bytes)"
            )
        yield Batch(end - start, rows.data[begin : int(rows.ends[end]) - 1])
        start = end


def _sent(rows: pa.Array, target: ExternalTarget) -> pa.Array:
    """Rows as they travel: one whose arguments are all NULL is a bare null, as in Redshift's documented payload."""
    if target.floats:
        suspects = rows.filter(pc.match_substring_regex(rows, _NO_NUMBERS))
        for row in suspects.to_pylist():
            json.loads(row, parse_constant=_refuse_constant)
    if not target.arity:
        return rows
    nulls = pc.equal(rows, f"[{','.join(['null'] * target.arity)}]")
    return pc.if_else(nulls, "null", rows) if pc.any(nulls).as_py() else rows


def _refuse_constant(name: str) -> None:
    raise RedshiftError(f"the value {name} cannot be sent to Lambda: JSON has no such number")
