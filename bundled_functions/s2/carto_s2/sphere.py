"""Between longitude and latitude, points on the unit sphere, and positions on the faces of the cube around it.

A face has coordinates u and v (-1 to 1) by central projection, and s and t (0 to 1), which the quadratic transform
makes of them so that cells have similar areas. Formulas: S2 Geometry library, `s2coords.h`. Operations are in the order
of the s2sphere library, so that ids come out equal to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_s2.hilbert import face_ij, lowest_bit

if TYPE_CHECKING:
    from carto_s2.hilbert import Floats, Integers

LEAVES = 1 << 30
"""How many cells of level 30 lie along the side of a face."""

_DEGREES = 180.0 / np.pi

_PARTS = np.array(((0, 4, 4, 3, 2, 2), (1, 0, 5, 5, 3, 1), (2, 2, 0, 4, 4, 3)))
"""For x, y, z on each face: 0 is 1, 1 is u, 2 is v, 3 is -1, 4 is -u, 5 is -v."""


def points(longitudes: Floats, latitudes: Floats) -> tuple[Floats, Floats, Floats]:
    """Return x, y, z on the unit sphere for degrees."""
    phi, theta = np.radians(latitudes), np.radians(longitudes)
    cosine = np.cos(phi)
    return np.cos(theta) * cosine, np.sin(theta) * cosine, np.sin(phi)


def faces(x: Floats, y: Floats, z: Floats) -> Integers:
    """Return the face that each point projects to: that of the axis it is closest to."""
    wide, deep, high = np.abs(x), np.abs(y), np.abs(z)
    first = wide > deep
    axis = np.where(np.where(first, wide, deep) > high, np.where(first, 0, 1), 2)
    negative = np.where(axis == 0, x, np.where(axis == 1, y, z)) < 0
    return axis + 3 * negative


def face_uv(face: Integers, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Project points to positions u, v in the plane of the given face, which must be on their side of the cube."""
    axis = face % 3
    on_x, on_y = axis == 0, axis == 1
    main = np.where(on_x, x, np.where(on_y, y, z))
    a = np.where(on_x, y, -x) / main
    b = np.where(on_x | on_y, z, -y) / main
    upper = face < 3
    return np.where(upper, a, b), np.where(upper, b, a)


def uv_to_st(u: Floats) -> Floats:
    """Return s (or t) for u (or v)."""
    root = 0.5 * np.sqrt(1 + 3 * np.abs(u))
    return np.where(u >= 0, root, 1 - root)


def st_to_uv(s: Floats) -> Floats:
    """Return u (or v) for s (or t)."""
    return np.where(
        s >= 0.5, (1.0 / 3.0) * (4 * s * s - 1), (1.0 / 3.0) * (1 - 4 * (1 - s) * (1 - s))
    )


def leaf_places(u: Floats, v: Floats) -> tuple[Integers, Integers]:
    """Return i and j of the leaves at positions of a face."""
    i = (LEAVES * uv_to_st(u)).astype(np.int64)
    j = (LEAVES * uv_to_st(v)).astype(np.int64)
    return np.minimum(np.maximum(i, 0), LEAVES - 1), np.minimum(np.maximum(j, 0), LEAVES - 1)


def degrees_at(face: Integers, u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude of positions of a face."""
    count = len(u)
    parts = np.empty((6, count))
    parts[0], parts[1], parts[2] = 1.0, u, v
    np.negative(parts[:3], out=parts[3:])
    flat, place = parts.reshape(-1), np.arange(count)
    x, y, z = (flat.take(rows.take(face) + place) for rows in _PARTS * count)
    longitudes, latitudes = np.arctan2(y, x), np.arctan2(z, np.sqrt(x * x + y * y))
    return longitudes * _DEGREES + 0.0, latitudes * _DEGREES + 0.0  # no negative zeros


def bounds(ids: Integers) -> tuple[Integers, Integers, Integers, Integers]:
    """Return face, lowest i, lowest j and side of cells, in leaves."""
    face, i, j = face_ij(ids)
    side = np.sqrt((lowest_bit(ids)).astype(np.float64)).astype(np.int64)
    return face, i & -side, j & -side, side


def centres(ids: Integers) -> tuple[Floats, Floats]:
    """Return longitude and latitude of the centres of cells: the middle in s and t."""
    face, i, j, side = bounds(ids)
    half = 0.5 / LEAVES
    return degrees_at(face, st_to_uv(half * (2 * i + side)), st_to_uv(half * (2 * j + side)))


def corners(ids: Integers) -> Floats:
    """Return the boundaries of cells as closed rings: array (cells, 5, 2) of longitude and latitude.

    A corner on the antimeridian gets the sign of the cell's other side, and a corner on a pole, which has no
    longitude, that of the cell's centre, so that the ring is right on a plane where it can be.
    """
    face, i, j, side = bounds(ids)
    leaf = 1.0 / LEAVES
    west, east = st_to_uv(leaf * i), st_to_uv(leaf * (i + side))
    south, north = st_to_uv(leaf * j), st_to_uv(leaf * (j + side))
    longitudes, latitudes = degrees_at(
        np.tile(face, 4),
        np.concatenate((west, east, east, west)),
        np.concatenate((south, south, north, north)),
    )
    rings = np.empty((len(ids), 5, 2))
    rings[:, :4, 0], rings[:, :4, 1] = longitudes.reshape(4, -1).T, latitudes.reshape(4, -1).T
    odd = (np.abs(longitudes) == 180.0) | (np.abs(latitudes) == 90.0)
    if odd.any():
        _settle(rings, np.flatnonzero(odd.reshape(4, -1).any(axis=0)), ids)
    rings[:, 4] = rings[:, 0]
    return rings


def _settle(rings: Floats, rows: Integers, ids: Integers) -> None:
    middle = centres(ids[rows])[0][:, None]
    longitudes, latitudes = rings[rows, :4, 0], rings[rows, :4, 1]
    longitudes = np.where(np.abs(longitudes) == 180.0, np.copysign(180.0, middle), longitudes)
    rings[rows, :4, 0] = np.where(np.abs(latitudes) == 90.0, middle, longitudes)
