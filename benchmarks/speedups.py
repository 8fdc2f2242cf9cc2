"""Prints what a module's cases cost, against the floor that JSON sets and against the same row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.measure import interleaved
from benchmarks.rowwise import respond

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.handlers import Case


@dataclass(frozen=True, slots=True)
class Goal:
    """The least multiple of the row-by-row speed that is accepted of a case."""

    case: Case
    speedup: float | None


def report(goals: Sequence[Goal], functions: Mapping[str, Callable[..., Any]], handler: Any) -> int:
    """Measure all cases and print a line for each; return 1 when a goal is missed."""
    missed = False
    print(f"{'function':<32}{'rows':>7}{'us/row':>10}{'/ floor':>9}{'x row by row':>14}{'goal':>6}")
    for goal in goals:
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
                "rows": lambda payload=payload: respond(functions, payload),
            },
            rounds=5,
        )
        spent = times["handler"].minimum
        ratio, speedup = spent / times["floor"].minimum, times["rows"].minimum / spent
        missed |= speedup < (goal.speedup or 0)
        print(
            f"{case.name:<32}{case.rows:>7}{spent / case.rows * 1e6:>10.2f}{ratio:>9.2f}"
            f"{speedup:>14.1f}{goal.speedup or '':>6}"
        )
    return int(missed)
