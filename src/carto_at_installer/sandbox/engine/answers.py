"""What external functions answered during one statement, and what they are still to be asked.

`lookahead` tells when calls are only written down, DuckDB's threads make them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carto_at_installer.sandbox.engine.external import ExternalTarget

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Plan:
    """The depth of each external function (`schema.name`), and up to which depth calls are looked for.

    `volatile` functions answer each call for itself.
    """

    depths: dict[str, int]
    last: int
    volatile: frozenset[str]

    @property
    def stages(self) -> list[int]:
        """The depths that are looked for, in their order."""
        return sorted({depth for depth in self.depths.values() if depth <= self.last})


NEVER = 1_000_000  # A depth that no call has.
_NO_PLAN = Plan({}, -1, frozenset())


class Answers:
    """The answers of one statement. `ask(target, rows)` calls Lambda. Used by several threads of DuckDB at once."""

    def __init__(self, ask: Callable[[ExternalTarget, pa.Array], list[Any]]) -> None:
        self._ask = ask
        self._known: dict[ExternalTarget, dict[str, Any]] = defaultdict(dict)
        self._wanted: dict[ExternalTarget, list[pa.Array]] = defaultdict(list)
        self._stage: int | None = None
        self._plan = _NO_PLAN

    def results(self, target: ExternalTarget, rows: pa.ChunkedArray) -> list[Any]:
        """The results for one vector of arguments: known ones, NULLs while looking ahead, or from Lambda at once."""
        asked = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        known = self._known.get(target)
        if not known:
            return self._absent(target, asked)
        values = [_known(known, key) for key in asked.to_pylist()]
        missing = [index for index, value in enumerate(values) if value is _MISSING]
        if missing:
            absent = self._absent(target, asked.take(pa.array(missing)))
            for index, value in zip(missing, absent, strict=True):
                values[index] = value
        return values

    def _absent(self, target: ExternalTarget, rows: pa.Array) -> list[Any]:
        depth = self._plan.depths.get(target.name, -1)
        if self._stage is not None and depth >= self._stage:
            if depth == self._stage:
                self._wanted[target].append(rows)
            return [None] * len(rows)
        found = self._ask(target, rows)
        if self._stage is not None and target.name not in self._plan.volatile:
            self._known[target].update(zip(rows.to_pylist(), found, strict=True))
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
        for target, parts in wanted.items():
            self._fetch(target, pa.concat_arrays(parts))

    def _fetch(self, target: ExternalTarget, rows: pa.Array) -> None:
        answers = self._known[target]
        found = zip(rows.to_pylist(), self._ask(target, rows), strict=True)
        if target.name not in self._plan.volatile:
            answers.update(found)
            return
        for key, value in found:
            answers.setdefault(key, deque()).append(value)


def _known(answers: dict[str, Any], key: str) -> Any:
    value = answers.get(key, _MISSING)
    if isinstance(value, deque):
        return value.popleft() if value else _MISSING
    return value
