"""The external functions of the transformations module: what is checked, in which words, and what answers.

Geometries come as hex EWKB in degrees and go as hex EWKB with SRID 4326. A text of 64 KB, what a VARCHAR column holds,
has about 2 000 vertices.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from carto_at_runtime import (
    NULL_MASK,
    Nullable,
    RowError,
    check_items,
    check_texts,
    external_function,
    float64,
    int32,
    reject,
    text,
)
from carto_at_runtime.multipoints import read_multipoints
from carto_at_runtime.shapes import read_shapes
from carto_at_runtime.wkb import LINE, read_geometries
from carto_at_runtime.wkb_points import read_points
from carto_at_runtime.wkb_results import check_vertices, hex_points, hex_polygons
from carto_transformations.along import points_along
from carto_transformations.buffer import buffers
from carto_transformations.great_circle import great_circles, same_place
from carto_transformations.hull import concave_hulls
from carto_transformations.median import medians
from carto_transformations.minkowski import weights
from carto_transformations.positions import positions
from carto_transformations.units import to_radians
from carto_transformations.vertices import distinct_vertices, means

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_FARTHEST_M = 5_000_000
_MOST_SEGMENTS = 1000
_LEAST_NUMBER_BYTES = 4
_MOST_NUMBERS = 16_000
"""Of a matrix: more of them do not fit into a text, however short they are."""


@external_function("__CENTERMEAN", text("geom"))
def centermean(geom: list[str]) -> list[str]:
    """Answer ST_CENTERMEAN: the mean of the vertices."""
    return _center(geom, means)


@external_function("__CENTERMEDIAN", text("geom"))
def centermedian(geom: list[str]) -> list[str]:
    """Answer ST_CENTERMEDIAN: the point whose distances to the vertices add up to the least."""
    return _center(geom, medians)


def _center(geom: list[str], center: Callable[..., tuple[Floats, Floats]]) -> list[str]:
    vertices = distinct_vertices(read_geometries(geom), len(geom))
    return hex_points(np.stack(center(vertices), axis=1))


@external_function("__GREATCIRCLE_100", text("start_point"), text("end_point"))
def greatcircle_100(start_point: list[str], end_point: list[str]) -> list[str | None]:
    """Answer ST_GREATCIRCLE without a number of vertices: 100. Batches can be larger where results are bounded."""
    return greatcircle(start_point, end_point, np.full(len(start_point), 100))


@external_function(
    "__GREATCIRCLE",
    text("start_point"),
    text("end_point"),
    int32("n_points"),
    text("room", default=""),
)
def greatcircle(
    start_point: list[str], end_point: list[str], n_points: Integers, _room: Sequence[str] = ()
) -> list[str | None]:
    """Answer ST_GREATCIRCLE: a line along the geodesic; NULL for points that are one, and for empty ones.

    `_room` is as long as the result, which bounds the batch (`geo.room` in sql/transformations/macros.sql).
    """
    reject(n_points < 2, "Invalid n_points: should be at least 2")
    check_vertices(n_points)
    reason = "start_point and end_point should be a Point"
    start, end = read_points(start_point, reason), read_points(end_point, reason)
    reject(
        (np.abs(start[:, 1]) > 90) | (np.abs(end[:, 1]) > 90),
        "Invalid latitude: should be between -90 and 90",
    )
    answers: list[str | None] = [None] * len(start)
    drawn = np.isfinite(start[:, 0] + end[:, 0])
    drawn[drawn] = ~same_place(start[drawn], end[drawn])
    for count in np.unique(n_points[drawn]).tolist():
        rows = np.flatnonzero(drawn & (n_points == count))
        lines = great_circles(start[rows], end[rows], count)
        for row, line in zip(rows.tolist(), lines, strict=True):
            answers[row] = line
    check_texts(answers, "ask for fewer vertices")
    return answers


@external_function(
    "__LINE_INTERPOLATE_POINT",
    text("line"),
    float64("distance"),
    text("units", on_null=NULL_MASK),
)
def line_interpolate_point(line: list[str], distance: Floats, units: Nullable) -> list[str]:
    """Answer ST_LINE_INTERPOLATE_POINT: the point at a distance along a line, or its end."""
    reject(distance < 0, "Invalid distance: should not be negative")
    passed = to_radians(distance, _units(units))
    lines = read_geometries(line)
    parts = np.bincount(lines.rows, minlength=len(line))
    strange = np.bincount(lines.rows[lines.kinds != LINE], minlength=len(line))
    reject((parts != 1) | (strange > 0), "line should be a LineString that is not empty")
    reject(np.diff(lines.offsets) < 2, "line should have at least two vertices")
    return hex_points(points_along(lines.coordinates, lines.offsets, passed))


def _units(units: Nullable) -> list[str]:
    return [
        "kilometers" if null else unit
        for unit, null in zip(units.values, units.is_null.tolist(), strict=True)
    ]


@external_function("__BUFFER", text("geom"), float64("meters"), int32("segments"))
def buffer(geom: list[str], meters: Floats, segments: Integers) -> list[str | None]:
    """Answer ST_BUFFER: everything within a distance in meters."""
    reject(np.abs(meters) > _FARTHEST_M, f"Invalid distance: should be up to {_FARTHEST_M} meters")
    outside = (segments < 1) | (segments > _MOST_SEGMENTS)
    reject(outside, f"Invalid segments: should be between 1 and {_MOST_SEGMENTS}")
    shapes = read_shapes(geom)
    bounds = shapely.bounds(shapes)
    reject(
        (bounds[:, 1] < -90) | (bounds[:, 3] > 90), "Invalid latitude: should be between -90 and 90"
    )
    return _hex(
        buffers(shapes, meters, segments), "simplify the geometry or ask for fewer segments"
    )


@external_function(
    "__CONCAVEHULL",
    text("geom"),
    float64("max_edge", on_null=NULL_MASK),
    text("units", on_null=NULL_MASK),
)
def concavehull(geom: list[str], max_edge: Nullable, units: Nullable) -> list[str | None]:
    """Answer ST_CONCAVEHULL: the hull of points without edges longer than `max_edge`."""
    return _hulls(read_shapes(geom), max_edge, units)


def _hulls(shapes: Any, max_edge: Nullable, units: Nullable) -> list[str | None]:
    reject(~max_edge.is_null & (max_edge.values <= 0), "Invalid maxEdge: should be greater than 0")
    longest = to_radians(max_edge.values, _units(units))
    hulls = concave_hulls(shapes, np.where(max_edge.is_null, np.inf, longest))
    return _hex(hulls, "ask for fewer points")


@external_function(
    "__CONCAVEHULL_ARR",
    text("geojsons"),
    float64("max_edge", on_null=NULL_MASK),
    text("units", on_null=NULL_MASK),
)
def concavehull_arr(geojsons: list[str], max_edge: Nullable, units: Nullable) -> list[str | None]:
    """Answer ST_CONCAVEHULL of an array of GeoJSON geometries."""
    points = [_positions(row, document) for row, document in enumerate(geojsons)]
    shapes = np.array([shapely.multipoints(each) for each in points], object)
    return _hulls(shapes, max_edge, units)


@external_function("__POINTONSURFACE", text("geom"))
def pointonsurface(geom: list[str]) -> list[str | None]:
    """Answer ST_POINTONSURFACE: a point of the geometry, in the inside of polygons."""
    return _hex(list(shapely.point_on_surface(shapely.force_2d(read_shapes(geom)))), "")


def _hex(shapes: list[Any], advice: str) -> list[str | None]:
    """Return hex EWKB with SRID 4326; None for None and for empty geometries. `advice` is for too long texts."""
    column = np.empty(len(shapes), object)
    column[:] = shapes
    column[shapely.is_empty(column)] = None
    marked = shapely.set_srid(column, 4326)
    found: list[str | None] = shapely.to_wkb(
        marked, hex=True, output_dimension=2, byte_order=1, include_srid=True
    ).tolist()
    check_texts(found, advice)
    return found


@external_function("__MINKOWSKIDISTANCE", text("geom"), float64("p", on_null=NULL_MASK))
def minkowskidistance(geom: list[str], p: Nullable) -> list[str]:
    """Answer ST_MINKOWSKIDISTANCE: a matrix as JSON, the reciprocal distances of a MultiPoint's points."""
    points, offsets = read_multipoints(geom, "geom should be a MultiPoint")
    return _matrices([points[start:end] for start, end in pairwise(offsets.tolist())], p)


