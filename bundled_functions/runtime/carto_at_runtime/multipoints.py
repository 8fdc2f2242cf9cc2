"""MultiPoints from hex EWKB, a whole column at a time, for functions that take nothing else.

`ST_AsHexEWKB` writes every plane point of a MultiPoint in 21 bytes, so a column of them is a table of bytes. Other
texts go through shapely, which reads them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.errors import reject
from carto_at_runtime.wkb_points import LARGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_PLAIN = bytes.fromhex("0104000000")
_WITH_SRID = bytes.fromhex("0104000020")
_POINT = np.frombuffer(bytes.fromhex("0101000000"), np.uint8)
_POINT_BYTES = 21


def read_multipoints(
    hex_texts: Sequence[str], reason: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Read texts that have to be MultiPoints; Z and M are dropped, and empty points inside are.

    Returns coordinates of shape (points, 2) and offsets of shape (rows + 1,): row i has
    `coordinates[offsets[i]:offsets[i + 1]]`. Raises `RowError` with `reason` for a geometry of another type, and
    "Invalid geometry: ..." for malformed text and coordinates that are not finite.
    """
    return _plain_multipoints(hex_texts) or _any_multipoints(hex_texts, reason)


def _plain_multipoints(
    hex_texts: Sequence[str],
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    try:
        data = [bytes.fromhex(text) for text in hex_texts]
    except ValueError:
        return None
    bodies, counts = [], []
    for one in data:
        start = 9 if one.startswith(_PLAIN) else 13 if one.startswith(_WITH_SRID) else 0
        count = int.from_bytes(one[start - 4 : start], "little")
        if not start or len(one) != start + _POINT_BYTES * count:
            return None
        bodies.append(one[start:])
        counts.append(count)
    table = np.frombuffer(b"".join(bodies), np.uint8).reshape(-1, _POINT_BYTES)
    if (table[:, : len(_POINT)] != _POINT).any():
        return None
    coordinates = table[:, len(_POINT) :].copy().view("<f8")
    if not (np.abs(coordinates) <= LARGEST).all():
        return None  # a point that is empty, or a fault that shapely names
    return coordinates, np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def _any_multipoints(
    hex_texts: Sequence[str], reason: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    import shapely  # noqa: PLC0415 - takes 60 ms, and is seldom needed

    from carto_at_runtime.shapes import read_shapes  # noqa: PLC0415

    shapes = read_shapes(hex_texts)
    reject(shapely.get_type_id(shapes) != shapely.GeometryType.MULTIPOINT, reason)
    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    return coordinates, np.searchsorted(rows, np.arange(len(shapes) + 1))


def first_occurrences(points: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indexes of the points that no earlier point of their row equals, in order.

    `points` and `offsets` are as `read_multipoints` gives them.
    """
    across = np.sort(points[:, 0])
    if (across[1:] != across[:-1]).all():
        return np.arange(len(points))
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.lexsort((points[:, 1], points[:, 0], rows))
    ordered = points[order]
    first = np.ones(len(points), np.bool_)
    # Rows are in order, also in `order`, so that `rows` tells where one ends.
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1) | (np.diff(rows) > 0)
    # lexsort is stable: of equal points, the first one given comes first.
    return np.sort(order[first])
