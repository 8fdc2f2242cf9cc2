"""Which cells fill geometries, in three modes of which each holds the cells of the one before.

contains    cells that lie inside polygons, edges included
center      cells whose centre is inside polygons, as libh3 has it: every place of a tiling of areas is in one of them
intersects  and the cells that edges, lines and points touch: all of the geometry is covered

The cells that no edge touches lie inside or outside as their centres do, so that only those along the edges are looked
at one by one (`lines`). Edges are straight in longitude and latitude, as everywhere for Redshift's GEOMETRY. Longitudes
beyond 180 go on around the Earth.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import h3.api.memview_int as h3
import numpy as np
import shapely

from carto_at_runtime import check_fits, reject
from carto_at_runtime.wkb import LINE, POINTS
from carto_h3.cells import COUNTS
from carto_h3.lines import EDGE_RADIANS, cells_at, crossed, radians_along

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from carto_at_runtime.wkb import Geometries
    from carto_h3.cells import Integers
    from carto_h3.lines import Floats

CENTER, INTERSECTS, CONTAINS = "center", "intersects", "contains"
MODES = (CENTER, INTERSECTS, CONTAINS)

_MAX_LONGITUDE = 540.0
_MAX_LATITUDE = 90.0 + 1e-9
_WIDEST = 150.0
_OFF_CENTRE = 0.0123456789
"""Where wide polygons are cut, other than at the antimeridian: no cell's centre should be there."""

_SEAMS = [-540.0 + 90 * place + (_OFF_CENTRE if place % 4 else 0.0) for place in range(13)]
_SURE = 0.6
"""What estimates are multiplied with before a geometry is refused for its size: cells of one resolution differ."""

_POLAR_LATITUDE = 85.0
_FEW_CORNERS, _FEW_BOXED, _MOST_BOXED = 64, 500_000, 5_000_000
_FEWEST_CORNERS = 3


@dataclass(frozen=True, slots=True)
class _Parts:
    """One geometry: positions of points, paths of lines, and the rings of each polygon, the outer one first.

    Rings are closed: their last position is their first.
    """

    points: Floats
    lines: list[Floats]
    polygons: list[list[Floats]]

    @classmethod
    def of_row(cls, geometries: Geometries, row: int) -> _Parts:
        first, last = np.searchsorted(geometries.rows, (row, row + 1)).tolist()
        points: list[Floats] = [np.empty((0, 2))]
        lines: list[Floats] = []
        polygons: dict[int, list[Floats]] = {}
        for sequence in range(first, last):
            begin, end = geometries.offsets[sequence : sequence + 2]
            positions = geometries.coordinates[begin:end]
            kind = geometries.kinds[sequence]
            if kind == POINTS:
                points.append(positions)
            elif kind == LINE:
                lines.append(positions)
            else:
                polygons.setdefault(int(geometries.parts[sequence]), []).append(_closed(positions))
        return cls(np.concatenate(points), lines, list(polygons.values()))

    @property
    def rings(self) -> list[Floats]:
        """All rings of all polygons."""
        return [ring for polygon in self.polygons for ring in polygon]


def _closed(ring: Floats) -> Floats:
    return ring if (ring[0] == ring[-1]).all() else np.concatenate((ring, ring[:1]))


def fill(
    geometries: Geometries, resolutions: Integers, modes: Sequence[str], item_bytes: int
) -> tuple[Integers, Integers]:
    """Return the cells of all geometries, ascending for each, and the offsets that cut them into rows.

    `resolutions` (0 to 15) and `modes` have one entry for each row. Raises `RowError` for coordinates that are not
    degrees, and for a geometry whose cells, of `item_bytes` bytes, cannot fit into a response;
    `ResponseTooLargeError` when those of all geometries together cannot.
    """
    _check_degrees(geometries, len(resolutions))
    every = [_Parts.of_row(geometries, row) for row in range(len(resolutions))]
    plan = list(zip(every, resolutions.tolist(), modes, strict=True))
    about = np.array([_estimate(parts, z, mode) for parts, z, mode in plan], np.int64)

    def reason(row: int, _: int) -> str:
        return (
            f"the geometry covers about {about[row]} cells at resolution {resolutions[row]}, more than one response "
            "of Lambda (6 MB) holds: use a coarser resolution, or the procedure H3_POLYFILL_TABLE"
        )

    check_fits((about * _SURE).astype(np.int64), item_bytes, reason)
    found = [_fill_one(parts, z, mode) for parts, z, mode in plan]
    counts = np.array([len(cells) for cells in found], np.int64)
    check_fits(counts, item_bytes, reason)
    return np.concatenate(found), np.concatenate(([0], np.cumsum(counts)))


def _check_degrees(geometries: Geometries, rows: int) -> None:
    outside = np.abs(geometries.coordinates) > (_MAX_LONGITUDE, _MAX_LATITUDE)
    if outside.any():
        first = int(outside.any(axis=1).argmax())
        longitude, latitude = geometries.coordinates[first]
        sequence = np.searchsorted(geometries.offsets, first, side="right") - 1
        reject(
            np.arange(rows) == geometries.rows[sequence],
            f"Invalid geometry: ({longitude:.15g} {latitude:.15g}) is not in degrees "
            "(longitudes up to 540, latitudes up to 90)",
        )


