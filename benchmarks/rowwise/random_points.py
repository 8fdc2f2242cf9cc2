"""The random module row by row: points drawn from the bounding box one by one until enough are inside.

Whether a point is inside is asked of turfpy, which goes along the polygon's edges in Python, as the reference toolbox
does; or of shapely, which does it in C.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import geojson
import shapely
from turfpy.measurement import bbox, boolean_point_in_polygon

if TYPE_CHECKING:
    from collections.abc import Callable


def generate_points(text: str, count: int) -> str:
    """Answer __GENERATEPOINTS."""
    polygon = geojson.loads(text)
    return _drawn(
        bbox(polygon), count, lambda x, y: boolean_point_in_polygon(geojson.Point((x, y)), polygon)
    )


def generate_points_by_shapely(text: str, count: int) -> str:
    """Answer __GENERATEPOINTS."""
    polygon = shapely.from_geojson(text)
    return _drawn(polygon.bounds, count, lambda x, y: polygon.contains(shapely.Point(x, y)))


def _drawn(bounds: tuple[float, ...], count: int, is_inside: Callable[[float, float], bool]) -> str:
    west, south, east, north = bounds
    low, high = math.sin(math.radians(south)), math.sin(math.radians(north))
    points = []
    while len(points) < count:
        x = random.uniform(west, east)  # noqa: S311 - not a secret
        y = math.degrees(math.asin(random.uniform(low, high)))  # noqa: S311
        if is_inside(x, y):
            points.append((x, y))
    return geojson.dumps(geojson.MultiPoint(points, precision=15))


FUNCTIONS = {
    "__generatepoints": generate_points,
    "__generatepoints by shapely": generate_points_by_shapely,
}
