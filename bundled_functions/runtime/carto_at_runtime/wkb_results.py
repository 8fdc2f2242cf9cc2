"""Geometry results as hex EWKB with SRID 4326, which `ST_GeomFromEWKB` reads exactly.

Formats: OGC 06-103r4 (WKB) and PostGIS's EWKB (the flag for an SRID). Coordinates are arrays of shape (n, 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.limits import check_fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

VERTEX_BYTES = 32
"""Bytes of a vertex in the response."""

_SRID = bytes.fromhex("20E6100000")
_POINT = b"\x01\x01\x00\x00" + _SRID
_LINE = b"\x01\x02\x00\x00" + _SRID
_POLYGON = b"\x01\x03\x00\x00" + _SRID
_MULTI_LINE = b"\x01\x05\x00\x00" + _SRID
_ONE = b"\x01\x00\x00\x00"


def check_vertices(counts: NDArray[np.int64]) -> None:
    """Refuse results that Lambda cannot return, given how many vertices each row's geometry has."""
    check_fits(counts, VERTEX_BYTES, _too_many)


def _too_many(_row: int, vertices: int) -> str:
    return f"the result would have {vertices} vertices, more than Lambda can return: ask for fewer"


def hex_points(xy: NDArray[np.float64]) -> list[str]:
    """Return a POINT per row of `xy`."""
    return _cut(_table(_POINT, xy.reshape(len(xy), 1, 2)))


def hex_linestrings(table: NDArray[np.float64]) -> list[str]:
    """Return a LINESTRING per row of `table`, which has shape (rows, vertices, 2)."""
    return _cut(_table(_LINE + _count(table.shape[1]), table))


def hex_polygons(table: NDArray[np.float64]) -> list[str]:
    """Return a POLYGON of one ring per row of `table`, which has shape (rows, vertices, 2) and closed rings."""
    return _cut(_table(_POLYGON + _ONE + _count(table.shape[1]), table))


def hex_lines(pieces: Sequence[NDArray[np.float64]]) -> str:
    """Return a LINESTRING, or a MULTILINESTRING of several pieces, each of shape (vertices, 2)."""
    if len(pieces) == 1:
        return hex_linestrings(pieces[0][None])[0]
    members = [
        b"\x01\x02\x00\x00\x00" + _count(len(piece)) + np.ascontiguousarray(piece, "<f8").tobytes()
        for piece in pieces
    ]
    return (_MULTI_LINE + _count(len(pieces)) + b"".join(members)).hex()


def _count(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _table(header: bytes, table: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the bytes of one geometry per row: the header, then the row's coordinates."""
    rows = len(table)
    coordinates = np.ascontiguousarray(table, "<f8").reshape(rows, -1).view(np.uint8)
    found = np.empty((rows, len(header) + coordinates.shape[1]), np.uint8)
    found[:, : len(header)] = np.frombuffer(header, np.uint8)
    found[:, len(header) :] = coordinates
    return found


def _cut(table: NDArray[np.uint8]) -> list[str]:
    text = table.tobytes().hex()
    width = 2 * table.shape[1]
    return [text[start : start + width] for start in range(0, len(text), width)]
