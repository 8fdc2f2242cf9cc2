"""What is measured of the S2 module: `cases()` for `benchmarks.handlers`, and the same row by row.

The row-by-row functions get coordinates as texts, the handlers as integers (`sql/s2/macros.sql`): each as it reads
them. Searches (coverings and polyfill) have no goal against the floor; they must beat the libraries they agree with.

Run it with `python -m benchmarks.s2_cases`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import orjson

from benchmarks.events import event, points, polygons
from benchmarks.handlers import Case
from benchmarks.measure import interleaved
from benchmarks.rowwise import respond
from benchmarks.rowwise.s2 import FUNCTIONS
from carto_s2 import handler
from carto_s2.handlers import from_longlat


@dataclass(frozen=True, slots=True)
class Goal:
    """The least multiple of the row-by-row speed that is accepted of a case, whose rows `rowwise` holds for that."""

    case: Case
    rowwise: bytes
    speedup: float | None


def _fixed_point(degrees: float) -> int:
    return round(degrees * 2**52)


def _cells(count: int, levels: tuple[int, ...]) -> list[int]:
    longitudes, latitudes = (
        np.array([_fixed_point(value) for value in column])
        for column in zip(*points(count), strict=True)
    )
    found = from_longlat(longitudes, latitudes, np.resize(np.array(levels), count))
    return [int(cell) for cell in found]


def _goal(
    name: str, function: str, rows: list[list[object]], goal: float | None, speedup: float | None
) -> Goal:
    made = event(function, rows)
    return Goal(Case(name, (made,), len(rows), goal), made, speedup)


def _goal_of_degrees(
    name: str, function: str, rows: list[list[float | int]], goal: float | None, speedup: float
) -> Goal:
    exact = [[_fixed_point(n) if isinstance(n, float) else n for n in row] for row in rows]
    texts = [[repr(n) if isinstance(n, float) else n for n in row] for row in rows]
    case = Case(name, (event(function, exact),), len(rows), goal)
    return Goal(case, event(function, texts), speedup)


def goals() -> list[Goal]:
    """Make the events of all cases."""
    cells = _cells(10_000, (8, 12, 14, 16))
    boxes = [[x, x + 0.05, y, y + 0.04, 8, 16] for x, y in points(200)]
    places = [[x, y, 14] for x, y in points(10_000)]
    shapes = polygons(50, 0.1, 200)
    deeper = [
        [cell, level + 2]
        for cell, level in zip(cells, np.resize((8, 12, 14, 16), 10_000).tolist(), strict=True)
    ]
    return [
        _goal_of_degrees("s2 fromlonglat", "__s2_fromlonglat", places, 3.5, 12),
        _goal("s2 center", "__s2_center", [[cell] for cell in cells], 3.5, 12),
        _goal("s2 boundary", "s2_boundary", [[cell] for cell in cells], 6.0, 20),
        _goal("s2 tochildren, 2 levels", "__s2_tochildren", deeper, 3.5, 22),
        _goal_of_degrees("s2 polyfill_bbox", "__s2_polyfill_bbox", boxes, None, 4),
        _goal("s2 polyfill, 600 cells", "__s2_polyfill", [[s, 14] for s in shapes], None, 25),
        _goal("s2 polyfill, 40 cells", "__s2_polyfill", [[s, 12] for s in shapes], None, 5),
    ]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [goal.case for goal in goals()]


def main() -> int:
    """Print what each case costs; return 1 when a goal is missed."""
    print(
        "{:<28}{:>7}{:>9}{:>7}{:>7}{:>9}{:>7}".format(
            "function", "rows", "us/row", "floor", "goal", "rowwise", "goal"
        )
    )
    missed = 0
    for goal in goals():
        case = goal.case
        (made,) = case.events
        answer = orjson.loads(orjson.loads(handler.respond(made)))
        if not answer["success"]:
            raise RuntimeError(f"{case.name}: {answer['error_msg']}")
        fast = interleaved(
            {
                "handler": lambda made=made: handler.respond(made),
                "floor": lambda made=made, answer=answer: (
                    orjson.loads(made),
                    orjson.dumps(orjson.dumps(answer).decode()),
                ),
            }
        )
        slow = interleaved({"rowwise": lambda goal=goal: respond(FUNCTIONS, goal.rowwise)}, 2, 0)
        ratio = fast["handler"].minimum / fast["floor"].minimum
        speedup = slow["rowwise"].minimum / fast["handler"].minimum
        missed += (case.goal is not None and ratio > case.goal) or (
            goal.speedup is not None and speedup < goal.speedup
        )
        print(
            f"{case.name:<28}{case.rows:>7}{fast['handler'].minimum / case.rows * 1e6:>9.2f}{ratio:>7.2f}"
            f"{case.goal or '':>7}{speedup:>9.1f}{goal.speedup or '':>7}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
