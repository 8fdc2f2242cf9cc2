"""What is measured of a module: cases, each of them rows for one external function, and what is expected of them.

A module's cases are in `benchmarks/<module>_cases.py`, which defines `SUITE`. `python -m benchmarks.handlers MODULE`
measures them, `make bench` all. To add a case, append it to what `cases` returns, with a goal where there is one.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.events import event
from carto_at_installer.catalog.load import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from carto_at_installer.core.functions import Catalog, External
    from carto_at_runtime.invocation import Invocation

ROOT = Path(__file__).parents[1]
EVENT_ROWS = 10_000
"""No event that is measured has more rows, whatever module.yaml allows."""

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """`floor`: at most so many times what reading and writing the JSON costs. `rowwise`: at least so many times as fast
    as row by row. None: shown, and no goal.
    """

    floor: float | None = None
    rowwise: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """`rows` are sent to the external `function`, in batches as large as its module.yaml allows.

    `rowwise` are the same rows as the function of `benchmarks/rowwise/` takes them, where that differs; the first rows
    are enough. `baseline` names a function there that is called otherwise than the external one. The
    handler's rows end with `room` blanks, if any: as many as the result has characters, as the SQL functions send them
    (`sql/common/room.sql`).
    """

    name: str
    function: str
    rows: Sequence[Row]
    goal: Goal = field(default_factory=Goal)
    rowwise: Sequence[Row] | None = None
    baseline: str | None = None
    room: int = 0

    def events(self) -> tuple[bytes, ...]:
        """The events that Redshift would send."""
        limits = external_functions()[self.function.upper()]
        blanks = [" " * self.room] if self.room else []
        rows = [[*row, *blanks] for row in self.rows]
        return tuple(event(self.function, batch) for batch in _batches(rows, limits))

    def rowwise_event(self, count: int) -> bytes:
        """The first `count` rows, for the row-by-row function."""
        return event(self.baseline or self.function, list((self.rowwise or self.rows)[:count]))


@dataclass(frozen=True, slots=True)
class Suite:
    """A module's Lambda handler, the same functions row by row, and the cases that both are asked."""

    handler: Invocation
    rowwise: Mapping[str, Callable[..., Any]]
    cases: Callable[[], list[Case]]


def modules() -> list[str]:
    """The modules that have cases."""
    return sorted(path.stem.removesuffix("_cases") for path in ROOT.glob("benchmarks/*_cases.py"))


def suite(module: str) -> Suite:
    """The suite of a module."""
    found: Suite = importlib.import_module(f"benchmarks.{module}_cases").SUITE
    return found


@cache
def catalog() -> Catalog:
    """The functions of the source tree."""
    return load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql")


@cache
def external_functions() -> dict[str, External]:
    """All external functions by name."""
    return {
        function.external.name: function.external
        for module in catalog().modules
        for function in module.functions
        if function.external
    }


def _batches(rows: Sequence[Row], limits: External) -> Iterator[list[Row]]:
    """Batches of up to the rows and bytes that module.yaml allows."""
    most_rows = min(limits.max_batch_rows, EVENT_ROWS)
    most_bytes = limits.max_batch_size_kb * 1024
    batch: list[Row] = []
    size = 0
    for row in rows:
        row_size = len(orjson.dumps(row)) + 1
        if batch and (len(batch) == most_rows or size + row_size > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row_size
    yield batch
