"""What is measured of the quadkey module: `cases()` for `benchmarks.handlers`, and the same row by row.

Results of hundreds of cells have no goal against the floor: it writes them as texts that are there already, so it is
little more than a copy of their bytes, and less than writing the numbers.

Run it with `python -m benchmarks.quadkey_cases`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import mercantile
import orjson

from benchmarks.events import event, points, polygons
from benchmarks.handlers import Case
from benchmarks.measure import interleaved
from benchmarks.rowwise import respond
from benchmarks.rowwise.quadkey import FUNCTIONS
from carto_quadkey import handler


@dataclass(frozen=True, slots=True)
class Goal:
    """The least multiple of the row-by-row speed that is accepted of a case."""

    case: Case
    speedup: float | None


def _quadints(count: int, zooms: tuple[int, ...]) -> list[int]:
    made = []
    for number, (longitude, latitude) in enumerate(points(count)):
        x, y, z = mercantile.tile(longitude, latitude, zooms[number % len(zooms)])
        made.append(y << (z + 5) | x << 5 | z)
    return made


def goals() -> list[Goal]:
    """Make the events of all cases; goals are those of the quadbin module's functions of the same kind."""
    ring = [[cell, 1] for cell in _quadints(10_000, (10, 13, 16))]
    wide = [[cell, 5] for cell in _quadints(1000, (15,))]
    parents = [[cell, 16] for cell in _quadints(1000, (12,))]
    large = [[shape, 17] for shape in polygons(20, 0.1, 200)]
    small = [[shape, 14] for shape in polygons(200, 0.1, 200)]
    name = "__quadint_"
    return [
        Goal(Case("quadint kring, k = 1", (event(f"{name}kring", ring),), 10_000, 3.5), 30),
        Goal(Case("quadint kring, k = 5", (event(f"{name}kring", wide),), 1000, None), 50),
        Goal(
            Case(
                "quadint kring_distances, k = 1",
                (event(f"{name}kring_distances", ring[:8000]),),
                8000,
                None,
            ),
            None,
        ),
        Goal(
            Case(
                "quadint tochildren, 4 levels", (event(f"{name}tochildren", parents),), 1000, None
            ),
            12,
        ),
        Goal(
            Case("quadint polyfill, 4 500 cells", (event(f"{name}polyfill", large),), 20, None), 25
        ),
        Goal(Case("quadint polyfill, 95 cells", (event(f"{name}polyfill", small),), 200, None), 5),
    ]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [goal.case for goal in goals()]


def main() -> int:
    """Print what each case costs; return 1 when a goal is missed."""
    missed = False
    print(
        f"{'function':<32}{'rows':>7}{'us/row':>9}{'/ floor':>9}{'goal':>6}{'x row by row':>14}{'goal':>6}"
    )
    for goal in goals():
        case = goal.case
        [payload] = case.events
        answer = orjson.loads(orjson.loads(handler.respond(payload)))
        assert answer["success"], answer["error_msg"]
        times = interleaved(
            {
                "handler": lambda payload=payload: handler.respond(payload),
                "floor": lambda payload=payload, answer=answer: (
                    orjson.loads(payload),
                    orjson.dumps(orjson.dumps(answer).decode()),
                ),
                "rows": lambda payload=payload: respond(FUNCTIONS, payload),
            },
            rounds=5,
        )
        spent = times["handler"].minimum
        ratio, speedup = spent / times["floor"].minimum, times["rows"].minimum / spent
        missed |= ratio > (case.goal or ratio) or speedup < (goal.speedup or 0)
        print(
            f"{case.name:<32}{case.rows:>7}{spent / case.rows * 1e6:>9.2f}{ratio:>9.2f}{case.goal or '':>6}"
            f"{speedup:>14.1f}{goal.speedup or '':>6}"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
