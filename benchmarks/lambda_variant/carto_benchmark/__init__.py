"""QUADBIN_FROMLONGLAT as a Lambda function: for the comparison with plain SQL only, not part of the toolbox."""

from __future__ import annotations

import numpy as np

from carto_at_runtime import NULL_RESULT, external_function, float64, handler, int32
from carto_quadbin.grid import project, tiles_to_cells

__all__ = ["from_longitude_latitude", "handler"]


@external_function(
    "__BENCHMARK_FROMLONGLAT",
    float64("longitude", on_null=NULL_RESULT),
    float64("latitude", on_null=NULL_RESULT),
    int32("resolution", on_null=NULL_RESULT),
)
def from_longitude_latitude(longitude, latitude, resolution):
    """The cell of each point, as the SQL function computes it."""
    z = resolution.astype(np.int64)
    x, y = project(np.clip(longitude, -180, 180), np.clip(latitude, -89, 89), z)
    last = np.left_shift(1, z) - 1
    column = np.floor(x).astype(np.int64) & last
    row = np.clip(np.floor(y).astype(np.int64), 0, last)
    return tiles_to_cells(column, row, z)
