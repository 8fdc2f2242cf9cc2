"""The processing module row by row, with geojson, scipy and shapely. Geometries come and go as GeoJSON texts.

Cells are cut to the box in two ways. `voronoi_polygons` does it as the reference toolbox does, with numpy for one pair
of segments after the other: a cell consists of its corners inside the box, the box's corners inside the cell and the
crossings of their sides, in their order around the middle. (The reference, with numpy's cross product instead of its
solver, takes longer.) `voronoi_polygons_by_shapely` leaves it to shapely's intersection.
"""

from __future__ import annotations

import json
from itertools import pairwise

import geojson
import numpy as np
import shapely
from scipy.spatial import Delaunay, Voronoi

_FAR = [(-180, -85), (180, -85), (-180, 85), (180, 85)]
_DECIMALS = 10


def _points(text: str) -> np.ndarray:
    return np.array(list(geojson.utils.coords(geojson.loads(text))))


def _rings(text: str) -> list[list[list[float]]]:
    points = _points(text)
    return [
        [points[corner].tolist() for corner in (a, b, c, a)]
        for a, b, c in Delaunay(points).simplices
    ]


def delaunay_lines(text: str) -> str:
    """Answer __DELAUNAYLINES."""
    return geojson.dumps(geojson.MultiLineString(_rings(text), precision=_DECIMALS))


def delaunay_polygons(text: str) -> str:
    """Answer __DELAUNAYPOLYGONS."""
    rings = [[ring] for ring in _rings(text)]
    return geojson.dumps(geojson.MultiPolygon(rings, precision=_DECIMALS))


def _bounds(points: np.ndarray, box: str) -> list[float]:
    if box:
        return list(json.loads(box))
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    margin = min(east - west, north - south) / 2
    return [west - margin, south - margin, east + margin, north + margin]


def _regions(points: np.ndarray) -> list[np.ndarray]:
    diagram = Voronoi(np.append(points, _FAR, axis=0))
    return [diagram.vertices[region] for region in diagram.regions if region and -1 not in region]


def _crossing(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray | None:
    try:
        along, up = np.linalg.solve(np.array([b - a, c - d]).T, c - a)
    except np.linalg.LinAlgError:
        return None
    return a + along * (b - a) if 0 <= along <= 1 and 0 <= up <= 1 else None


def _cut(cell: np.ndarray, bounds: list[float]) -> list[list[float]]:
    west, south, east, north = bounds
    box = np.array([[west, south], [east, south], [east, north], [west, north]])
    polygon = shapely.Polygon(cell)
    found = [p for p in cell if west <= p[0] <= east and south <= p[1] <= north]
    found += [p for p in box if polygon.contains(shapely.Point(p))]
    for a, b in pairwise([*cell, cell[0]]):
        for c, d in pairwise([*box, box[0]]):
            crossing = _crossing(a, b, c, d)
            if crossing is not None:
                found.append(crossing)
    middle = np.mean(found, axis=0)
    found.sort(key=lambda p: np.arctan2(p[1] - middle[1], p[0] - middle[0]))
    return [p.tolist() for p in [*found, found[0]]]


def voronoi_polygons(text: str, box: str) -> str:
    """Answer __VORONOIPOLYGONS."""
    points = _points(text)
    bounds = _bounds(points, box)
    cells = [[_cut(cell, bounds)] for cell in _regions(points)]
    return geojson.dumps(geojson.MultiPolygon(cells, precision=_DECIMALS))


def voronoi_polygons_by_shapely(text: str, box: str) -> str:
    """Answer __VORONOIPOLYGONS."""
    points = _points(text)
    frame = shapely.box(*_bounds(points, box))
    cells = [
        [list(frame.intersection(shapely.Polygon(cell)).exterior.coords)]
        for cell in _regions(points)
    ]
    return geojson.dumps(geojson.MultiPolygon(cells, precision=_DECIMALS))


def voronoi_lines(text: str, box: str) -> str:
    """Answer __VORONOILINES."""
    points = _points(text)
    frame = shapely.box(*_bounds(points, box))
    diagram = Voronoi(np.append(points, _FAR, axis=0))
    lines = []
    for ridge in diagram.ridge_vertices:
        if -1 not in ridge:
            line = frame.intersection(shapely.LineString(diagram.vertices[ridge]))
            if not line.is_empty:
                lines.append(list(line.coords))
    return geojson.dumps(geojson.MultiLineString(lines, precision=_DECIMALS))


FUNCTIONS = {
    "__delaunaylines": delaunay_lines,
    "__delaunaypolygons": delaunay_polygons,
    "__voronoilines": voronoi_lines,
    "__voronoipolygons": voronoi_polygons,
    "__voronoipolygons by shapely": voronoi_polygons_by_shapely,
}
