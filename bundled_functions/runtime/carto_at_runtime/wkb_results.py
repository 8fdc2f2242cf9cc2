"""Geometry results as hex EWKB with SRID 4326, which `ST_GeomFromEWKB` reads exactly.

Formats: OGC 06-103r4 (WKB) and PostGIS's EWKB (the flag for an SRID). Coordinates are arrays of shape (n, 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.limits import check_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

VERTEX_BYTES = 32
"""Bytes of a vertex in the response."""

MOST_VERTICES = 2046
"""Of a line or a ring in one text."""

_SRID = bytes.fromhex("20E6100000")
_POINT = b"\x01\x01\x00\x00" + _SRID
_LINE = b"\x01\x02\x00\x00" + _SRID
_POLYGON = b"\x01\x03\x00\x00" + _SRID
_MULTI_LINE = b"\x01\x05\x00\x00" + _SRID
_PLAIN_LINE = b"\x01\x02\x00\x00\x00"
_ONE = b"\x01\x00\x00\x00"


def check_vertices(counts: NDArray[np.int64]) -> None:
    """Refuse results that Redshift or Lambda cannot take, given how many vertices each row's geometry has."""
    check_items(counts, VERTEX_BYTES, "vertices", MOST_VERTICES)


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
        _PLAIN_LINE + _count(len(piece)) + np.ascontiguousarray(piece, "<f8").tobytes()
        for piece in pieces
    ]
    return (_MULTI_LINE + _count(len(pieces)) + b"".join(members)).hex()


def hex_split_lines(
    table: NDArray[np.float64],
    lengths: NDArray[np.int64],
    seams: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> list[str]:
    """Return a MULTILINESTRING of two pieces per row of `table`, which has shape (rows, vertices, 2).

    The first piece has the row's first `lengths[i]` vertices and ends with `seams[0][i]`, the second starts with
    `seams[1][i]` and has the rest of the vertices; `seams` have shape (rows, 2).
    """
    if not len(table):
        return []
    vertices, ends, starts = (
        _cut(np.ascontiguousarray(part, "<f8").reshape(len(table), -1).view(np.uint8))
        for part in (table, *seams)
    )
    member = _PLAIN_LINE.hex()
    counts = [_count(number).hex() for number in range(table.shape[1] + 2)]
    head = (_MULTI_LINE + _count(2)).hex() + member
    return [
        f"{head}{counts[length + 1]}{line[: 32 * length]}{end}"
        f"{member}{counts[table.shape[1] - length + 1]}{start}{line[32 * length :]}"
        for line, length, end, start in zip(vertices, lengths.tolist(), ends, starts, strict=True)
    ]


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
