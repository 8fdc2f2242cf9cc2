"""The external functions of the S2 module: what is checked, in the reference toolbox's words, and what answers.

An array result is JSON text, which the SQL wrappers parse into SUPER. A NULL argument is an error throughout, as in the
reference toolbox.

Coordinates come as integers, in units of 2**-52 degrees (`sql/s2/macros.sql`): exact from one degree on, which text
that Redshift makes of a floating-point number is not, and several times faster to read.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import (
    ROOM,
    RaggedArray,
    Room,
    RowError,
    capacity,
    external_function,
    int32,
    int64,
    null_error,
    reject,
    text,
)
from carto_at_runtime.tiles.modes import checked_modes
from carto_at_runtime.wkb import read_geometries
from carto_s2 import coverer, hierarchy, hilbert, sphere, texts
from carto_s2.boxes import Box
from carto_s2.polyfill import Wish, polyfill

if TYPE_CHECKING:
    from carto_at_runtime import JoinedTexts
    from carto_s2.hilbert import Floats, Integers

_CHUNK = 2048
"""Rows whose arrays stay in the processor's cache."""

_DEGREES = 2.0**-52


@external_function(
    "__S2_FROMLONGLAT",
    int64("longitude"),
    int64("latitude"),
    int32("resolution"),
    nulls=null_error(),
)
def from_longlat(longitude: Integers, latitude: Integers, resolution: Integers) -> Integers:
    """Answer S2_FROMLONGLAT: the cell of a resolution at a point."""
    longitudes, latitudes = longitude * _DEGREES, latitude * _DEGREES
    _check_resolutions(resolution)
    _check_latitudes(latitudes)
    ids = np.empty(len(resolution), np.int64)
    for start in range(0, len(ids), _CHUNK):
        rows = slice(start, start + _CHUNK)
        x, y, z = sphere.points(longitudes[rows], latitudes[rows])
        face = sphere.faces(x, y, z)
        i, j = sphere.leaf_places(*sphere.face_uv(face, x, y, z))
        ids[rows] = hilbert.parents(hilbert.leaf_ids(face, i, j), resolution[rows])
    return ids


@external_function("S2_BOUNDARY", int64("id"), nulls=null_error())
def boundary(ids: Integers) -> JoinedTexts:
    """Answer S2_BOUNDARY: the cell's corners as a polygon in well-known text."""
    _check_cells(ids)
    rings = np.empty((len(ids), 5, 2))
    for start in range(0, len(ids), _CHUNK):
        rows = slice(start, start + _CHUNK)
        rings[rows] = sphere.corners(ids[rows])
    return texts.polygons(rings)


@external_function("__S2_CENTER", int64("id"), nulls=null_error())
def center(ids: Integers) -> JoinedTexts:
    """Answer S2_CENTER: the cell's centre as hex EWKB."""
    _check_cells(ids)
    return texts.points(*sphere.centres(ids))


@external_function("__S2_TOCHILDREN", int64("id"), int32("resolution"), ROOM, nulls=null_error())
def to_children(ids: Integers, resolution: Integers, _room: Room = ()) -> RaggedArray:
    """Answer S2_TOCHILDREN: the descendants at a resolution, the cell itself at its own."""
    _check_cells(ids)
    _check_resolutions(resolution)
    own = hilbert.levels(ids)
    reject(
        resolution < own,
        lambda row: (
            f"Children resolution ({resolution[row]}) must be equal or greater than "
            f"cell resolution ({own[row]})"
        ),
    )
    return hierarchy.children(ids, resolution)


