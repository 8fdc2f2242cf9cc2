"""What is measured of the clustering module: many points in a few rows, and few in many."""

from __future__ import annotations

from benchmarks.cases import Case, Goal, Suite
from benchmarks.multipoints import multipoints
from benchmarks.rowwise.clustering import FUNCTIONS
from carto_clustering import handler


def cases() -> list[Case]:
    """Make the rows of all cases."""
    large = [[text, 10] for text in multipoints(10, 1000)]
    small = [[text, 3] for text in multipoints(300, 20)]
    return [
        Case("k-means, 1 000 points, k = 10", "__clusterkmeans", large, Goal(rowwise=7)),
        Case("k-means, 20 points, k = 3", "__clusterkmeans", small),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
