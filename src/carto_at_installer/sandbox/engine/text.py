"""Writes geometries as text the way Redshift does: `%.15g` coordinates, WKT without blanks, compact GeoJSON.

DuckDB's own writers print the shortest form of each number and blanks after commas, so these read WKB and write anew.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x80000000, 0x40000000, 0x20000000
POINT, LINE, POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON, _COLLECTION = range(1, 8)
_NAMES = {
    POINT: "Point",
    LINE: "LineString",
    POLYGON: "Polygon",
    _MULTIPOINT: "MultiPoint",
    _MULTILINE: "MultiLineString",
    _MULTIPOLYGON: "MultiPolygon",
    _COLLECTION: "GeometryCollection",
}
Position = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry: its WKB type code, whether it has Z and M, its positions (points, lines), rings or members."""

    code: int
    z: bool
    m: bool
    positions: tuple[Position, ...] = ()
    rings: tuple[tuple[Position, ...], ...] = ()
    members: tuple[Shape, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it holds no position at all, at its own level."""
        return not (self.positions or self.rings or self.members)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def shape(self) -> Shape:
        order = "<" if self.data[self.offset] else ">"
        (raw,) = struct.unpack_from(order + "I", self.data, self.offset + 1)
        self.offset += 9 if raw & _EWKB_SRID else 5
        thousands, code = divmod(raw & 0xFFFF, 1000)
        z = bool(raw & _EWKB_Z) or thousands in {1, 3}
        m = bool(raw & _EWKB_M) or thousands in {2, 3}
        width = 2 + z + m
        if code == POINT:
            position = self.positions(order, width, 1)
            return Shape(code, z, m, () if position[0][0] != position[0][0] else position)
        if code == LINE:
            return Shape(code, z, m, self.positions(order, width, self.count(order)))
        size = self.count(order)
        if code == POLYGON:
            rings = [self.positions(order, width, self.count(order)) for _ in range(size)]
            return Shape(code, z, m, rings=tuple(rings))
        return Shape(code, z, m, members=tuple(self.shape() for _ in range(size)))

    def count(self, order: str) -> int:
        (value,) = struct.unpack_from(order + "I", self.data, self.offset)
        self.offset += 4
        return int(value)

    def positions(self, order: str, width: int, size: int) -> tuple[Position, ...]:
        flat = struct.unpack_from(f"{order}{size * width}d", self.data, self.offset)
        self.offset += 8 * size * width
        return tuple(flat[i : i + width] for i in range(0, size * width, width))


def read_wkb(data: bytes) -> Shape:
    """Read WKB or EWKB of either byte order and with any of Z and M."""
    return _Reader(data).shape()


def number_writer(digits: int) -> Callable[[float], str]:
    """Returns the writer of one coordinate with so many significant digits."""
    form = f"%.{digits}g"

    def write(value: float) -> str:
        text = form % value
        return "0" if text == "-0" else text

    return write


def to_wkt(shape: Shape, digits: int = 15) -> str:
    """`POLYGON((0 0,0 1,1 1,0 0))`, `POINT Z (1 2 3)`, `LINESTRING EMPTY`."""
    write = number_writer(digits)
    dimensions = f" {'Z' * shape.z}{'M' * shape.m} " if shape.z or shape.m else ""
    return _NAMES[shape.code].upper() + dimensions + _wkt_body(shape, write)


def _wkt_positions(positions: tuple[Position, ...], write: Callable[[float], str]) -> str:
    return "(" + ",".join(" ".join(map(write, position)) for position in positions) + ")"


def _wkt_body(shape: Shape, write: Callable[[float], str]) -> str:
    if shape.empty:
        return "EMPTY" if shape.z or shape.m else " EMPTY"
    if shape.positions:
        return _wkt_positions(shape.positions, write)
    if shape.rings:
        return "(" + ",".join(_wkt_positions(ring, write) for ring in shape.rings) + ")"
    if shape.code == _COLLECTION:
        members = [_NAMES[m.code].upper() + _wkt_body(m, write) for m in shape.members]
        return "(" + ",".join(members) + ")"
    return "(" + ",".join(_wkt_body(member, write) for member in shape.members) + ")"


def to_geojson(shape: Shape, digits: int = 15) -> str:
    """Compact GeoJSON. M is left out, as GeoJSON has no place for it."""
    write = number_writer(digits)
    name = _NAMES[shape.code]
    if shape.code == _COLLECTION:
        members = ",".join(to_geojson(member, digits) for member in shape.members)
        return f'{{"type":"{name}","geometries":[{members}]}}'
    return f'{{"type":"{name}","coordinates":{_coordinates(shape, write)}}}'


def _json_position(position: Position, write: Callable[[float], str], *, z: bool) -> str:
    return "[" + ",".join(map(write, position[: 3 if z else 2])) + "]"


def _json_line(positions: tuple[Position, ...], write: Callable[[float], str], *, z: bool) -> str:
    return "[" + ",".join(_json_position(p, write, z=z) for p in positions) + "]"


def _coordinates(shape: Shape, write: Callable[[float], str]) -> str:
    if shape.code == POINT:
        return _json_position(shape.positions[0], write, z=shape.z) if shape.positions else "[]"
    if shape.code == LINE:
        return _json_line(shape.positions, write, z=shape.z)
    if shape.code == POLYGON:
        return "[" + ",".join(_json_line(ring, write, z=shape.z) for ring in shape.rings) + "]"
    return "[" + ",".join(_coordinates(member, write) for member in shape.members) + "]"


def to_ewkb(wkb: bytes, srid: int) -> bytes:
    """EWKB as Redshift writes it: little endian, Z and M as flags, the SRID only where it is not 0."""
    if wkb[:1] == b"\x01" and wkb[2:5] == b"\0\0\0":  # Little endian and flat, as nearly all are.
        return wkb if not srid else wkb[:4] + b"\x20" + struct.pack("<I", srid) + wkb[5:]
    return write_ewkb(read_wkb(wkb), srid)


def write_ewkb(shape: Shape, srid: int) -> bytes:
    """A geometry as little-endian EWKB."""
    flags = _EWKB_Z * shape.z | _EWKB_M * shape.m | (_EWKB_SRID if srid else 0)
    head = struct.pack("<BI", 1, shape.code | flags) + (struct.pack("<I", srid) if srid else b"")
    if shape.code == POINT:
        width = 2 + shape.z + shape.m
        position = shape.positions[0] if shape.positions else (float("nan"),) * width
        return head + struct.pack(f"<{width}d", *position)
    if shape.code == LINE:
        return head + _write_positions(shape.positions)
    parts = [_write_positions(ring) for ring in shape.rings]
    parts += [write_ewkb(member, 0) for member in shape.members]
    return head + struct.pack("<I", len(parts)) + b"".join(parts)


def _write_positions(positions: tuple[Position, ...]) -> bytes:
    flat = [value for position in positions for value in position]
    return struct.pack(f"<I{len(flat)}d", len(positions), *flat)