def _estimate(parts: _Parts, resolution: int, mode: str) -> int:
    """Return roughly how many cells there will be, or have to be looked at along the edges, if that is more."""
    share = sum((_sphere_share(polygon) for polygon in parts.polygons), 0.0)
    cells = share * COUNTS[resolution]
    if mode == CENTER:
        return round(cells)
    paths = parts.rings if mode == CONTAINS else parts.rings + parts.lines
    length = sum((float(radians_along(path).sum()) for path in paths), 0.0)
    along = length / (1.5 * EDGE_RADIANS[resolution])
    return round(max(cells, along) if mode == CONTAINS else cells + along)


def _sphere_share(polygon: list[Floats]) -> float:
    """Return the part of the Earth that a polygon covers, by Lambert's equal-area cylinder."""
    areas = []
    for ring in polygon:
        x, y = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
        areas.append(abs(float(np.sum((y[1:] + y[:-1]) * np.diff(x)))) / (8 * np.pi))
    return max(0.0, areas[0] - sum(areas[1:]))


def _fill_one(parts: _Parts, resolution: int, mode: str) -> Integers:
    inside = _centred(parts, resolution)
    if mode == CENTER:
        return inside
    if mode == CONTAINS:
        return _contained(parts, inside, resolution) if len(inside) else inside
    # The cell of a position is the sphere's, as in H3_FROMLONGLAT, and it is there for every vertex.
    paths = parts.rings + parts.lines
    found = [inside, cells_at(np.concatenate((parts.points, *paths)), resolution)]
    if paths:
        found += [cells for cells, _ in crossed(paths, resolution)]
    return np.unique(np.concatenate(found))


def _centred(parts: _Parts, resolution: int) -> Integers:
    """Return the cells whose centres are inside the polygons, ascending."""
    found = [
        _inside(rings, resolution)
        for polygon in parts.polygons
        for rings in _narrow(polygon)
        if len(rings[0]) > _FEWEST_CORNERS
    ]
    return np.unique(np.frombuffer(b"".join(found), np.int64))


def _inside(rings: list[Floats], resolution: int) -> Any:
    """Ask libh3 for the cells with their centres inside one narrow polygon, in the quicker of its two ways.

    One searches the box around the polygon, testing few cells; the other goes down from the base cells, testing few
    corners. Both find the same cells; the first needs memory for the box, the second very long beside a pole.
    """
    (west, south), (east, north) = rings[0].min(axis=0), rings[0].max(axis=0)
    if west == east or south == north:
        return b""
    polygon = h3.LatLngPoly(*(ring[:, ::-1].tolist() for ring in rings))
    diagonal = radians_along(np.array(((west, south), (east, north)))).sum()
    boxed = diagonal**2 / min(3, (east - west) / (north - south)) / (4 * np.pi)
    boxed *= COUNTS[resolution]
    polar = max(-south, north) > _POLAR_LATITUDE
    few = sum(map(len, rings)) < _FEW_CORNERS
    if boxed < (_MOST_BOXED if polar else _FEW_BOXED) and (polar or few):
        return h3.h3shape_to_cells(polygon, resolution)
    return h3.h3shape_to_cells_experimental(polygon, resolution, CENTER)


def _narrow(polygon: list[Floats]) -> Iterator[list[Floats]]:
    """Yield a polygon's rings, in pieces that libh3 does not take for crossing the antimeridian."""
    low, high = polygon[0][:, 0].min(), polygon[0][:, 0].max()
    if low >= -180 and high <= 180 and high - low <= _WIDEST:
        yield polygon
        return
    whole = shapely.make_valid(shapely.Polygon(polygon[0], polygon[1:]))
    for number, (west, east) in enumerate(pairwise(_SEAMS)):
        if low < east and high > west:
            turn = number // 4 - 1
            piece = shapely.intersection(whole, shapely.box(west, -90, east, 90))
            for part in shapely.get_parts(shapely.get_parts(piece)):
                if shapely.get_type_id(part) == shapely.GeometryType.POLYGON:
                    yield [
                        shapely.get_coordinates(ring) - np.array((360.0 * turn, 0.0))
                        for ring in shapely.get_rings(part)
                    ]


def _contained(parts: _Parts, inside: Integers, resolution: int) -> Integers:
    """Return those of the cells with their centres inside that do not reach beyond the polygons."""
    areas = [
        shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
        for rings in parts.polygons
        if len(rings[0]) > _FEWEST_CORNERS
    ]
    whole = shapely.union_all(areas)
    touching, covered = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    once_around = False
    for cells, shapes in crossed(parts.rings, resolution):
        west, _, east, _ = shapely.total_bounds(shapes)
        if (west < -180 or east > 180) and not once_around:
            copies = [shapely.transform(whole, _turn(far)) for far in (-360.0, 0.0, 360.0)]
            whole, once_around = shapely.union_all(copies), True
        shapely.prepare(whole)
        touching.append(cells)
        covered.append(cells[shapely.covers(whole, shapes)])
    return np.union1d(
        np.setdiff1d(inside, np.concatenate(touching)),
        np.intersect1d(inside, np.concatenate(covered)),
    )


def _turn(degrees: float) -> Callable[[Floats], Floats]:
    return lambda positions: positions + np.array((degrees, 0.0))
