"""The external functions of the processing module: what is checked, in the reference toolbox's words, and what answers.

Coordinates are planar: they are taken and returned as they are, whatever their reference system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_runtime import RowError, external_function, text
from carto_processing import geojson, voronoi
from carto_processing.delaunay import triangulate
from carto_processing.envelopes import Envelope, around, read_envelope
from carto_processing.sites import read_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_CLOSED = [0, 1, 2, 0]
_NO_LINES = '{"type":"MultiLineString","coordinates":[]}'
_NO_POLYGONS = '{"type":"MultiPolygon","coordinates":[]}'


@external_function("__DELAUNAYLINES", text("points"))
def delaunay_lines(points: list[str]) -> list[str]:
    """Answer ST_DELAUNAYLINES: the outline of each Delaunay triangle as a closed line."""
    return [
        geojson.multi_line_string(triangles[:, _CLOSED])
        for triangles in triangulate(read_sites(points))
    ]


@external_function("__DELAUNAYPOLYGONS", text("points"))
def delaunay_polygons(points: list[str]) -> list[str]:
    """Answer ST_DELAUNAYPOLYGONS: the Delaunay triangles as polygons."""
    return [
        geojson.multi_polygon(triangles[:, _CLOSED])
        for triangles in triangulate(read_sites(points))
    ]


@external_function("__VORONOILINES", text("points"), text("bbox"))
def voronoi_lines(points: list[str], bbox: list[str]) -> list[str | None]:
    """Answer ST_VORONOILINES: the lines between the cells. `bbox` is JSON text, empty for the default."""
    results, diagrams = _diagrams(points, bbox, _NO_LINES)
    for row, diagram in diagrams:
        results[row] = geojson.multi_line_string(diagram.lines())
    return results


@external_function("__VORONOIPOLYGONS", text("points"), text("bbox"))
def voronoi_polygons(points: list[str], bbox: list[str]) -> list[str | None]:
    """Answer ST_VORONOIPOLYGONS: the cells. `bbox` is JSON text, empty for the default."""
    results, diagrams = _diagrams(points, bbox, _NO_POLYGONS)
    for row, diagram in diagrams:
        results[row] = geojson.ragged_multi_polygon(*voronoi.cells(diagram))
    return results


def _diagrams(
    points: Sequence[str], bbox: Sequence[str], nothing: str
) -> tuple[list[str | None], list[tuple[int, voronoi.Diagram]]]:
    """Return all rows' results so far, and the diagrams of the rows that have one.

    A box that is not an array of four has the result NULL; no points, or one point without a box, `nothing`.
    """
    results: list[str | None] = [nothing] * len(points)
    drawn, sites, envelopes = [], [], []
    for row, (site, box) in enumerate(zip(read_sites(points), bbox, strict=True)):
        envelope = read_envelope(row, box) if box else around(site)
        if envelope is None and box:
            results[row] = None
        if envelope is not None and len(site):
            _check_inside(row, site, envelope)
            drawn.append(row)
            sites.append(site)
            envelopes.append(envelope)
    diagrams = map(voronoi.diagram, sites, triangulate(sites), envelopes)
    return results, list(zip(drawn, diagrams, strict=True))


def _check_inside(row: int, site: NDArray[np.float64], envelope: Envelope) -> None:
    if not envelope.covers(site):
        sides = envelope.corners.reshape(-1).tolist()
        raise RowError(
            row, f"Invalid operation: Points should be within the bounding box supplied {sides}"
        )
