"""From degrees to positions on the tile grid: the spherical Mercator projection (EPSG:3857) over arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

_MAX_LATITUDE = 89.0


def project(
    longitudes: Floats, latitudes: Floats, z: Integers, shift: float = 0.0
) -> tuple[Floats, Floats]:
    """Return positions on the grid of resolution z, in tiles, by the formula of QUADBIN_FROMLONGLAT.

    x is not wrapped into the grid and y not cut to it; latitudes are clipped to 89 degrees, where y is still finite.
    All is moved to the south-east by the part `shift` of the grid.
    """
    tiles = np.ldexp(1.0, z)
    sine = np.sin(np.clip(latitudes, -_MAX_LATITUDE, _MAX_LATITUDE) * np.pi / 180.0)
    x = tiles * (longitudes / 360.0 + 0.5 + shift)
    y = tiles * (0.5 - 0.25 * np.log((1.0 + sine) / (1.0 - sine)) / np.pi + shift)
    return x, y
