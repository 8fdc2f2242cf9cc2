"""The random module row by row: points drawn from the bounding box one by one until enough are inside."""

from __future__ import annotations

import json
import math
import random

import shapely


def generate_points(text: str, count: int) -> str:
    """Answer __GENERATEPOINTS."""
    polygon = shapely.from_wkb(text)
    west, south, east, north = polygon.bounds
    low, high = math.sin(math.radians(south)), math.sin(math.radians(north))
    points = []
    while len(points) < count:
        x = random.uniform(west, east)  # noqa: S311 - not a secret
        y = math.degrees(math.asin(random.uniform(low, high)))  # noqa: S311
        if polygon.contains(shapely.Point(x, y)):
            points.append([x, y])
    return json.dumps({"type": "MultiPoint", "coordinates": points})


FUNCTIONS = {"__generatepoints": generate_points}
