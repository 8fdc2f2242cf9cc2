"""Geometries of shapely's for cases: the handlers get them as hex EWKB, the row-by-row functions as GeoJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from benchmarks.cases import Case, Goal
from benchmarks.events import polygons

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWWISE_ROWS = 95


def shape_case(
    name: str, function: str, rows: Sequence[list[Any]], goal: Goal | None = None, room: int = 0
) -> Case:
    """A case of rows that hold geometries: each side gets them as it reads them.

    `room` is that of `Case`.
    """
    return Case(
        name,
        function,
        [[_hex(value) for value in row] for row in rows],
        goal or Goal(),
        [[_geojson(value) for value in row] for row in rows[:ROWWISE_ROWS]],
        room=room,
    )


def lines(count: int, radius: float, vertices: int) -> list[shapely.LineString]:
    """Winding lines around the cities."""
    found = polygons(count, radius, vertices)
    return [
        shapely.LineString(shapely.get_coordinates(shapely.from_wkb(one))[:-1]) for one in found
    ]


def _hex(value: Any) -> Any:
    return shapely.to_wkb(value, hex=True) if isinstance(value, shapely.Geometry) else value


def _geojson(value: Any) -> Any:
    return shapely.to_geojson(value) if isinstance(value, shapely.Geometry) else value
