"""CPU time of the Lambda handlers, from event bytes to response bytes, against the floor that JSON sets and row by row.

The floor is what any handler must pay that reads the same event and writes the same results with the fastest JSON
library: `orjson.loads` of the event, `orjson.dumps` of the results, and again of that text, as Redshift reads a JSON
string. A ratio of 2 means that the work itself costs as much as the reading and writing.

`python -m benchmarks.handlers [MODULE...]` prints the figures of modules, or of all. Each module is measured in a
process of its own, which has the environment that Lambda functions get: without it, the C library gives the memory of
every large response back to the kernel, and asks for it again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.cases import Goal, modules, suite
from benchmarks.measure import Timing, collection_off, interleaved
from benchmarks.rowwise import respond
from benchmarks.tables import mark, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.cases import Case, Suite

LAMBDA_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TOP_PAD_": "16777216",
}
"""What the modules' Lambda functions have in their environment, for speed."""

FAST_SECONDS = 1.0
SLOW_SECONDS = 0.25
"""About how much CPU time the rounds of the handler take, and a round of the row-by-row function."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured for one case: CPU seconds per row, bytes of all rows, and of the largest event and response."""

    module: str
    name: str
    rows: int
    events: int
    handler: Timing
    floor: Timing
    rowwise: Timing
    bytes_in: int
    bytes_out: int
    largest_out: int
    goal: Goal

    @property
    def floors(self) -> float:
        """How many times the floor the handler takes, best rounds."""
        return self.handler.minimum / self.floor.minimum

    @property
    def speedup(self) -> float:
        """How many times as fast as row by row the handler is, best rounds."""
        return self.rowwise.minimum / self.handler.minimum

    @property
    def results(self) -> list[bool]:
        """For each goal of the case, whether it is met."""
        found = []
        if self.goal.floor is not None:
            found.append(self.floors <= self.goal.floor)
        if self.goal.rowwise is not None:
            found.append(self.speedup >= self.goal.rowwise)
        return found


HEADS = (
    "function", "rows", "events", "µs/row", "floor µs/row", "x floor", "goal", "x row by row", "goal", "",
    "bytes in/row", "bytes out/row", "largest response",
)  # fmt: skip


def figures_table(figures: list[Figure]) -> list[str]:
    """The figures of a module as a Markdown table."""
    return table(HEADS, [_table_row(figure) for figure in figures])


def _table_row(one: Figure) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.rows}",
        f"{one.events}",
        f"{one.handler.minimum * 1e6:.2f}",
        f"{one.floor.minimum * 1e6:.2f}",
        f"{one.floors:.2f}",
        f"≤ {one.goal.floor:g}" if one.goal.floor else "",
        f"{one.speedup:.1f}",
        f"≥ {one.goal.rowwise:g}" if one.goal.rowwise else "",
        mark(met=all(one.results)) if one.results else "",
        f"{one.bytes_in / one.rows:.0f}",
        f"{one.bytes_out / one.rows:.0f}",
        f"{one.largest_out / 2**20:.2f} MB",
    )


def measure_module(module: str) -> list[Figure]:
    """Measure the cases of a module, in a process with Lambda's environment. Fails when a handler answers an error."""
    command = [sys.executable, "-m", "benchmarks.handlers", "--json", module]
    measured = subprocess.run(
        command, env=os.environ | LAMBDA_ENVIRONMENT, check=True, stdout=subprocess.PIPE
    )
    return [_from_json(document) for document in json.loads(measured.stdout)]


def _from_json(document: dict[str, Any]) -> Figure:
    timings = {name: Timing(**document[name]) for name in ("handler", "floor", "rowwise")}
    return Figure(**(document | timings | {"goal": Goal(**document["goal"])}))


def measure_here(module: str) -> list[Figure]:
    """Measure the cases of a module in this process."""
    measured = suite(module)
    return [_measure(module, measured, case) for case in measured.cases()]


def _measure(module: str, measured: Suite, case: Case) -> Figure:
    events = case.events()

    def handle() -> list[bytes]:
        return [measured.handler.respond(one) for one in events]

    posted = handle()
    answers = [orjson.loads(orjson.loads(one)) for one in posted]
    for answer in answers:
        if not answer["success"]:
            raise RuntimeError(f"{module}, {case.name}: {answer['error_msg']}")

    def floor() -> None:
        for one, answer in zip(events, answers, strict=True):
            orjson.loads(one)
            orjson.dumps(orjson.dumps(answer).decode())

    rounds = max(5, min(15, round(FAST_SECONDS / _seconds(handle))))
    fast = interleaved({"handler": handle, "floor": floor}, rounds)
    rows = len(case.rows)
    return Figure(
        module=module,
        name=case.name,
        rows=rows,
        events=len(events),
        handler=fast["handler"].divided(rows),
        floor=fast["floor"].divided(rows),
        rowwise=_row_by_row(measured, case),
        bytes_in=sum(map(len, events)),
        bytes_out=sum(map(len, posted)),
        largest_out=max(map(len, posted)),
        goal=case.goal,
    )


def _row_by_row(measured: Suite, case: Case) -> Timing:
    """Time as many rows as fit into a short time, at least a handful."""
    available = len(case.rowwise or case.rows)
    few = min(available, 5)
    per_row = _seconds(lambda: respond(measured.rowwise, case.rowwise_event(few))) / few
    count = max(few, min(available, round(SLOW_SECONDS / per_row)))
    payload = case.rowwise_event(count)
    slow = interleaved({"rows": lambda: respond(measured.rowwise, payload)}, 3, 1)
    return slow["rows"].divided(count)


def _seconds(contestant: Callable[[], object]) -> float:
    with collection_off():
        begin = time.process_time()
        contestant()
        return max(time.process_time() - begin, 1e-6)


def main() -> int:
    """Print the figures (`--json MODULE`: of this process, as JSON); return 1 when a goal is missed."""
    asked = sys.argv[1:]
    if asked[:1] == ["--json"]:
        print(json.dumps([asdict(one) for one in measure_here(asked[1])]))
        return 0
    met = True
    for module in asked or modules():
        figures = measure_module(module)
        met &= all(all(one.results) for one in figures)
        print(f"### {module}", "", *figures_table(figures), "", sep="\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
