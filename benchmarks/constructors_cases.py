"""What is measured of the constructors: `cases()` for `benchmarks.handlers`, and the same row by row.

ST_MAKEENVELOPE and ST_TILEENVELOPE run in the database and are not here. The row-by-row functions get geometries as
GeoJSON, the handlers as hex EWKB: each as it reads them. Run it with `python -m benchmarks.constructors_cases`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from benchmarks.events import event, points, polygons
from benchmarks.handlers import Case
from benchmarks.measure import interleaved
from benchmarks.rowwise import respond
from benchmarks.rowwise.constructors import FUNCTIONS
from carto_constructors import handler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


BATCH = 95
"""Rows of a batch where results may have 64 KB each."""


@dataclass(frozen=True, slots=True)
class Goal:
    """The least multiple of the row-by-row speed that is accepted of a case, whose rows `rowwise` holds for that."""

    case: Case
    rowwise: bytes
    speedup: float | None


def goal(
    name: str, function: str, rows: list[list[Any]], speedup: float | None, batch: int = BATCH
) -> Goal:
    """Make a case of rows whose geometries are shapely's, in batches as large as module.yaml allows.

    One batch, of `BATCH` rows at most, goes row by row.
    """
    texts = [[_hex(value) for value in row] for row in rows]
    documents = [[_geojson(value) for value in row] for row in rows[:BATCH]]
    events = tuple(event(function, texts[at : at + batch]) for at in range(0, len(rows), batch))
    case = Case(name, events, len(rows), None)
    return Goal(case, event(function, documents), speedup)


def _hex(value: Any) -> Any:
    return shapely.to_wkb(value, hex=True) if isinstance(value, shapely.Geometry) else value


def _geojson(value: Any) -> Any:
    return shapely.to_geojson(value) if isinstance(value, shapely.Geometry) else value


def lines(count: int, radius: float, vertices: int) -> list[shapely.LineString]:
    """Winding lines around the cities."""
    found = polygons(count, radius, vertices)
    return [
        shapely.LineString(shapely.get_coordinates(shapely.from_wkb(one))[:-1]) for one in found
    ]


def goals() -> list[Goal]:
    """Make the events of all cases."""
    centers = [shapely.Point(place) for place in points(1900)]
    ellipses = [[one, "5", "3", "30", "kilometers"] for one in centers]
    rounder = [[*row, 128] for row in ellipses[:950]]
    splines = [[line, 10_000, "0.85"] for line in lines(95, 0.03, 6)]
    return [
        goal("makeellipse, 64 steps", "__makeellipse_64", ellipses, 100, 2400),
        goal("makeellipse, 128 steps", "__makeellipse", rounder, 100),
        goal("bezierspline, 500 vertices", "__bezierspline", splines, 28),
    ]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [one.case for one in goals()]


def report(
    respond_fast: Callable[[bytes], bytes], functions: Mapping[str, Any], made: list[Goal]
) -> int:
    """Print what each case costs; return how many goals are missed."""
    print(f"{'function':<32}{'rows':>7}{'us/row':>9}{'floor':>7}{'rowwise':>9}{'goal':>7}")
    missed = 0
    for one in made:
        events = one.case.events
        answers = [orjson.loads(orjson.loads(respond_fast(payload))) for payload in events]
        for answer in answers:
            if not answer["success"]:
                raise RuntimeError(f"{one.case.name}: {answer['error_msg']}")
        fast = interleaved(
            {
                "handler": lambda events=events: [respond_fast(payload) for payload in events],
                "floor": lambda events=events, answers=answers: [
                    (orjson.loads(payload), orjson.dumps(orjson.dumps(answer).decode()))
                    for payload, answer in zip(events, answers, strict=True)
                ],
            }
        )
        slow = interleaved({"rowwise": lambda one=one: respond(functions, one.rowwise)}, 3, 0)
        slow_rows = len(orjson.loads(one.rowwise)["arguments"])
        ours = fast["handler"].minimum / one.case.rows
        speedup = slow["rowwise"].minimum / slow_rows / ours
        missed += one.speedup is not None and speedup < one.speedup
        ratio = fast["handler"].minimum / fast["floor"].minimum
        print(
            f"{one.case.name:<32}{one.case.rows:>7}{ours * 1e6:>9.2f}{ratio:>7.1f}{speedup:>9.1f}"
            f"{one.speedup or '':>7}"
        )
    return missed


if __name__ == "__main__":
    sys.exit(min(1, report(handler.respond, FUNCTIONS, goals())))
