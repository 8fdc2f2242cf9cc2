"""The external functions of the processing module: what is checked, in the reference toolbox's words, and what answers.

Coordinates are planar: they are taken and returned as they are, whatever their reference system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RowError, check_texts, external_function, int32, text
from carto_processing import geojson, voronoi
from carto_processing.delaunay import triangulate
from carto_processing.envelopes import around, check_inside, read_envelope
from carto_processing.parts import TEXTS, parts
from carto_processing.sites import read_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ADVICE = "use {}, which has no such limit"
_NO_LINES = '{"type":"MultiLineString","coordinates":[]}'
_NO_POLYGONS = '{"type":"MultiPolygon","coordinates":[]}'


@external_function("__DELAUNAYLINES", text("points"))
def delaunay_lines(points: list[str]) -> list[str]:
    """Answer ST_DELAUNAYLINES: the outline of each Delaunay triangle as a closed line."""
    return _outlines(points, "MultiLineString")


@external_function("__DELAUNAYPOLYGONS", text("points"))
def delaunay_polygons(points: list[str]) -> list[str]:
    """Answer ST_DELAUNAYPOLYGONS: the Delaunay triangles as polygons."""
    return _outlines(points, "MultiPolygon")


def _outlines(points: Sequence[str], kind: str) -> list[str]:
    sites = read_sites(points)
    triangles = triangulate(sites)
    texts = geojson.outlines(sites.points, triangles.corners, triangles.offsets, kind)
    check_texts(texts, _ADVICE.format("CREATE_DELAUNAYPOLYGONS"))
    return texts


@external_function("__VORONOILINES", text("points"), text("bbox"))
def voronoi_lines(points: list[str], bbox: list[str]) -> list[str | None]:
    """Answer ST_VORONOILINES: the lines between the cells. `bbox` is JSON text, empty for the default."""
    results, rows, drawn = _diagrams(points, bbox, _NO_LINES)
    for row, lines in zip(rows, geojson.split(*drawn.lines()), strict=True):
        results[row] = geojson.multi_line_string(lines)
    check_texts(results, _ADVICE.format("CREATE_VORONOILINES"))
    return results


@external_function("__VORONOIPOLYGONS", text("points"), text("bbox"))
def voronoi_polygons(points: list[str], bbox: list[str]) -> list[str | None]:
    """Answer ST_VORONOIPOLYGONS: the cells. `bbox` is JSON text, empty for the default."""
    results, rows, drawn = _diagrams(points, bbox, _NO_POLYGONS)
    if rows:
        texts = geojson.ragged_multi_polygons(*voronoi.cells(drawn), drawn.sites.offsets)
        for row, one in zip(rows, texts, strict=True):
            results[row] = one
    check_texts(results, _ADVICE.format("CREATE_VORONOIPOLYGONS"))
    return results


def _diagrams(
    points: Sequence[str], bbox: Sequence[str], nothing: str
) -> tuple[list[str | None], list[int], voronoi.Diagrams]:
    """Return all rows' results so far, and the rows that have a diagram with their diagrams.

    A box that is not an array of four has the result NULL; no points, or one point without a box, `nothing`.
    """
    results: list[str | None] = [nothing] * len(points)
    sites = read_sites(points)
    rows, boxes = [], []
    for row, box in enumerate(bbox):
        own = sites.row(row)
        envelope = read_envelope(row, box) if box else around(own)
        if envelope is None and box:
            results[row] = None
        if envelope is not None and len(own):
            if box:
                check_inside(row, own, envelope)
            rows.append(row)
            boxes.append(envelope.corners)
    drawn = sites.of(rows)
    return (
        results,
        rows,
        voronoi.diagrams(drawn, triangulate(drawn), np.array(boxes).reshape(-1, 2, 2)),
    )


@external_function(
    "__TESSELLATION",
    text("kind"),
    text("bbox"),
    int32("part"),
    *(text(f"points_{number}") for number in range(TEXTS)),
)
def tessellation(
    kind: list[str], bbox: list[str], part: NDArray[np.int64], *points: list[str]
) -> list[str]:
    """Answer a step of the procedures: part `part` of the shapes of a kind, or for -1 how many parts there are."""
    results = []
    for row, (one, box, number) in enumerate(zip(kind, bbox, part.tolist(), strict=True)):
        try:
            found = parts(one, box, tuple(column[row] for column in points))
        except RowError as error:
            raise RowError(row, error.reason) from None
        if number >= len(found):
            raise RowError(row, f"there are {len(found)} parts, and no part {number}")
        results.append(found[number] if number >= 0 else str(len(found)))
    return results
