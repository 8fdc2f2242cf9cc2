"""Hex EWKB, as `ST_AsHexEWKB` writes it, to the flat coordinate arrays that vectorised geometry code works on.

Formats: OGC 06-103r4 (WKB, with the ISO codes 1000/2000/3000 for Z, M, ZM) and PostGIS's EWKB (flags for Z, M, SRID).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.errors import RowError, abridged
from carto_at_runtime.wkb_points import LARGEST, NOT_FINITE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

POINTS, LINE, RING = 0, 1, 2
"""What a sequence of coordinates is."""

_HAS_Z, _HAS_M, _HAS_SRID = 0x80000000, 0x40000000, 0x20000000
_FLAGS = _HAS_Z | _HAS_M | _HAS_SRID
_NAMES = (
    *(
        "Geometry",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
    ),
    *(
        "GeometryCollection",
        "CircularString",
        "CompoundCurve",
        "CurvePolygon",
        "MultiCurve",
        "MultiSurface",
    ),
    *("Curve", "Surface", "PolyhedralSurface", "TIN", "Triangle"),
)
_MEMBERS = {4: (1,), 5: (2,), 6: (3,), 7: (1, 2, 3, 4, 5, 6, 7)}
_DEEPEST = 32
_HEADERS = {0: struct.Struct(">I"), 1: struct.Struct("<I")}
_PLAIN_POINT = b"\x01\x01\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class Geometries:
    """The geometries of a batch, as sequences of (x, y) that follow each other in `coordinates`, row by row.

    `coordinates` has shape (n, 2). Sequence i is `coordinates[offsets[i]:offsets[i + 1]]`; `kinds[i]` says what it
    is (POINTS, LINE or RING), `rows[i]` whose, and `parts[i]` is a number that the rings of one polygon share.
    Sequences are ordered by row, none is empty, and all coordinates are finite.
    """

    coordinates: NDArray[np.float64]
    offsets: NDArray[np.int64]
    kinds: NDArray[np.int64]
    parts: NDArray[np.int64]
    rows: NDArray[np.int64]

    def of_rows(self, start: int, stop: int) -> Geometries:
        """Return the geometries of the rows from `start` to before `stop`, numbered from 0."""
        first, last = np.searchsorted(self.rows, (start, stop)).tolist()
        begin, end = self.offsets[first], self.offsets[last]
        return Geometries(
            self.coordinates[begin:end],
            self.offsets[first : last + 1] - begin,
            self.kinds[first:last],
            self.parts[first:last],
            self.rows[first:last] - start,
        )


@dataclass(slots=True)
class _Reader:
    """Walks one geometry after the other, collecting slices of coordinates as little-endian x, y pairs."""

    srids: frozenset[int]
    data: bytes = b""
    at: int = 0
    row: int = 0
    part: int = 0
    slices: list[bytes] = field(default_factory=list)
    sequences: list[tuple[int, int, int, int]] = field(default_factory=list)

    def read(self, data: bytes, row: int) -> None:
        self.data, self.at, self.row = data, 0, row
        if len(data) == 21 and data.startswith(_PLAIN_POINT):
            self.at = 5
            self._coordinates(1, 2, 1, POINTS)
            return
        self._geometry(tuple(range(1, 8)), 0)
        if self.at != len(data):
            raise ValueError(f"{len(data) - self.at} bytes follow its end")

    def _geometry(self, allowed: tuple[int, ...], depth: int) -> None:
        order = self._byte_order()
        code = self._integer(order)
        kind, dimensions = _kind_and_dimensions(code)
        if kind not in allowed:
            raise ValueError(
                f"{_name(kind)} is not supported {'inside another geometry' if depth else ''}".rstrip()
            )
        if code & _HAS_SRID:
            srid = self._integer(order)
            if srid not in self.srids:
                raise ValueError(f"its SRID is {srid}, not 4326")
        if kind == 1:
            self._coordinates(1, dimensions, order, POINTS)
        elif kind == 2:
            self._coordinates(self._integer(order), dimensions, order, LINE)
        elif kind == 3:
            self._polygon(dimensions, order)
        elif depth == _DEEPEST:
            raise ValueError(f"collections are nested more than {_DEEPEST} deep")
        else:
            for _ in range(self._integer(order)):
                self._geometry(_MEMBERS[kind], depth + 1)

    def _polygon(self, dimensions: int, order: int) -> None:
        self.part += 1
        for _ in range(self._integer(order)):
            self._coordinates(self._integer(order), dimensions, order, RING)

    def _coordinates(self, count: int, dimensions: int, order: int, kind: int) -> None:
        end = self.at + 8 * dimensions * count
        if end > len(self.data):
            raise ValueError("it is cut short")
        pairs = self.data[self.at : end]
        self.at = end
        if dimensions != 2 or order == 0:
            values = np.frombuffer(pairs, "<f8" if order else ">f8").reshape(-1, dimensions)
            pairs = values[:, :2].astype("<f8").tobytes()
        if (
            kind == POINTS
            and pairs == pairs[:8] * 2
            and np.isnan(np.frombuffer(pairs, "<f8")).all()
        ):
            return  # how an empty point is written
        if count:
            self.slices.append(pairs)
            self.sequences.append((count, kind, self.part, self.row))

    def _byte_order(self) -> int:
        if self.at >= len(self.data):
            raise ValueError("it is cut short")
        order = self.data[self.at]
        if order not in _HEADERS:
            raise ValueError(f"its byte order mark is {order}, not 0 or 1")
        self.at += 1
        return order

    def _integer(self, order: int) -> int:
        if self.at + 4 > len(self.data):
            raise ValueError("it is cut short")
        (value,) = _HEADERS[order].unpack_from(self.data, self.at)
        self.at += 4
        return int(value)


def _kind_and_dimensions(code: int) -> tuple[int, int]:
    kind = code & ~_FLAGS
    extra = kind // 1000
    if extra > 3:
        raise ValueError(f"its type code {code} is unknown")
    has_z = bool(code & _HAS_Z) or extra in (1, 3)
    has_m = bool(code & _HAS_M) or extra in (2, 3)
    return kind % 1000, 2 + has_z + has_m


def _name(kind: int) -> str:
    return _NAMES[kind] if kind < len(_NAMES) else f"geometry type {kind}"


def read_geometries(
    hex_texts: Sequence[str], srids: frozenset[int] = frozenset((0, 4326))
) -> Geometries:
    """Read a geometry per text; Z and M are dropped, empty geometries have no sequences.

    Raises `RowError` ("Invalid geometry: ...") for text that is not hexadecimal, for malformed or unsupported WKB, for
    an SRID other than `srids`, and for coordinates that are not finite.
    """
    reader = _Reader(srids)
    for row, data in enumerate(_unhexed(hex_texts)):
        try:
            reader.read(data, row)
        except ValueError as error:
            raise RowError(row, f"Invalid geometry: {error}") from None
    coordinates = np.frombuffer(b"".join(reader.slices), "<f8").reshape(-1, 2)
    table = np.array(reader.sequences, np.int64).reshape(-1, 4)
    offsets = np.concatenate(([0], np.cumsum(table[:, 0])))
    finite = (np.abs(coordinates) <= LARGEST).all(axis=1)
    if not finite.all():
        sequence = np.searchsorted(offsets, int((~finite).argmax()), side="right") - 1
        raise RowError(int(table[sequence, 3]), f"Invalid geometry: {NOT_FINITE}")
    return Geometries(coordinates, offsets, table[:, 1], table[:, 2], table[:, 3])


def _unhexed(hex_texts: Sequence[str]) -> list[bytes]:
    joined = "".join(hex_texts)
    try:
        data = bytes.fromhex(joined)
    except ValueError:
        data = b""
    # fromhex skips blanks, which would move everything that follows.
    if 2 * len(data) != len(joined) or any(len(text) % 2 for text in hex_texts):
        return [_unhexed_row(row, text) for row, text in enumerate(hex_texts)]
    pieces = []
    start = 0
    for text in hex_texts:
        end = start + len(text) // 2
        pieces.append(data[start:end])
        start = end
    return pieces


def _unhexed_row(row: int, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise RowError(
            row, f"Invalid geometry: {abridged(text, 40)} is not hexadecimal EWKB"
        ) from None
