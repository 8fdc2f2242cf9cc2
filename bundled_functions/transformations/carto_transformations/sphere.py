"""Distances and places on the sphere, and the plane that keeps distances from one point.

Great circles: https://www.movable-type.co.uk/scripts/latlong.html. The azimuthal equidistant projection: J. P. Snyder,
Map projections - a working manual, USGS Professional Paper 1395 (1987), pages 191 to 202.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def angular_distance(start: Floats, end: Floats) -> Floats:
    """Return the angles (radians) between points of shape (n, 2), in degrees, by the haversine formula."""
    lon1, lat1 = np.radians(start).T
    lon2, lat2 = np.radians(end).T
    square = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * np.arctan2(np.sqrt(square), np.sqrt(np.maximum(0, 1 - square)))


def along_great_circles(start: Floats, end: Floats, passed: Floats) -> Floats:
    """Return the points (n, 2) in degrees that are the angle `passed` from `start`, on the way to `end`."""
    a, b = _vectors(start), _vectors(end)
    whole = angular_distance(start, end)
    sine = np.sin(whole)
    point = sine < 1e-300
    divisor = np.where(point, 1.0, sine)[:, None]
    share = np.where(point, 0.0, np.sin(passed))[:, None] / divisor
    rest = np.where(point, 1.0, np.sin(whole - passed))[:, None] / np.where(
        point[:, None], 1.0, divisor
    )
    x, y, z = (rest * a + share * b).T
    longitude = np.degrees(np.arctan2(y, x))
    return np.stack((longitude, np.degrees(np.arctan2(z, np.hypot(x, y)))), axis=1)


def _vectors(points: Floats) -> Floats:
    lon, lat = np.radians(points).T
    return np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)), axis=1)


def to_plane(points: Floats, centers: Floats) -> Floats:
    """Project points around centers, both (n, 2) in degrees; the plane's unit is the sphere's radius."""
    lon, lat = np.radians(points).T
    lon0, lat0 = np.radians(centers).T
    d_lon = lon - lon0
    x = np.cos(lat) * np.sin(d_lon)
    y = np.sin(lat - lat0) + 2 * np.sin(lat0) * np.cos(lat) * np.sin(d_lon / 2) ** 2
    size = np.hypot(x, y)
    angle = np.arctan2(
        size, np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(d_lon)
    )
    stretch = np.where(size == 0, 1.0, angle / np.where(size == 0, 1.0, size))
    return np.stack((x * stretch, y * stretch), axis=1)


def from_plane(points: Floats, centers: Floats) -> Floats:
    """Return degrees of projected points; longitudes are within 180 of the center's."""
    x, y = points.T
    lat0 = np.radians(centers[:, 1])
    angle = np.hypot(x, y)
    ratio = np.where(angle == 0, 1.0, np.sin(angle) / np.where(angle == 0, 1.0, angle))
    north = np.cos(angle) * np.sin(lat0) + y * ratio * np.cos(lat0)
    ahead = np.cos(angle) * np.cos(lat0) - y * ratio * np.sin(lat0)
    latitude = np.arctan2(north, np.hypot(ahead, x * ratio))
    longitude = centers[:, 0] + np.degrees(np.arctan2(x * ratio, ahead))
    return np.stack((longitude, np.degrees(latitude)), axis=1)
