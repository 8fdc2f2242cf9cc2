"""Boxes of longitudes and latitudes: that which is to be covered, and those around cells.

Radians, on plain numbers, with the operations of the s2sphere library in their order (see `coverer`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import asin, atan2, pi, radians, remainder, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_ERROR = 1.0 / (1 << 51)
_POLE_LATITUDE = asin(sqrt(1.0 / 3.0))
_FULL = (-pi, pi)

Point = tuple[float, float, float]
Interval = tuple[float, float]
"""An interval of longitudes goes over the antimeridian when it ends before it begins."""

_FACE_BOUNDS: tuple[tuple[Interval, Interval], ...] = (
    ((-pi / 4.0, pi / 4.0), (-pi / 4.0, pi / 4.0)),
    ((-pi / 4.0, pi / 4.0), (pi / 4.0, 3.0 * pi / 4.0)),
    ((_POLE_LATITUDE, pi / 2.0), _FULL),
    ((-pi / 4.0, pi / 4.0), (3.0 * pi / 4.0, -3.0 * pi / 4.0)),
    ((-pi / 4.0, pi / 4.0), (-3.0 * pi / 4.0, -pi / 4.0)),
    ((-pi / 2.0, -_POLE_LATITUDE), _FULL),
)


_FACES: tuple[Callable[[float, float], Point], ...] = (
    lambda u, v: (1.0, u, v),
    lambda u, v: (-u, 1.0, v),
    lambda u, v: (-u, -v, 1.0),
    lambda u, v: (-1.0, -v, -u),
    lambda u, v: (v, -1.0, -u),
    lambda u, v: (v, u, -1.0),
)


@dataclass(frozen=True, slots=True)
class Box:
    """A box in radians, `south <= north`; it goes over the antimeridian when `west > east`."""

    south: float
    north: float
    west: float
    east: float

    @classmethod
    def of_degrees(cls, west: float, east: float, south: float, north: float) -> Box:
        """Make a box of degrees. The longitude -180 is 180, unless the box goes around the whole earth."""
        lo, hi = radians(west), radians(east)
        if lo == -pi and hi != pi:
            lo = pi
        if hi == -pi:
            hi = pi
        return cls(radians(south), radians(north), lo, hi)

    def touches(self, latitudes: Interval, longitudes: Interval) -> bool:
        """Whether the box and another have a point in common."""
        return self._touches_latitudes(latitudes) and self._touches_longitudes(longitudes)

    def _touches_latitudes(self, other: Interval) -> bool:
        return other[0] <= self.north and self.south <= other[1]

    def _touches_longitudes(self, other: Interval) -> bool:
        lo, hi = other
        if self.west > self.east:
            return lo > hi or lo <= self.east or hi >= self.west
        if lo > hi:
            return lo <= self.east or hi >= self.west
        return lo <= self.east and hi >= self.west

    def holds(self, latitudes: Interval, longitudes: Interval) -> bool:
        """Whether another box lies inside this one."""
        if latitudes[0] < self.south or latitudes[1] > self.north:
            return False
        lo, hi = longitudes
        if self.west > self.east:
            if lo > hi:
                return lo >= self.west and hi <= self.east
            return lo >= self.west or hi <= self.east
        if lo > hi:
            return self.east - self.west == 2 * pi
        return lo >= self.west and hi <= self.east


def on_face(face: int, u: float, v: float) -> Point:
    """Return the point at a position of a face, in the face's plane."""
    return _FACES[face](u, v)


@lru_cache(maxsize=4096)
def bound_of_cell(face: int, level: int, i: int, j: int) -> tuple[Interval, Interval]:
    """Return latitudes and longitudes of a box around a cell, with a margin for rounding."""
    if level == 0:
        return _FACE_BOUNDS[face]
    side = 1 << level
    us, vs = (
        (_st_to_uv(i / side), _st_to_uv((i + 1) / side)),
        (
            _st_to_uv(j / side),
            _st_to_uv((j + 1) / side),
        ),
    )
    # The corners that are nearest to and farthest from a pole, and those on the sides.
    u, v = us[0] + us[1], vs[0] + vs[1]
    a = int(u > 0) if face in (3, 4) else int(u < 0)
    b = int(v > 0) if face in (0, 1) else int(v < 0)
    one = _latitude(on_face(face, us[a], vs[b]))
    other = _latitude(on_face(face, us[1 - a], vs[1 - b]))
    south = max(min(one, other) - _MAX_ERROR, -pi / 2.0)
    north = min(max(one, other) + _MAX_ERROR, pi / 2.0)
    if south == -pi / 2.0 or north == pi / 2.0:
        return (south, north), _FULL
    west = _longitude(on_face(face, us[a], vs[1 - b]))
    east = _longitude(on_face(face, us[1 - a], vs[b]))
    return (south, north), _between(west, east)


def _latitude(point: Point) -> float:
    x, y, z = point
    return atan2(z, sqrt(x * x + y * y))


def _longitude(point: Point) -> float:
    longitude = atan2(point[1], point[0])
    return pi if longitude == -pi else longitude


def _between(a: float, b: float) -> Interval:
    """Return the shorter interval between two longitudes, with a margin on both sides."""
    apart = b - a if b >= a else (b + pi) - (a - pi)
    lo, hi = (a, b) if apart <= pi else (b, a)
    length = hi - lo if hi >= lo else hi - lo + 2 * pi
    if length + 2 * _MAX_ERROR >= 2 * pi - 1e-15:
        return _FULL
    lo, hi = remainder(lo - _MAX_ERROR, 2 * pi), remainder(hi + _MAX_ERROR, 2 * pi)
    return (pi if lo <= -pi else lo), (pi if hi == -pi else hi)


def _st_to_uv(s: float) -> float:
    if s >= 0.5:
        return (1.0 / 3.0) * (4 * s * s - 1)
    return (1.0 / 3.0) * (1 - 4 * (1 - s) * (1 - s))
