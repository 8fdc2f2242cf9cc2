"""Units of length that the module's functions take, on a sphere of 6371.0088 km."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EARTH_RADIUS_M = 6371008.8

PER_METER = {
    "kilometers": 0.001,
    "km": 0.001,
    "meters": 1.0,
    "m": 1.0,
    "miles": 0.000621371192,
    "mi": 0.000621371192,
    "feet": 3.28084,
    "ft": 3.28084,
    "inches": 39.370,
    "in": 39.370,
    "yards": 1 / 0.9144,
    "yd": 1 / 0.9144,
    "centimeters": 100.0,
    "cen": 100.0,
    "nauticalmiles": 0.000539956803,
    "naut": 0.000539956803,
    "degrees": 1 / 111325,
    "radians": 1 / EARTH_RADIUS_M,
}
"""The reference toolbox's factors, digit for digit, but for the yard, which it had the wrong way round."""


def to_radians(lengths: NDArray[np.float64], units: Sequence[str]) -> NDArray[np.float64]:
    """Return lengths as angles on the sphere; raise `RowError` ("unit is invalid") for an unknown unit."""
    if len(set(units)) == 1 and units[0] in PER_METER:
        return lengths / (PER_METER[units[0]] * EARTH_RADIUS_M)
    factors = np.array([PER_METER.get(unit.lower(), np.nan) for unit in units])
    reject(np.isnan(factors), "unit is invalid")
    return lengths / (factors * EARTH_RADIUS_M)
