"""Ellipses around points, as polygons in degrees, as the reference toolbox makes them (from turf.js).

The semi-axes are laid along the rhumb lines to the east and to the north of the centre, on a sphere of 6371.0088 km;
the ellipse is drawn in degrees with these, and turned by moving every vertex along the rhumb line of its new bearing.
Rhumb lines: https://www.movable-type.co.uk/scripts/latlong.html#rhumblines
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import reject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]

EARTH_RADIUS_M = 6371008.8
_FLAT = 1e-11
"""Below this, a rhumb line is taken to run along a parallel."""

PER_METER = {"kilometers": 0.001, "miles": 0.000621371192, "meters": 1.0}
"""The reference toolbox's factors, digit for digit."""

UNITS = (*PER_METER, "degrees")

_POLE = "the ellipse reaches a pole"


@dataclass(frozen=True, slots=True)
class Ellipses:
    """Ellipses of shape (rows,): centres (rows, 2) in degrees, semi-axes in units of `units`, angles in degrees."""

    centers: Floats
    x_semi_axes: Floats
    y_semi_axes: Floats
    angles: Floats
    units: list[str]

    def take(self, rows: NDArray[np.int64]) -> Ellipses:
        """Return those of the given rows."""
        return Ellipses(
            self.centers[rows],
            self.x_semi_axes[rows],
            self.y_semi_axes[rows],
            self.angles[rows],
            [self.units[row] for row in rows],
        )


def outlines(ellipses: Ellipses, steps: int) -> Floats:
    """Return the ellipses as closed rings of `steps` vertices: shape (rows, steps + 1, 2).

    Vertices run counter-clockwise from the end of the x axis before the turn. Longitudes go on beyond 180 where the
    ellipse crosses the antimeridian. Raises `RowError` for an ellipse that reaches a pole or goes around the world.
    """
    in_degrees = np.array([unit == "degrees" for unit in ellipses.units], np.bool_)
    a, b = _axes_in_degrees(ellipses, in_degrees)
    lon, lat = ellipses.centers[:, :1], ellipses.centers[:, 1:]
    reject(np.abs(a) >= 180, "the ellipse reaches around the world")
    x, y = _upright(a[:, None], b[:, None], steps)
    angle = np.radians(ellipses.angles)[:, None]
    turned_x = x * np.cos(angle) + y * np.sin(angle)
    turned_y = y * np.cos(angle) - x * np.sin(angle)
    rhumb = np.flatnonzero(~in_degrees & (ellipses.angles != 0))
    if len(rhumb):
        upright = (x[rhumb], y[rhumb])
        reject((np.abs(lat + y) >= 90).any(axis=1) & ~in_degrees, _POLE)
        turned_x[rhumb], turned_y[rhumb] = _turned(*upright, lat[rhumb], angle[rhumb])
    ring = np.stack((lon + turned_x, lat + turned_y), axis=2)
    reject((np.abs(ring[:, :, 1]) > 90).any(axis=1), _POLE)
    return np.concatenate((ring, ring[:, :1]), axis=1)


def _axes_in_degrees(ellipses: Ellipses, in_degrees: Booleans) -> tuple[Floats, Floats]:
    """The semi-axes as differences of longitude and of latitude."""
    per_meter = np.array([PER_METER.get(unit, 1.0) for unit in ellipses.units])
    lat = np.radians(ellipses.centers[:, 1])
    east = np.degrees(ellipses.x_semi_axes / per_meter / EARTH_RADIUS_M) / np.cos(lat)
    north = np.degrees(ellipses.y_semi_axes / per_meter / EARTH_RADIUS_M)
    return (
        np.where(in_degrees, ellipses.x_semi_axes, east),
        np.where(in_degrees, ellipses.y_semi_axes, north),
    )


def _upright(a: Floats, b: Floats, steps: int) -> tuple[Floats, Floats]:
    """Offsets of the vertices of an ellipse with the semi-axes `a` and `b`, from (a, 0)."""
    angle = np.arange(steps) * -360 / steps
    slope = np.tan(np.radians(angle)) ** 2
    x = a * b / np.sqrt(b * b + a * a * slope)
    with np.errstate(divide="ignore"):
        y = np.where(slope == 0, 0.0, a * b / np.sqrt(a * a + b * b / slope))
    return (
        np.where((angle < -90) & (angle >= -270), -x, x),
        np.where(angle < -180, -y, y),
    )


def _turned(x: Floats, y: Floats, lat: Floats, angle: Floats) -> tuple[Floats, Floats]:
    """Move the vertices at the offsets (x, y), in degrees, along rhumb lines whose bearing is `angle` more."""
    start = np.radians(lat)
    d_lon, d_lat = np.radians(x), np.radians(y)
    stretched = _stretched(start + d_lat) - _stretched(start)
    bearing = np.arctan2(d_lon, stretched) + angle
    shrink = _shrink(d_lat, stretched, start)
    distance = np.sqrt(d_lat * d_lat + shrink * shrink * d_lon * d_lon)
    moved = distance * np.cos(bearing)
    end = start + moved
    reject((np.abs(end) >= np.pi / 2).any(axis=1), _POLE)
    shrink = _shrink(moved, _stretched(end) - _stretched(start), start)
    return np.degrees(distance * np.sin(bearing) / shrink), np.degrees(moved)


def _stretched(latitude: Floats) -> Floats:
    """The Mercator projection's y of a latitude, in radians."""
    return np.log(np.tan(latitude / 2 + np.pi / 4))


def _shrink(d_lat: Floats, stretched: Floats, start: Floats) -> Floats:
    """How much shorter a degree of longitude is along a rhumb line than on the equator."""
    level = np.abs(stretched) <= _FLAT
    return np.where(level, np.cos(start), d_lat / np.where(level, 1.0, stretched))
