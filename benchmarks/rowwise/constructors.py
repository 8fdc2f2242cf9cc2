"""The constructors row by row, with turfpy's functions. Geometries come and go as GeoJSON texts."""

from __future__ import annotations

import json
import math

import geojson
from turfpy.measurement import rhumb_destination
from turfpy.transformation import bezier_spline, transform_rotate


def bezierspline(linestring: str, resolution: int, sharpness: str) -> str:
    """Answer ST_BEZIERSPLINE."""
    line = geojson.Feature(geometry=geojson.loads(linestring))
    drawn = bezier_spline(line, resolution, float(sharpness))
    return json.dumps(drawn["geometry"])


def makeellipse(
    center: str, x_semi_axis: str, y_semi_axis: str, angle: str, units: str, steps: int = 64
) -> str:
    """Answer ST_MAKEELLIPSE, of lengths."""
    short = {"kilometers": "km", "miles": "mi", "meters": "m"}[units]
    point = geojson.Feature(geometry=geojson.loads(center))
    lon, lat = point["geometry"]["coordinates"]
    east = rhumb_destination(point, float(x_semi_axis), 90, {"units": short})
    north = rhumb_destination(point, float(y_semi_axis), 0, {"units": short})
    a = east["geometry"]["coordinates"][0] - lon
    b = north["geometry"]["coordinates"][1] - lat
    ring = []
    for step in range(steps):
        turn = step * -360 / steps
        slope = math.tan(math.radians(turn)) ** 2
        x = a * b / math.sqrt(b * b + a * a * slope)
        y = a * b / math.sqrt(a * a + b * b / slope) if slope else 0.0
        ring.append([lon + (-x if -270 <= turn < -90 else x), lat + (-y if turn < -180 else y)])
    ring.append(list(ring[0]))
    shape = geojson.Feature(geometry=geojson.Polygon([ring]))
    turned = transform_rotate(shape, float(angle), pivot=[lon, lat], mutate=True)
    return json.dumps(turned["geometry"])


FUNCTIONS = {
    "__bezierspline": bezierspline,
    "__makeellipse": makeellipse,
    "__makeellipse_64": makeellipse,
}