@external_function(
    "__S2_POLYFILL_BBOX",
    int64("min_lng"),
    int64("max_lng"),
    int64("min_lat"),
    int64("max_lat"),
    int32("min_res", default=0),
    int32("max_res", default=hilbert.MAX_LEVEL),
    nulls=null_error(),
)
def polyfill_bbox(
    min_lng: Integers,
    max_lng: Integers,
    min_lat: Integers,
    max_lat: Integers,
    min_res: Integers,
    max_res: Integers,
) -> RaggedArray:
    """Answer S2_POLYFILL_BBOX: a few cells of mixed resolutions that cover a box."""
    sides = tuple(side * _DEGREES for side in (min_lng, max_lng, min_lat, max_lat))
    _check_box(*sides)
    _check_resolutions(min_res)
    _check_resolutions(max_res)
    reject(
        max_res < min_res,
        lambda row: (
            f"Maximum resolution ({max_res[row]}) must be equal or greater than "
            f"minimum resolution ({min_res[row]})"
        ),
    )
    columns = (*sides, min_res, max_res)
    limit = capacity(hierarchy.CELL_BYTES)
    offsets, found = [0], list[int]()
    for row, (west, east, south, north, lowest, highest) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        box = Box.of_degrees(west, east, south, north)
        try:
            found += coverer.cover(box, lowest, highest, limit)
        except coverer.TooManyCellsError:
            raise RowError(
                row,
                f"at resolution {lowest} the box has more than {limit} cells, "
                "more than one response of Lambda (6 MB) holds",
            ) from None
        offsets.append(len(found))
    return RaggedArray(np.array(found, np.uint64).view(np.int64), np.array(offsets, np.int64))


@external_function("__S2_POLYFILL", text("geom"), int32("resolution"), ROOM, nulls=null_error())
def polyfill_geometry(geom: list[str], resolution: Integers, _room: Room = ()) -> RaggedArray:
    """Answer S2_POLYFILL: the cells of a resolution that a geometry, given as hex EWKB in degrees, touches."""
    _check_resolutions(resolution)
    return polyfill(read_geometries(geom), [Wish(level) for level in resolution.tolist()])


@external_function(
    "__S2_POLYFILL_MODE", text("geom"), int32("resolution"), text("mode"), ROOM, nulls=null_error()
)
def polyfill_mode(
    geom: list[str], resolution: Integers, modes: list[str], _room: Room = ()
) -> RaggedArray:
    """Answer S2_POLYFILL_MODE: the cells that fill a geometry in one of three modes."""
    _check_resolutions(resolution)
    wishes = map(Wish, resolution.tolist(), checked_modes(modes))
    return polyfill(read_geometries(geom), list(wishes))


@external_function(
    "__S2_POLYFILL_BELOW",
    text("geom"),
    int32("resolution"),
    text("mode"),
    int64("parent"),
    nulls=null_error(),
)
def polyfill_below(
    geom: list[str], resolution: Integers, modes: list[str], parent: Integers
) -> RaggedArray:
    """Answer a step of S2_POLYFILL_TABLE: of `polyfill_mode`, the cells below a parent (0: all)."""
    _check_resolutions(resolution)
    below = (parent == 0) | (hilbert.is_valid(parent) & (hilbert.levels(parent) <= resolution))
    reject(~below, "Invalid parent")
    wishes = map(Wish, resolution.tolist(), checked_modes(modes), parent.tolist())
    return polyfill(read_geometries(geom), list(wishes))


def _check_cells(ids: Integers) -> None:
    reject(~hilbert.is_valid(ids), lambda row: f"Invalid S2 cell id: {ids[row]}")


def _check_resolutions(resolution: Integers) -> None:
    reject(
        (resolution < 0) | (resolution > hilbert.MAX_LEVEL),
        lambda row: f"Resolution must be between 0 and 30, got {resolution[row]}",
    )


def _check_latitudes(latitude: Floats) -> None:
    reject(
        np.abs(latitude) > 90,
        lambda row: f"Latitude must be between -90 and 90, got {latitude[row]}",
    )


def _longitude_message(longitude: Floats, row: int) -> str:
    return f"Longitude must be between -180 and 180, got {longitude[row]}"


def _check_box(min_lng: Floats, max_lng: Floats, min_lat: Floats, max_lat: Floats) -> None:
    for latitude in (min_lat, max_lat):
        _check_latitudes(latitude)
    for longitude in (min_lng, max_lng):
        reject(
            np.abs(longitude) > 180,
            partial(_longitude_message, longitude),
        )
    reject(
        max_lat < min_lat,
        lambda row: (
            f"Maximum latitude ({max_lat[row]}) must be equal or greater than "
            f"minimum latitude ({min_lat[row]})"
        ),
    )
