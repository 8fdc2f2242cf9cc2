"""What is measured of the clustering module: many points in a few rows, and few in many."""

from __future__ import annotations

import shapely

from benchmarks.cases import Case, Goal, Suite
from benchmarks.multipoints import multipoints
from benchmarks.rowwise.clustering import FUNCTIONS
from benchmarks.shapes import shape_case
from carto_clustering import handler


def cases() -> list[Case]:
    """Make the rows of all cases."""
    large = [[shapely.from_wkb(text), 10] for text in multipoints(10, 600)]
    small = [[shapely.from_wkb(text), 3] for text in multipoints(900, 20)]
    return [
        shape_case("k-means, 600 points, k = 10", "__clusterkmeans", large, Goal(rowwise=7)),
        shape_case("k-means, 20 points, k = 3", "__clusterkmeans", small),
    ]


SUITE = Suite(handler, FUNCTIONS, cases)
