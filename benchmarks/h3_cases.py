"""What is measured of the h3 module: `cases()` for `benchmarks.handlers`, and the same row by row.

Most of what is left to Lambda is work of libh3, which both sides pay: goals are multiples of the row-by-row speed. The
library has experimental modes of polyfill like ours, which are as fast as ours but leave out a cell now and then.
The row-by-row functions get cells as texts, the handlers as numbers (`sql/h3/macros.sql`): each as it reads them.

Run it with `python -m benchmarks.h3_cases`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import h3
import orjson

from benchmarks.events import event, points, polygons
from benchmarks.handlers import Case
from benchmarks.measure import interleaved
from benchmarks.rowwise import respond
from benchmarks.rowwise.h3 import FUNCTIONS
from carto_h3 import handler


@dataclass(frozen=True, slots=True)
class Goal:
    """The least multiple of the row-by-row speed that is accepted of a case, whose rows `rowwise` holds for that."""

    case: Case
    rowwise: bytes
    speedup: float | None


def _cells(count: int, resolutions: tuple[int, ...]) -> list[str]:
    return [
        h3.latlng_to_cell(latitude, longitude, resolutions[number % len(resolutions)])
        for number, (longitude, latitude) in enumerate(points(count))
    ]


def _number(argument: object) -> object:
    is_cell = isinstance(argument, str) and len(argument) == 15
    return int(str(argument), 16) if is_cell else argument


def _goal(name: str, function: str, rows: list[list[object]], speedup: float | None) -> Goal:
    numbers = event(f"__h3_{function}", [[_number(each) for each in row] for row in rows])
    case = Case(f"h3 {name}", (numbers,), len(rows), None)
    return Goal(case, event(f"__h3_{function}", rows), speedup)


def goals() -> list[Goal]:
    """Make the events of all cases."""
    cells = _cells(10_000, (7, 9, 12))
    fine = _cells(1000, (9,))
    pairs = [[cell, h3.grid_disk(cell, 3)[-1]] for cell in cells]
    sets = [[json.dumps(h3.grid_disk(cell, 5))] for cell in fine]
    coarse = [[json.dumps(h3.compact_cells(json.loads(one))), 9] for [one] in sets]
    shapes = polygons(200, 0.1, 200)
    simple = polygons(200, 0.1, 20)
    return [
        _goal("kring, k = 1", "kring", [[cell, 1] for cell in cells], 3),
        _goal("kring, k = 5", "kring", [[cell, 5] for cell in fine], 3),
        _goal("kring_distances, k = 1", "kring_distances", [[cell, 1] for cell in cells], 3),
        _goal("hexring, k = 3", "hexring", [[cell, 3] for cell in cells], 1.8),
        _goal("distance, 3 cells", "distance", pairs, None),
        _goal(
            "tochildren, 1 level", "tochildren", [[c, h3.get_resolution(c) + 1] for c in cells], 3
        ),
        _goal("tochildren, 4 levels", "tochildren", [[cell, 13] for cell in fine[:100]], 3),
        _goal("compact, 91 cells", "compact", sets, 1.8),
        _goal("uncompact, 91 cells", "uncompact", coarse, 1.8),
        _goal("polyfill, 50 cells", "polyfill", [[s, 7, "center"] for s in shapes], 1.8),
        _goal("polyfill, 2 600 cells", "polyfill", [[s, 9, "center"] for s in shapes[:50]], 1.8),
        _goal("polyfill, 20 corners", "polyfill", [[s, 7, "center"] for s in simple], None),
        _goal(
            "polyfill, intersects", "polyfill", [[s, 9, "intersects"] for s in shapes[:50]], None
        ),
        _goal("polyfill, contains", "polyfill", [[s, 9, "contains"] for s in shapes[:50]], None),
    ]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [goal.case for goal in goals()]


def main() -> int:
    """Print what each case costs; return 1 when a goal is missed."""
    missed = False
    print(
        f"{'function':<28}{'rows':>7}{'us/row':>10}{'/ floor':>9}{'x row by row':>14}{'goal':>6}{'B out/row':>11}"
    )
    for goal in goals():
        case = goal.case
        [payload] = case.events
        answered = handler.respond(payload)
        answer = orjson.loads(orjson.loads(answered))
        assert answer["success"], answer["error_msg"]
        times = interleaved(
            {
                "handler": lambda payload=payload: handler.respond(payload),
                "floor": lambda payload=payload, answer=answer: (
                    orjson.loads(payload),
                    orjson.dumps(orjson.dumps(answer).decode()),
                ),
                "rows": lambda goal=goal: respond(FUNCTIONS, goal.rowwise),
            },
            rounds=5,
        )
        spent = times["handler"].minimum
        ratio, speedup = spent / times["floor"].minimum, times["rows"].minimum / spent
        missed |= speedup < (goal.speedup or 0)
        print(
            f"{case.name:<28}{case.rows:>7}{spent / case.rows * 1e6:>10.2f}{ratio:>9.1f}"
            f"{speedup:>14.1f}{goal.speedup or '':>6}{len(answered) / case.rows:>11.0f}"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