@external_function("__MINKOWSKIDISTANCE_ARR", text("geojsons"), float64("p", on_null=NULL_MASK))
def minkowskidistance_arr(geojsons: list[str], p: Nullable) -> list[str]:
    """Answer ST_MINKOWSKIDISTANCE of an array of GeoJSON geometries, whose coordinates are the points."""
    return _matrices([_positions(row, document) for row, document in enumerate(geojsons)], p)


def _matrices(points: list[Floats], p: Nullable) -> list[str]:
    norms = np.where(p.is_null, 2.0, p.values)
    reject(norms < 1, "Invalid p: should be at least 1")
    counts = np.array([len(each) for each in points], np.int64)
    check_items(counts**2, _LEAST_NUMBER_BYTES, "numbers", _MOST_NUMBERS)
    texts = [
        orjson.dumps(weights(each, norm), option=orjson.OPT_SERIALIZE_NUMPY).decode()
        for each, norm in zip(points, norms.tolist(), strict=True)
    ]
    check_texts(texts, "ask for fewer points")
    return texts


@external_function("__ENVELOPE_ARR", text("geojsons"))
def envelope_arr(geojsons: list[str]) -> list[str | None]:
    """Answer ST_ENVELOPE_ARR: the rectangle around an array of GeoJSON geometries."""
    points = [_positions(row, document) for row, document in enumerate(geojsons)]
    boxes = [
        (each.min(axis=0), each.max(axis=0)) if len(each) else ((0.0, 0.0), (0.0, 0.0))
        for each in points
    ]
    corners = np.array(boxes).reshape(-1, 4)
    polygons = hex_polygons(corners[:, [0, 1, 0, 3, 2, 3, 2, 1, 0, 1]].reshape(-1, 5, 2))
    return [polygon if len(each) else None for polygon, each in zip(polygons, points, strict=True)]


def _positions(row: int, document: str) -> Floats:
    try:
        return positions(document)
    except ValueError as error:
        raise RowError(row, f"Invalid geojsons: {error}") from None
