"""Geometries taken apart into points, lines and polygons, and made into the shapes that cells are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from carto_at_runtime.tiles.modes import CENTER, CONTAINS, INTERSECTS
from carto_at_runtime.wkb import LINE, POINTS
from carto_h3.descent import Areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_runtime.wkb import Geometries
    from carto_h3.lines import Floats, Shapes

NEAR = "near"
"""A mode between steps: all cells that a border may pass below, as far as can be told without drawing them."""

_FEWEST_CORNERS = 3
_NO_POSITIONS = np.empty((0, 2))


@dataclass(frozen=True, slots=True)
class Parts:
    """One geometry: positions of points, paths of lines, and the rings of each polygon, the outer one first.

    Rings are closed: their last position is their first.
    """

    points: list[Floats]
    lines: list[Floats]
    polygons: list[list[Floats]]

    @classmethod
    def of_rows(cls, geometries: Geometries, rows: int) -> list[Parts]:
        """Take the geometries of so many rows apart."""
        made = [cls([], [], []) for _ in range(rows)]
        before = None
        columns = (geometries.rows, geometries.kinds, geometries.parts)
        for (begin, end), row, kind, part in zip(
            pairwise(geometries.offsets.tolist()), *(each.tolist() for each in columns), strict=True
        ):
            positions = geometries.coordinates[begin:end]
            found = made[row]
            if kind == POINTS:
                found.points.append(positions)
            elif kind == LINE:
                found.lines.append(positions)
            elif (row, part) == before:
                found.polygons[-1].append(_closed(positions))
            else:
                found.polygons.append([_closed(positions)])
                before = (row, part)
        return made

    @property
    def positions(self) -> Floats:
        """All positions, shape (n, 2)."""
        return np.concatenate((_NO_POSITIONS, *self.points, *self.paths))

    @property
    def paths(self) -> list[Floats]:
        """All lines and rings."""
        return self.lines + self.rings

    def inside(self, mode: str) -> object:
        """What has an inside, as one geometry by the even-odd rule, or None."""
        areas = [shapely.Polygon(polygon[0], polygon[1:]) for polygon in self.polygons_with_area]
        if len(areas) < 2 and mode != CONTAINS:
            return areas[0] if areas else None
        return shapely.union_all([shapely.make_valid(area) for area in areas]) if areas else None

    def border(self, mode: str) -> object:
        """The lines that cells are drawn against."""
        paths = self.paths if mode in {INTERSECTS, NEAR} else self.rings
        return shapely.multilinestrings(
            np.array(
                [shapely.LineString(path) for path in paths if np.ptp(path, axis=0).any()],
                dtype=object,
            )
        )

    @property
    def polygons_with_area(self) -> list[list[Floats]]:
        """The polygons whose outer ring has enough corners, with those of their holes that have."""
        return [
            [ring for ring in polygon if len(ring) > _FEWEST_CORNERS]
            for polygon in self.polygons
            if len(polygon[0]) > _FEWEST_CORNERS
        ]

    @property
    def rings(self) -> list[Floats]:
        """All rings of all polygons."""
        return [ring for polygon in self.polygons for ring in polygon]


def _closed(ring: Floats) -> Floats:
    return ring if (ring[0] == ring[-1]).all() else np.concatenate((ring, ring[:1]))


def areas_of(every: Sequence[Parts], modes: Sequence[str]) -> Areas:
    """Make shapes of all geometries: of the many that are one polygon, at once."""
    insides, borders = np.full((2, len(every)), None, object)
    by_centre = np.array([mode == CENTER for mode in modes], np.bool_)
    simple: dict[int, list[Floats]] = {}
    for row, (parts, mode) in enumerate(zip(every, modes, strict=True)):
        polygons = parts.polygons_with_area
        if mode != CONTAINS and len(polygons) == 1:
            simple[row] = polygons[0]
        else:
            insides[row] = parts.inside(mode)
    if simple:
        made = _polygons(list(simple.values()))
        insides[list(simple)] = made
        borders[list(simple)] = shapely.boundary(made)
    for row in np.flatnonzero(~by_centre | shapely.is_missing(borders)).tolist():
        borders[row] = every[row].border(modes[row])
    return Areas.of(insides, borders, by_centre)


def _polygons(polygons: Sequence[list[Floats]]) -> Shapes:
    rings = [ring for polygon in polygons for ring in polygon]
    owners = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    closed = shapely.linearrings(np.concatenate(rings), indices=owners)
    of_polygon = np.repeat(np.arange(len(polygons)), [len(polygon) for polygon in polygons])
    made: Shapes = shapely.polygons(closed, indices=of_polygon)
    return made
