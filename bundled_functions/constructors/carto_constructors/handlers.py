"""The external functions of the constructors module: what is checked, in which words, and what answers.

Geometries come as hex EWKB in degrees and go as hex EWKB with SRID 4326. A text of 64 KB, what a VARCHAR column holds,
has about 2 000 vertices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import (
    NULL_MASK,
    Nullable,
    RowError,
    check_texts,
    external_function,
    float64,
    int32,
    reject,
    text,
)
from carto_at_runtime.antimeridian import cut_polygons
from carto_at_runtime.wkb import LINE, Geometries, read_geometries
from carto_at_runtime.wkb_points import read_points
from carto_at_runtime.wkb_results import check_vertices, hex_linestrings, hex_polygons
from carto_constructors.bezier import sample_counts, splines
from carto_constructors.ellipse import UNITS, Ellipses, outlines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_DEFAULT_STEPS = 64
_SHORTEST_MS = 11
"""A spline of 10 ms or less would have one vertex."""


@external_function(
    "__BEZIERSPLINE",
    text("linestring"),
    int32("resolution"),
    float64("sharpness"),
    text("room", default=""),
)
def bezierspline(
    linestring: list[str], resolution: Integers, sharpness: Floats, _room: Sequence[str] = ()
) -> list[str]:
    """Answer ST_BEZIERSPLINE: a smooth line through the vertices of a line.

    `_room` is as long as the result, which bounds the batch (`geo.room` in sql/transformations/macros.sql).
    """
    reject(resolution < _SHORTEST_MS, "Invalid resolution: should be more than 10")
    check_vertices(sample_counts(resolution))
    lines = read_geometries(linestring)
    offsets = _line_offsets(lines, len(linestring))
    answers = [""] * len(linestring)
    for duration in np.unique(resolution).tolist():
        rows = np.flatnonzero(resolution == duration)
        vertices, starts = _of_rows(lines.coordinates, offsets, rows)
        drawn = hex_linestrings(splines(vertices, starts, sharpness[rows], duration))
        for row, line in zip(rows.tolist(), drawn, strict=True):
            answers[row] = line
    return answers


def _line_offsets(lines: Geometries, rows: int) -> Integers:
    """Where each row's line starts in the coordinates; every row has to be one line."""
    parts = np.bincount(lines.rows, minlength=rows)
    strange = np.bincount(lines.rows[lines.kinds != LINE], minlength=rows)
    reject((parts != 1) | (strange > 0), "linestring should be a LineString that is not empty")
    reject(np.diff(lines.offsets) < 2, "linestring should have at least two vertices")
    return lines.offsets


def _of_rows(vertices: Floats, offsets: Integers, rows: Integers) -> tuple[Floats, Integers]:
    if len(rows) == len(offsets) - 1:
        return vertices, offsets
    sizes = np.diff(offsets)[rows]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    places = np.repeat(offsets[rows] - starts[:-1], sizes) + np.arange(starts[-1])
    return vertices[places], starts


@external_function(
    "__MAKEELLIPSE_64",
    text("center"),
    float64("x_semi_axis"),
    float64("y_semi_axis"),
    float64("angle"),
    text("units", on_null=NULL_MASK),
)
def makeellipse_64(
    center: list[str], x_semi_axis: Floats, y_semi_axis: Floats, angle: Floats, units: Nullable
) -> list[str | None]:
    """Answer ST_MAKEELLIPSE without a number of steps. Batches can be larger where results are bounded."""
    rows = len(center)
    steps = Nullable(np.zeros(rows, np.int64), np.ones(rows, np.bool_))
    return makeellipse(center, x_semi_axis, y_semi_axis, angle, units, steps)


@external_function(
    "__MAKEELLIPSE",
    text("center"),
    float64("x_semi_axis"),
    float64("y_semi_axis"),
    float64("angle"),
    text("units", on_null=NULL_MASK),
    int32("steps", on_null=NULL_MASK),
    text("room", default=""),
)
def makeellipse(
    center: list[str],
    x_semi_axis: Floats,
    y_semi_axis: Floats,
    angle: Floats,
    units: Nullable,
    steps: Nullable,
    _room: Sequence[str] = (),
) -> list[str | None]:
    """Answer ST_MAKEELLIPSE: an ellipse around a point as a polygon, NULL for an empty point. `_room` is as above."""
    named = [
        "kilometers" if null else unit.lower()
        for unit, null in zip(units.values, units.is_null.tolist(), strict=True)
    ]
    reject(np.array([unit not in UNITS for unit in named], np.bool_), "non valid units")
    reject((x_semi_axis == 0) | (y_semi_axis == 0), "Invalid axis: should not be 0")
    counts = np.where(steps.is_null, _DEFAULT_STEPS, steps.values)
    reject(counts < 3, "Invalid steps: should be at least 3")
    check_vertices(counts + 1)
    centers = read_points(center, "center should be a Point")
    reject(np.abs(centers[:, 1]) > 90, "Invalid center: latitude should be between -90 and 90")
    answers: list[str | None] = [None] * len(center)
    ellipses = Ellipses(centers, x_semi_axis, y_semi_axis, angle, named)
    present = np.isfinite(centers[:, 0])
    for count in np.unique(counts[present]).tolist():
        rows = np.flatnonzero(present & (counts == count))
        try:
            drawn = _drawn(ellipses.take(rows), count)
        except RowError as error:
            raise RowError(int(rows[error.row]), error.reason) from None
        for row, polygon in zip(rows.tolist(), drawn, strict=True):
            answers[row] = polygon
    check_texts(answers, "ask for fewer steps")
    return answers


def _drawn(ellipses: Ellipses, steps: int) -> list[str]:
    rings = outlines(ellipses, steps)
    polygons = hex_polygons(rings)
    crossing = np.flatnonzero((np.abs(rings[:, :, 0]) > 180).any(axis=1)).tolist()
    if not crossing:
        return polygons
    import shapely  # noqa: PLC0415 - takes 60 ms, and few ellipses cross the antimeridian

    for row in crossing:
        cut = shapely.set_srid(cut_polygons(shapely.polygons(rings[row])), 4326)
        polygons[row] = shapely.to_wkb(cut, hex=True, byte_order=1, include_srid=True)
    return polygons
