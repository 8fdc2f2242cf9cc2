"""Points from hex EWKB, a whole column at a time, for functions that take nothing else.

`ST_AsHexEWKB` writes every plane point in 21 bytes, or 25 with an SRID, so a column of them is a table of bytes. Other
texts go through shapely, which reads them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.errors import RowError, abridged, reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LARGEST = 1e50
"""Coordinates beyond this are refused: the fourth powers that geometry needs would no longer be numbers."""

NOT_FINITE = "a coordinate is not a finite number, or beyond 1e50"

_HEADERS = {
    42: bytes.fromhex("0101000000"),
    50: bytes.fromhex("0101000020E6100000"),
}
"""What stands before the coordinates, by the length of the text: without an SRID, and with 4326."""


def read_points(hex_texts: Sequence[str], reason: str) -> NDArray[np.float64]:
    """Read a point per text into an array of shape (rows, 2): x, y; Z and M are dropped.

    Empty points are NaN. Raises `RowError` with `reason` for another geometry, and "Invalid geometry: ..." for
    malformed text and coordinates that are not finite.
    """
    table = _plain_points(hex_texts)
    if table is None:
        table = _any_points(hex_texts, reason)
    half = np.isfinite(table).sum(axis=1)
    reject((half == 1) | (np.abs(table) > LARGEST).any(axis=1), f"Invalid geometry: {NOT_FINITE}")
    return table


def _plain_points(hex_texts: Sequence[str]) -> NDArray[np.float64] | None:
    if not len(hex_texts):
        return np.empty((0, 2))
    length = len(hex_texts[0])
    header = _HEADERS.get(length)
    if header is None or any(len(text) != length for text in hex_texts):
        return None
    try:
        data = bytes.fromhex("".join(hex_texts))
    except ValueError:
        return None
    if 2 * len(data) != length * len(hex_texts):
        return None  # there were blanks
    table = np.frombuffer(data, np.uint8).reshape(len(hex_texts), length // 2)
    if (table[:, : len(header)] != np.frombuffer(header, np.uint8)).any():
        return None
    return table[:, len(header) :].copy().view("<f8")


def _any_points(hex_texts: Sequence[str], reason: str) -> NDArray[np.float64]:
    import shapely  # noqa: PLC0415 - takes 60 ms, and is seldom needed

    shapes = np.empty(len(hex_texts), object)
    for row, text in enumerate(hex_texts):
        try:
            shapes[row] = shapely.from_wkb(bytes.fromhex(text))
        except (ValueError, NotImplementedError, shapely.errors.ShapelyError):
            raise RowError(row, f"Invalid geometry: {abridged(text, 40)} is not hex EWKB") from None
    reject(shapely.get_type_id(shapes) != shapely.GeometryType.POINT, reason)
    return np.stack((shapely.get_x(shapes), shapely.get_y(shapes)), axis=1)
