"""What external functions answered during one statement, and what they are still to be asked.

`lookahead` tells when calls are only written down, DuckDB's threads make them.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from carto_at_installer.sandbox.engine.responses import arrow_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carto_at_installer.sandbox.engine.external import ExternalTarget

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Plan:
    """The depth of each external function (`schema.name`), and up to which depth calls are looked for."""

    depths: dict[str, int]
    last: int

    @property
    def stages(self) -> list[int]:
        """The depths that are looked for, in their order."""
        return sorted({depth for depth in self.depths.values() if depth <= self.last})


NEVER = 1_000_000  # A depth that no call has.
_NO_PLAN = Plan({}, -1)


class Answers:
    """The answers of one statement. `ask(target, rows)` calls Lambda. Used by several threads of DuckDB at once."""

    def __init__(self, ask: Callable[[ExternalTarget, pa.Array], pa.Array]) -> None:
        self._ask = ask
        self._known: dict[ExternalTarget, _Known] = {}
        self._wanted: dict[ExternalTarget, list[pa.Array]] = defaultdict(list)
        self._stage: int | None = None
        self._plan = _NO_PLAN

    def results(self, target: ExternalTarget, rows: pa.Array) -> pa.Array:
        """The results for one vector of arguments: known ones, NULLs while looking ahead, or from Lambda at once."""
        known = self._known.get(target)
        if known is None:
            return self._unknown(target, rows)
        found = known.vector(rows)
        return self._row_by_row(target, rows, known) if found is None else found

    def _row_by_row(self, target: ExternalTarget, rows: pa.Array, known: _Known) -> pa.Array:
        """The results for a vector that did not come before as it is."""
        values = known.rows(rows)
        missing = [index for index, value in enumerate(values) if value is _MISSING]
        if missing:
            absent = self._unknown(target, rows.take(pa.array(missing)))
            for index, value in zip(missing, absent.to_pylist(), strict=True):
                values[index] = value
        return pa.array(values, arrow_type(target.returns))

    def _unknown(self, target: ExternalTarget, rows: pa.Array) -> pa.Array:
        depth = self._plan.depths.get(target.name, -1)
        if self._stage is not None and depth >= self._stage:
            if depth == self._stage:
                self._wanted[target].append(rows)
            return pa.nulls(len(rows), arrow_type(target.returns))
        found = self._ask(target, rows)
        # DuckDB computes a constant when it plans and again when it runs: Redshift asks once.
        if not target.volatile and (self._stage is not None or len(rows) == 1):
            self._keep(target, [rows], found)
        return found

    @contextmanager
    def stage(self, number: int, plan: Plan) -> Iterator[None]:
        """While a statement is only looked through: calls of that depth are written down and asked at the end."""
        self._stage, self._plan = number, plan
        try:
            yield
        finally:
            self._stage = None
        wanted, self._wanted = self._wanted, defaultdict(list)
        for target, vectors in wanted.items():
            self._keep(target, vectors, self._ask(target, pa.concat_arrays(vectors)))

    def _keep(self, target: ExternalTarget, vectors: list[pa.Array], found: pa.Array) -> None:
        self._known.setdefault(target, _Known(once=target.volatile)).add(vectors, found)


class _Known:
    """Answers of one function, by whole vectors of arguments: those of a table come again as they were.

    Other vectors are looked up row by row. With `once`, each answer is given once, and to its vector only.
    """

    def __init__(self, *, once: bool) -> None:
        self._once = once
        self._lock = threading.Lock()
        self._vectors: dict[bytes, deque[pa.Array]] = defaultdict(deque)
        self._pairs: list[tuple[pa.Array, pa.Array]] = []
        self._rows: dict[str, Any] = {}

    def add(self, vectors: list[pa.Array], found: pa.Array) -> None:
        """Keep the answers to vectors that were asked together."""
        start = 0
        for vector in vectors:
            answers = found.slice(start, len(vector))
            self._vectors[_content(vector)].append(answers)
            start += len(vector)
            if not self._once:
                self._pairs.append((vector, answers))

    def vector(self, rows: pa.Array) -> pa.Array | None:
        """The answers to exactly these rows in this order; None when they are not known as a whole."""
        found = self._vectors.get(_content(rows))
        if not found:
            return None
        return found.popleft() if self._once else found[0]

    def rows(self, rows: pa.Array) -> list[Any]:
        """The answer to each row, _MISSING where there is none."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
            for asked, found in pairs:
                self._rows.update(zip(asked.to_pylist(), found.to_pylist(), strict=True))
        return [self._rows.get(row, _MISSING) for row in rows.to_pylist()]


def _content(rows: pa.Array) -> bytes:
    """The texts of all rows behind each other. They are JSON arrays: it is clear where one ends."""
    offsets, data = rows.buffers()[1:]
    ends = np.frombuffer(offsets, dtype=np.int32)
    first, last = int(ends[rows.offset]), int(ends[rows.offset + len(rows)])
    content: bytes = data[first:last].to_pybytes()
    return content
