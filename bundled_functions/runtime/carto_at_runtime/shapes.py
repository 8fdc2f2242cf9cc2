"""Hex EWKB to shapely geometries, for functions whose algorithms are those of GEOS.

`wkb` reads the same texts to flat arrays of coordinates without shapely, which takes 60 ms to import: modules import
the one that they need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from carto_at_runtime.errors import RowError, abridged, reject
from carto_at_runtime.wkb_points import LARGEST, NOT_FINITE

if TYPE_CHECKING:
    from collections.abc import Sequence

Shapes = Any
"""A numpy array of shapely geometries, of dtype object."""


def read_shapes(hex_texts: Sequence[str]) -> Shapes:
    """Read a geometry per text, of any type and SRID, with its Z and M.

    Raises `RowError` ("Invalid geometry: ...") for text that is not hexadecimal, for malformed WKB and for coordinates
    that are not finite. Geometries need not be valid otherwise.
    """
    data = np.empty(len(hex_texts), object)
    for row, text in enumerate(hex_texts):
        try:
            data[row] = bytes.fromhex(text)
        except ValueError:
            raise RowError(
                row, f"Invalid geometry: {abridged(text, 40)} is not hexadecimal EWKB"
            ) from None
    shapes = _from_wkb(data)
    reject(shapely.is_missing(shapes), "Invalid geometry: it is not well-formed EWKB")
    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    good = np.abs(coordinates) <= LARGEST
    if not good.all():
        bad = np.zeros(len(shapes), np.bool_)
        bad[rows[~good.all(axis=1)]] = True
        reject(bad, f"Invalid geometry: {NOT_FINITE}")
    return shapes


def _from_wkb(data: Any) -> Shapes:
    try:
        return shapely.from_wkb(data, on_invalid="ignore")
    except (ValueError, NotImplementedError, shapely.errors.ShapelyError):
        for row, one in enumerate(data):
            try:
                shapely.from_wkb(one, on_invalid="ignore")
            except (ValueError, NotImplementedError, shapely.errors.ShapelyError) as error:
                raise RowError(row, f"Invalid geometry: {error}") from None
        raise
