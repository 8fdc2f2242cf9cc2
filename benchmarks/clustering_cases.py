"""What is measured of the clustering module: `cases()` for `benchmarks.handlers`, and the same row by row.

Run it with `python -m benchmarks.clustering_cases`.
"""

from __future__ import annotations

import sys

from benchmarks.events import event
from benchmarks.handlers import Case
from benchmarks.multipoints import multipoints
from benchmarks.rowwise.clustering import FUNCTIONS
from benchmarks.speedups import Goal, report
from carto_clustering import handler


def goals() -> list[Goal]:
    """Make the events of all cases: many points in a few rows, and few in many."""
    large = [[text, 10] for text in multipoints(10, 1000)]
    small = [[text, 3] for text in multipoints(300, 20)]
    name = "__clusterkmeans"
    return [
        Goal(Case("k-means, 1 000 points, k = 10", (event(name, large),), len(large), None), 7),
        Goal(Case("k-means, 20 points, k = 3", (event(name, small),), len(small), None), None),
    ]


def cases() -> list[Case]:
    """Make the events of all cases."""
    return [goal.case for goal in goals()]


if __name__ == "__main__":
    sys.exit(report(goals(), FUNCTIONS, handler))
