"""The processing module row by row, with scipy and shapely."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from scipy.spatial import Delaunay, Voronoi

_FAR = [(-180, -85), (180, -85), (-180, 85), (180, 85)]


def _points(text: str) -> np.ndarray:
    return np.round([(point.x, point.y) for point in shapely.from_wkb(text).geoms], 10)


def _rings(points: np.ndarray) -> list[list[list[float]]]:
    rings = []
    for a, b, c in Delaunay(points).simplices:
        rings.append([[*points[corner].tolist()] for corner in (a, b, c, a)])
    return rings


def delaunay_lines(text: str) -> str:
    """Answer __DELAUNAYLINES."""
    return json.dumps({"type": "MultiLineString", "coordinates": _rings(_points(text))})


def delaunay_polygons(text: str) -> str:
    """Answer __DELAUNAYPOLYGONS."""
    rings = [[ring] for ring in _rings(_points(text))]
    return json.dumps({"type": "MultiPolygon", "coordinates": rings})


def _box(points: np.ndarray, box: str) -> shapely.Polygon:
    if box:
        return shapely.box(*json.loads(box))
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    margin = min(east - west, north - south) / 2
    return shapely.box(west - margin, south - margin, east + margin, north + margin)


def _rounded(coordinates: Any) -> list[list[float]]:
    return [[round(x, 10), round(y, 10)] for x, y in coordinates]


def voronoi_polygons(text: str, box: str) -> str:
    """Answer __VORONOIPOLYGONS."""
    points = _points(text)
    frame = _box(points, box)
    diagram = Voronoi(np.append(points, _FAR, axis=0))
    cells = []
    for region in diagram.regions:
        if region and -1 not in region:
            cell = shapely.Polygon([diagram.vertices[number] for number in region])
            cells.append([_rounded(frame.intersection(cell).exterior.coords)])
    return json.dumps({"type": "MultiPolygon", "coordinates": cells})


def voronoi_lines(text: str, box: str) -> str:
    """Answer __VORONOILINES."""
    points = _points(text)
    frame = _box(points, box)
    diagram = Voronoi(np.append(points, _FAR, axis=0))
    lines = []
    for ridge in diagram.ridge_vertices:
        if -1 not in ridge:
            line = frame.intersection(shapely.LineString(diagram.vertices[ridge]))
            if not line.is_empty:
                lines.append(_rounded(line.coords))
    return json.dumps({"type": "MultiLineString", "coordinates": lines})


FUNCTIONS = {
    "__delaunaylines": delaunay_lines,
    "__delaunaypolygons": delaunay_polygons,
    "__voronoilines": voronoi_lines,
    "__voronoipolygons": voronoi_polygons,
}
