"""The external functions of the processing module: what is checked, in the reference toolbox's words, and what answers.

Coordinates are planar: they are taken and returned as they are, whatever their reference system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RowError, external_function, text
from carto_processing import geojson, voronoi
from carto_processing.delaunay import triangulate
from carto_processing.envelopes import Envelope, around, read_envelope
from carto_processing.sites import read_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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
    return geojson.outlines(sites.points, triangles.corners, triangles.offsets, kind)


@external_function("__VORONOILINES", text("points"), text("bbox"))
def voronoi_lines(points: list[str], bbox: list[str]) -> list[str | None]:
    """Answer ST_VORONOILINES: the lines between the cells. `bbox` is JSON text, empty for the default."""
    results, rows, drawn = _diagrams(points, bbox, _NO_LINES)
    for row, lines in zip(rows, geojson.split(*drawn.lines()), strict=True):
        results[row] = geojson.multi_line_string(lines)
    return results


@external_function("__VORONOIPOLYGONS", text("points"), text("bbox"))
def voronoi_polygons(points: list[str], bbox: list[str]) -> list[str | None]:
    """Answer ST_VORONOIPOLYGONS: the cells. `bbox` is JSON text, empty for the default."""
    results, rows, drawn = _diagrams(points, bbox, _NO_POLYGONS)
    if rows:
        texts = geojson.ragged_multi_polygons(*voronoi.cells(drawn), drawn.sites.offsets)
        for row, one in zip(rows, texts, strict=True):
            results[row] = one
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
            _check_inside(row, own, envelope)
            rows.append(row)
            boxes.append(envelope.corners)
    drawn = sites.of(rows)
    return (
        results,
        rows,
        voronoi.diagrams(drawn, triangulate(drawn), np.array(boxes).reshape(-1, 2, 2)),
    )


def _check_inside(row: int, own: NDArray[np.float64], envelope: Envelope) -> None:
    if not envelope.covers(own):
        sides = envelope.corners.reshape(-1).tolist()
        raise RowError(
            row, f"Invalid operation: Points should be within the bounding box supplied {sides}"
        )
