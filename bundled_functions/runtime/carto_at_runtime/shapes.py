"""Hex EWKB to shapely geometries, for functions whose algorithms are those of GEOS.

`wkb` reads the same texts to flat arrays of coordinates without shapely, which takes 60 ms to import: modules import
the one that they need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from carto_at_runtime.errors import RowError, abridged, reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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
    shapes = shapely.from_wkb(data, on_invalid="ignore")
    reject(shapely.is_missing(shapes), "Invalid geometry: it is not well-formed EWKB")
    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    if not np.isfinite(coordinates).all():
        bad = np.zeros(len(shapes), np.bool_)
        bad[rows[~np.isfinite(coordinates).all(axis=1)]] = True
        reject(bad, "Invalid geometry: a coordinate is not a finite number")
    return shapes


def read_multipoints(
    hex_texts: Sequence[str], reason: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Read texts that have to be MultiPoints; Z and M are dropped, and empty points inside are.

    Returns coordinates of shape (points, 2) and offsets of shape (rows + 1,): row i has
    `coordinates[offsets[i]:offsets[i + 1]]`. Raises `RowError` as `read_shapes` does, and with `reason` for a
    geometry of another type.
    """
    shapes = read_shapes(hex_texts)
    reject(shapely.get_type_id(shapes) != shapely.GeometryType.MULTIPOINT, reason)
    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    return coordinates, np.searchsorted(rows, np.arange(len(shapes) + 1))


def first_occurrences(points: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indexes of the points that no earlier point of their row equals, in order.

    `points` and `offsets` are as `read_multipoints` gives them.
    """
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.lexsort((points[:, 1], points[:, 0], rows))
    ordered = points[order]
    first = np.ones(len(points), np.bool_)
    # Rows are in order, also in `order`, so that `rows` tells where one ends.
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1) | (np.diff(rows) > 0)
    # lexsort is stable: of equal points, the first one given comes first.
    return np.sort(order[first])
