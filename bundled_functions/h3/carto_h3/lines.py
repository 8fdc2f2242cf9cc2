"""Cells drawn on the plane of longitudes and latitudes, and the cells of positions.

Cells are taken as H3_BOUNDARY draws them: straight edges between their vertices in longitude and latitude, like the
edges of a geometry. These shapes tile the plane, around the antimeridian too; the cell of a pole is all that is beyond
its outline.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

import h3.api.memview_int as h3
import numpy as np
import shapely

from carto_at_runtime.wkb import RING
from carto_h3.cells import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from carto_at_runtime.wkb import Geometries
    from carto_h3.cells import Integers

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

EDGE_RADIANS = tuple(h3.average_hexagon_edge_length(z, "km") / 6371.007180918475 for z in range(16))
"""The average length of a cell's edge at each resolution, on the unit sphere."""

_AT_ONCE = 20_000


def radians_along(path: Floats) -> Floats:
    """Return how long each segment of a path (n positions, shape (n, 2)) is at most, on the unit sphere."""
    latitudes = np.abs(path[:, 1])
    nearest = np.minimum(latitudes[:-1], latitudes[1:])
    nearest[path[:-1, 1] * path[1:, 1] <= 0] = 0
    dx, dy = np.radians(np.diff(path, axis=0)).T
    length: Floats = np.hypot(dx * np.cos(np.radians(nearest)), dy)
    return length


def sphere_shares(geometries: Geometries, rows: int) -> Floats:
    """Return the part of the Earth that each row's polygons cover, by Lambert's equal-area cylinder."""
    rings = np.flatnonzero(geometries.kinds == RING)
    shares = np.zeros(rows)
    if not len(rings):
        return shares
    x, y = (
        np.radians(geometries.coordinates[:, 0]),
        np.sin(np.radians(geometries.coordinates[:, 1])),
    )
    following = np.arange(1, len(x) + 1)
    following[geometries.offsets[1:] - 1] = geometries.offsets[:-1]
    terms = (y[following] + y) * (x[following] - x)
    areas = np.abs(np.add.reduceat(terms, geometries.offsets[:-1]))[rings] / (8 * np.pi)
    owners, parts = geometries.rows[rings], geometries.parts[rings]
    outer = np.ones(len(rings), np.bool_)
    outer[1:] = (np.diff(owners) != 0) | (np.diff(parts) != 0)
    starts = np.flatnonzero(outer)
    polygons = np.add.reduceat(np.where(outer, areas, -areas), starts)
    np.add.at(shares, owners[starts], np.maximum(polygons, 0))
    return shares


def cells_at(positions: Floats, resolution: int) -> Integers:
    """Return the cell of each position, given as longitude and latitude: shape (n, 2)."""
    found = np.empty(len(positions), np.int64)
    for chunk in _chunks(len(positions)):
        longitudes, latitudes = positions[chunk, 0].tolist(), positions[chunk, 1].tolist()
        cells = map(h3.latlng_to_cell, latitudes, longitudes, repeat(resolution))
        found[chunk] = np.fromiter(cells, np.int64, len(longitudes))
    return found


def _chunks(count: int) -> Iterator[slice]:
    """Yield slices of so many items that their Python objects take little memory."""
    return (slice(start, start + _AT_ONCE) for start in range(0, count, _AT_ONCE))


def all_cells(resolution: int) -> Integers:
    """Return all cells of a resolution."""
    coarsest = np.sort(np.frombuffer(h3.get_res0_cells(), np.int64))
    return children(coarsest, np.full(len(coarsest), resolution))[0]


def poles(resolution: int) -> tuple[int, int]:
    """Return the cells of the north and the south pole."""
    return h3.latlng_to_cell(90, 0, resolution), h3.latlng_to_cell(-90, 0, resolution)


def drawn(cells: Integers, lowest: Floats, highest: Floats) -> tuple[Integers, Shapes]:
    """Draw cells wherever they meet the box between two positions: a copy for each turn around the Earth.

    Shapes do not break at the antimeridian. Cells that do not meet the box are left out.
    """
    vertices, owner = _outlines(cells)
    starts = np.searchsorted(owner, np.arange(len(cells)))
    low, high = np.minimum.reduceat(vertices, starts), np.maximum.reduceat(vertices, starts)
    first = np.ceil((lowest[0] - high[:, 0]) / 360).astype(np.int64)
    last = np.floor((highest[0] - low[:, 0]) / 360).astype(np.int64)
    apart = (high[:, 1] < lowest[1]) | (low[:, 1] > highest[1])
    copies = np.where(apart, 0, np.maximum(last - first + 1, 0))
    shapes = shapely.polygons(shapely.linearrings(vertices, indices=owner))
    chosen = np.repeat(np.arange(len(cells)), copies)
    turns = first[chosen] + np.arange(len(chosen)) - (np.cumsum(copies) - copies)[chosen]
    shapes = shapes[chosen]
    away = np.flatnonzero(turns)
    if len(away):
        moved, which = shapely.get_coordinates(shapes[away], return_index=True)
        moved[:, 0] += 360 * turns[away][which]
        shapes[away] = shapely.set_coordinates(shapes[away], moved)
    return cells[chosen], shapes


def _outlines(cells: Integers) -> tuple[Floats, Integers]:
    """Return the vertices of all cells (of one resolution), and the number of the cell that each belongs to."""
    outlines = list(map(h3.cell_to_boundary, cells.tolist()))
    lengths = np.fromiter(map(len, outlines), np.int64, len(outlines))
    flat = chain.from_iterable(chain.from_iterable(outlines))
    vertices = np.fromiter(flat, np.float64, 2 * int(lengths.sum())).reshape(-1, 2)[:, ::-1].copy()
    owner = np.repeat(np.arange(len(cells)), lengths)
    # Edges are shorter than half a turn: a longer step goes across the antimeridian.
    steps = np.round(np.diff(vertices[:, 0], prepend=vertices[0, 0]) / 360)
    crossings = np.cumsum(steps)
    vertices[:, 0] -= 360 * (crossings - crossings[np.cumsum(lengths) - lengths][owner])
    for pole, latitude in zip(poles(int(cells[0] >> 52 & 15)), (90.0, -90.0), strict=True):
        for place in np.flatnonzero(cells == pole).tolist():
            cap = _cap(vertices[owner == place], latitude)
            vertices = np.concatenate((vertices[owner < place], cap, vertices[owner > place]))
            caps = np.full(len(cap), place)
            owner = np.concatenate((owner[owner < place], caps, owner[owner > place]))
    return vertices, owner


def _cap(outline: Floats, latitude: float) -> Floats:
    """Return the ring of what is between an outline around a pole and the pole's latitude, from -180 to 180."""
    west = outline[:, 0] - 360 * np.floor((outline[:, 0] + 180) / 360)
    order = np.argsort(west)
    x, y = west[order], outline[order, 1]
    seam = np.interp(180, (x[-1], x[0] + 360), (y[-1], y[0]))
    longitudes = np.concatenate(([-180], x, [180, 180, -180]))
    latitudes = np.concatenate(([seam], y, [seam, latitude, latitude]))
    return np.stack((longitudes, latitudes), axis=1)
