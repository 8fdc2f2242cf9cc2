"""CPU time of the Lambda handlers, from event bytes to response bytes, against the floor that JSON sets.

The floor is what any handler must pay that reads the same event and writes the same results with the fastest JSON
library: `orjson.loads` of the event, `orjson.dumps` of the results, and again of that text, as Redshift reads a JSON
string. A ratio of 2 means that the work itself costs as much as the reading and writing.

Run it with `python -m benchmarks.handlers`; `measure_handlers` returns the figures. Both measure in a process of their
own, which has the environment that Lambda functions get: without it, the C library gives the memory of every large
response back to the kernel, and asks for it again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson

from benchmarks.events import event, points, polygons
from benchmarks.measure import Timing, interleaved
from carto_quadbin import grid, handler

LAMBDA_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TOP_PAD_": "16777216",
}
"""What the modules' Lambda functions have in their environment, for speed."""


@dataclass(frozen=True, slots=True)
class Case:
    """Rows for one function, in as many events as its responses need; `goal` is the highest ratio that we accept."""

    name: str
    events: tuple[bytes, ...]
    rows: int
    goal: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured for one case. Times are CPU seconds for all of its rows."""

    name: str
    rows: int
    handler: Timing
    floor: Timing
    goal: float | None
    bytes_in: int
    bytes_out: int

    @property
    def ratio(self) -> float:
        """Handler to floor, best rounds."""
        return self.handler.minimum / self.floor.minimum

    @property
    def median_ratio(self) -> float:
        """Handler to floor, middle rounds."""
        return self.handler.median / self.floor.median

    @property
    def met(self) -> bool:
        """Whether the ratio is within the goal."""
        return self.goal is None or self.ratio <= self.goal


def _cells(count: int, resolutions: tuple[int, ...]) -> list[int]:
    longitudes, latitudes = np.array(points(count)).T
    z = np.resize(np.array(resolutions, np.int64), count)
    x, y = grid.project(longitudes, np.clip(latitudes, -80, 80), z)
    tiles = np.left_shift(1, z)
    cells = grid.tiles_to_cells(x.astype(np.int64) % tiles, y.astype(np.int64), z)
    return [int(cell) for cell in cells]


def cases() -> list[Case]:
    """Make the events of all cases."""
    ring = [[cell, 1] for cell in _cells(10_000, (10, 13, 16))]
    wide = [[cell, 5] for cell in _cells(1000, (15,))]
    parents = [[cell, 16] for cell in _cells(1000, (12,))]
    large = [[shape, 17] for shape in polygons(200, 0.1, 200)]
    small = [[shape, 14] for shape in polygons(200, 0.1, 200)]
    name = "__quadbin_"
    return [
        Case("kring, k = 1", (event(f"{name}kring", ring),), 10_000, 3.5),
        Case("kring, k = 5", (event(f"{name}kring", wide),), 1000, None),
        Case("kring_distances, k = 1", (event(f"{name}kring_distances", ring[:8000]),), 8000, None),
        Case("tochildren, 4 levels", (event(f"{name}tochildren", parents),), 1000, 2.0),
        Case("polyfill, about 4 500 cells", _batches(f"{name}polyfill", large, 50), 200, 6.0),
        Case("polyfill, about 95 cells", (event(f"{name}polyfill", small),), 200, None),
        Case("kring, k = 1, one row", (event(f"{name}kring", ring[:1]),), 1, None),
    ]


def _batches(function: str, rows: list[list[Any]], size: int) -> tuple[bytes, ...]:
    return tuple(event(function, rows[i : i + size]) for i in range(0, len(rows), size))


def _handle(events: tuple[bytes, ...]) -> list[bytes]:
    return [handler.respond(one) for one in events]


def _floor(events: tuple[bytes, ...], answers: list[dict[str, Any]]) -> None:
    for one, answer in zip(events, answers, strict=True):
        orjson.loads(one)
        orjson.dumps(orjson.dumps(answer).decode())


def measure_handlers() -> list[Figure]:
    """Measure all cases, in a process with Lambda's environment. Fails when a handler answers an error."""
    command = [sys.executable, "-m", "benchmarks.handlers", "--json"]
    measured = subprocess.run(
        command, env=os.environ | LAMBDA_ENVIRONMENT, check=True, stdout=subprocess.PIPE
    )
    return [_from_json(document) for document in json.loads(measured.stdout)]


def _from_json(document: dict[str, Any]) -> Figure:
    timings = {name: Timing(**document[name]) for name in ("handler", "floor")}
    return Figure(**(document | timings))


def measure_here(rounds: int = 15) -> list[Figure]:
    """Measure all cases in this process."""
    return [_measure(case, rounds) for case in cases()]


def _measure(case: Case, rounds: int) -> Figure:
    posted = _handle(case.events)
    answers = [orjson.loads(orjson.loads(one)) for one in posted]
    for answer in answers:
        if not answer["success"]:
            raise RuntimeError(f"{case.name}: {answer['error_msg']}")
    timings = interleaved(
        {
            "handler": lambda: _handle(case.events),
            "floor": lambda: _floor(case.events, answers),
        },
        rounds if case.rows > 1 else rounds * 50,
    )
    return Figure(
        case.name,
        case.rows,
        timings["handler"],
        timings["floor"],
        case.goal,
        sum(map(len, case.events)),
        sum(map(len, posted)),
    )


def main() -> int:
    """Print the figures (`--json`: of this process, as JSON); return 1 when a goal is missed."""
    if "--json" in sys.argv:
        print(json.dumps([asdict(one) for one in measure_here()]))
        return 0
    figures = measure_handlers()
    heading = (
        "function",
        "rows",
        "us/row",
        "floor",
        "ratio",
        "median",
        "goal",
        "B in/row",
        "B out/row",
    )
    print("{:<28}{:>7}{:>9}{:>9}{:>8}{:>8}{:>6}{:>10}{:>11}".format(*heading))
    for one in figures:
        print(
            f"{one.name:<28}{one.rows:>7}{one.handler.minimum / one.rows * 1e6:>9.2f}"
            f"{one.floor.minimum / one.rows * 1e6:>9.2f}{one.ratio:>8.2f}{one.median_ratio:>8.2f}"
            f"{one.goal or '':>6}{one.bytes_in / one.rows:>10.0f}{one.bytes_out / one.rows:>11.0f}"
        )
    return 0 if all(one.met for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
