"""Spatial functions of Redshift that DuckDB does not have, on geometries read from WKB.

Each takes a `Shape` and the arguments of the call; what they return is told by the table they stand in. Angles and
distances on the sphere are of longitudes and latitudes in degrees, with results in radians and metres.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.engine.text import LINE, POINT, POLYGON, Position, Shape
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

EARTH_RADIUS_M = 6371008.771415059
_GEOHASH = "0123456789bcdefghjkmnpqrstuvwxyz"
_MOST_GEOHASH = 20


def positions(shape: Shape) -> Iterator[Position]:
    """Every position of a geometry and of its members."""
    yield from shape.positions
    for ring in shape.rings:
        yield from ring
    for member in shape.members:
        yield from positions(member)


def mapped(shape: Shape, change: Callable[[Position], Position], *, z: bool, m: bool) -> Shape:
    """A geometry with every position changed, which has then `z` and `m`."""
    return replace(
        shape,
        z=z,
        m=m,
        positions=tuple(change(each) for each in shape.positions),
        rings=tuple(tuple(change(each) for each in ring) for ring in shape.rings),
        members=tuple(mapped(each, change, z=z, m=m) for each in shape.members),
    )


def _line(shape: Shape, name: str) -> tuple[Position, ...]:
    if shape.code != LINE:
        raise RedshiftError(f"{name}: the geometry is not a LINESTRING")
    return shape.positions


def _point(shape: Shape, name: str) -> Position:
    if shape.code != POINT or not shape.positions:
        raise RedshiftError(f"{name}: the geometry is not a POINT, or is empty")
    return shape.positions[0]


def _fitted(position: Position, given: Shape, wanted: Shape) -> Position:
    """A position of `given` with the dimensions of `wanted`; what is missing is 0."""
    z = position[2] if given.z else 0.0
    m = position[-1] if given.m else 0.0
    return position[:2] + ((z,) if wanted.z else ()) + ((m,) if wanted.m else ())


def add_point(shape: Shape, point: Shape, index: int | None = None) -> Shape:
    """ST_AddPoint: before the position of that index (from 0), or at the end."""
    line = _line(shape, "ST_AddPoint")
    place = len(line) if index is None else int(index)
    if not 0 <= place <= len(line):
        raise RedshiftError(f"ST_AddPoint: the index {place} is out of range")
    new = _fitted(_point(point, "ST_AddPoint"), point, shape)
    return replace(shape, positions=(*line[:place], new, *line[place:]))


def set_point(shape: Shape, index: int, point: Shape) -> Shape:
    """ST_SetPoint: in place of the position of that index (from 0, or from -1 backwards)."""
    line = _line(shape, "ST_SetPoint")
    place = int(index) + len(line) if index < 0 else int(index)
    if not 0 <= place < len(line):
        raise RedshiftError(f"ST_SetPoint: the index {int(index)} is out of range")
    new = _fitted(_point(point, "ST_SetPoint"), point, shape)
    return replace(shape, positions=(*line[:place], new, *line[place + 1 :]))


def remove_point(shape: Shape, index: int) -> Shape:
    """ST_RemovePoint: without the position of that index (from 0); two must be left."""
    line = _line(shape, "ST_RemovePoint")
    if not 0 <= index < len(line):
        raise RedshiftError(f"ST_RemovePoint: the index {int(index)} is out of range")
    if len(line) <= 2:
        raise RedshiftError("ST_RemovePoint: a LINESTRING needs at least two points")
    return replace(shape, positions=(*line[: int(index)], *line[int(index) + 1 :]))


def segmentize(shape: Shape, longest: float) -> Shape:
    """ST_Segmentize: every segment cut into equal parts, none of them longer than `longest`."""
    if not longest > 0:
        raise RedshiftError("ST_Segmentize: the maximum segment length must be greater than 0")

    def cut(line: Sequence[Position]) -> tuple[Position, ...]:
        found: list[Position] = list(line[:1])
        for start, end in pairwise(line):
            parts = max(1, math.ceil(math.dist(start[:2], end[:2]) / longest))
            found.extend(
                tuple(a + (b - a) * step / parts for a, b in zip(start, end, strict=True))
                for step in range(1, parts)
            )
            found.append(end)
        return tuple(found)

    return replace(
        shape,
        positions=cut(shape.positions) if shape.code == LINE else shape.positions,
        rings=tuple(cut(ring) for ring in shape.rings),
        members=tuple(segmentize(member, longest) for member in shape.members),
    )


def translate(shape: Shape, *deltas: float) -> Shape:
    """ST_Translate by (x, y[, z[, m]]); dimensions that the geometry has not are left out."""
    moves = _by_dimension(shape, deltas, 0.0)
    return mapped(
        shape,
        lambda p: tuple(a + b for a, b in zip(p, moves, strict=True)),
        z=shape.z,
        m=shape.m,
    )


def scale(shape: Shape, *factors: float) -> Shape:
    """ST_Scale by (x, y[, z[, m]]) around the origin."""
    by = _by_dimension(shape, factors, 1.0)
    return mapped(
        shape, lambda p: tuple(a * b for a, b in zip(p, by, strict=True)), z=shape.z, m=shape.m
    )


def _by_dimension(shape: Shape, given: Sequence[float], neutral: float) -> tuple[float, ...]:
    """Numbers for x, y, z and m as numbers for the dimensions that a geometry has."""
    x, y, z, m = (*given, *(neutral,) * (4 - len(given)))
    return (x, y) + ((z,) if shape.z else ()) + ((m,) if shape.m else ())


def _forced(*, z: bool, m: bool) -> Callable[[Shape], Shape]:
    def force(shape: Shape) -> Shape:
        wanted = Shape(shape.code, z, m)
        return mapped(shape, lambda p: _fitted(p, shape, wanted), z=z, m=m)

    return force


def _measure(extreme: Callable[[Sequence[float]], float]) -> Callable[[Shape], float | None]:
    def measure(shape: Shape) -> float | None:
        values = [each[-1] for each in positions(shape)] if shape.m else []
        return extreme(values) if values else None

    return measure


def rings(shape: Shape) -> int:
    """ST_NRings: of polygons, the outer ones included."""
    return len(shape.rings) + sum(rings(member) for member in shape.members)


def _signed_area(ring: Sequence[Position]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def counter_clockwise(shape: Shape) -> bool:
    """ST_IsPolygonCCW: outer rings run counter-clockwise, holes clockwise; true for what has no rings."""
    if shape.code == POLYGON:
        areas = [_signed_area(ring) for ring in shape.rings]
        return all(area > 0 for area in areas[:1]) and all(area < 0 for area in areas[1:])
    return all(counter_clockwise(member) for member in shape.members)


def clockwise(shape: Shape) -> bool:
    """ST_IsPolygonCW: outer rings run clockwise, holes counter-clockwise; true for what has no rings."""
    if shape.code == POLYGON:
        areas = [_signed_area(ring) for ring in shape.rings]
        return all(area < 0 for area in areas[:1]) and all(area > 0 for area in areas[1:])
    return all(clockwise(member) for member in shape.members)


def max_distance(shape: Shape, other: Shape) -> float | None:
    """ST_MaxDistance: between the vertices of two geometries, in the plane; None for an empty one."""
    ours, theirs = list(positions(shape)), list(positions(other))
    if not ours or not theirs:
        return None
    return max(math.dist(a[:2], b[:2]) for a in ours for b in theirs)


def length_on_sphere(shape: Shape) -> float:
    """ST_LengthSphere in metres: of lines; 0 for points and polygons."""
    own = sum(_haversine(a, b) for a, b in pairwise(shape.positions)) if shape.code == LINE else 0.0
    return own + sum(length_on_sphere(member) for member in shape.members)


def _haversine(a: Position, b: Position) -> float:
    x1, y1, x2, y2 = (math.radians(each) for each in (*a[:2], *b[:2]))
    chord = (
        math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def geohash(shape: Shape, digits: int = _MOST_GEOHASH) -> str:
    """ST_GeoHash of a point in degrees, with so many characters (20 by default, 20 at most, 1 at least)."""
    x, y = _point(shape, "ST_GeoHash")[:2]
    bounds = [[-180.0, 180.0], [-90.0, 90.0]]
    count = min(max(int(digits), 1), _MOST_GEOHASH)
    bits = 0
    for number in range(5 * count):
        low_high, value = bounds[number % 2], (x, y)[number % 2]
        middle = sum(low_high) / 2
        upper = value >= middle
        low_high[0 if upper else 1] = middle
        bits = bits * 2 + upper
    return "".join(_GEOHASH[(bits >> 5 * place) & 31] for place in range(count - 1, -1, -1))


def angle(shape: Shape, *others: Shape) -> float | None:
    """ST_Angle in radians, clockwise: at the second of three points, or between the lines of two pairs."""
    points = [_point(each, "ST_Angle") for each in (shape, *others)]
    pairs = (
        ((points[1], points[0]), (points[1], points[2]))
        if len(points) == 3
        else ((points[0], points[1]), (points[2], points[3]))
    )
    first, second = (_azimuth(*pair) for pair in pairs)
    return None if first is None or second is None else (second - first) % (2 * math.pi)


def _azimuth(a: Position, b: Position) -> float | None:
    if a[:2] == b[:2]:
        return None
    return math.atan2(b[0] - a[0], b[1] - a[1]) % (2 * math.pi)


GEOMETRIES: dict[str, Callable[..., Shape]] = {
    "add_point": add_point,
    "set_point": set_point,
    "remove_point": remove_point,
    "segmentize": segmentize,
    "translate": translate,
    "scale": scale,
    "force3dz": _forced(z=True, m=False),
    "force3dm": _forced(z=False, m=True),
    "force4d": _forced(z=True, m=True),
}
VALUES: dict[str, dict[str, Callable[..., Any]]] = {
    "double": {
        "mmin": _measure(min),
        "mmax": _measure(max),
        "max_distance": max_distance,
        "length_on_sphere": length_on_sphere,
        "angle": angle,
    },
    "bigint": {"rings": rings},
    "boolean": {"counter_clockwise": counter_clockwise, "clockwise": clockwise},
    "text": {"geohash": geohash},
}
