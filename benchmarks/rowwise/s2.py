"""The S2 module row by row, with s2sphere and shapely. Coordinates of points and boxes come as texts of numbers."""

from __future__ import annotations

import json

import s2sphere
import shapely
from shapely.prepared import prep


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


def _cell(number: int) -> s2sphere.CellId:
    return s2sphere.CellId(number % 2**64)


def _degrees(point: s2sphere.LatLng) -> tuple[float, float]:
    return point.lng().degrees, point.lat().degrees


def _ring(cell: s2sphere.CellId) -> list[tuple[float, float]]:
    drawn = s2sphere.Cell(cell)
    corners = [drawn.get_vertex(number) for number in (0, 1, 2, 3, 0)]
    return [_degrees(s2sphere.LatLng.from_point(corner)) for corner in corners]


def from_longlat(longitude: str, latitude: str, resolution: int) -> str:
    """Answer S2_FROMLONGLAT."""
    point = s2sphere.LatLng.from_degrees(float(latitude), float(longitude))
    return str(_signed(s2sphere.CellId.from_lat_lng(point).parent(resolution).id()))


def center(number: int) -> str:
    """Answer S2_CENTER."""
    return shapely.Point(_degrees(_cell(number).to_lat_lng())).wkb_hex


def boundary(number: int) -> str:
    """Answer S2_BOUNDARY."""
    vertices = ", ".join(f"{x} {y}" for x, y in _ring(_cell(number)))
    return f"POLYGON (({vertices}))"


def tochildren(number: int, resolution: int) -> str:
    """Answer S2_TOCHILDREN."""
    return json.dumps([_signed(child.id()) for child in _cell(number).children(resolution)])


def _covering(region: s2sphere.LatLngRect, lowest: int, highest: int) -> list[s2sphere.CellId]:
    coverer = s2sphere.RegionCoverer()
    coverer.min_level, coverer.max_level = lowest, highest
    found: list[s2sphere.CellId] = coverer.get_covering(region)
    return found


def _box(west: float, east: float, south: float, north: float) -> s2sphere.LatLngRect:
    low = s2sphere.LatLng.from_degrees(south, west)
    return s2sphere.LatLngRect(low, s2sphere.LatLng.from_degrees(north, east))


def polyfill_bbox(
    west: str, east: str, south: str, north: str, lowest: int = 0, highest: int = 30
) -> str:
    """Answer S2_POLYFILL_BBOX."""
    box = _box(float(west), float(east), float(south), float(north))
    return json.dumps([_signed(cell.id()) for cell in _covering(box, lowest, highest)])


def polyfill(hexewkb: str, resolution: int) -> str:
    """Answer S2_POLYFILL. Sides of cells are straight here, which for small cells makes next to no difference."""
    shape = shapely.from_wkb(hexewkb)
    touches = prep(shape).intersects
    west, south, east, north = shape.bounds
    return json.dumps(
        [
            _signed(cell.id())
            for cell in _covering(_box(west, east, south, north), resolution, resolution)
            if touches(shapely.Polygon(_ring(cell)))
        ]
    )


FUNCTIONS = {
    "__s2_fromlonglat": from_longlat,
    "__s2_center": center,
    "s2_boundary": boundary,
    "__s2_tochildren": tochildren,
    "__s2_polyfill_bbox": polyfill_bbox,
    "__s2_polyfill": polyfill,
}
