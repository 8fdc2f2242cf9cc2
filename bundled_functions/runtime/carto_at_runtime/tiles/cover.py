"""Which tiles geometries touch: rasterisation of points, lines and polygons on the Web Mercator grid.

The result is exact, in this sense: tiles are half-open (their west and north edges belong to them), so each position is
in one tile, the one that `mercator.project` gives; edges of geometries are straight on the Mercator plane; and a tile
is in the cover if and only if it holds a position of the geometry, whose vertices are the doubles that the projection
gives. Longitudes beyond 180 wrap around; positions north or south of the grid belong to its first or last tile row.
Polygons are filled by the even-odd rule.

For all geometries of a batch at once, every edge is cut into runs, one per tile row, the rows of polygons are filled
between the crossings of their middle lines (`scan`), and the runs of each geometry are merged. The middle line decides
only about tiles that no edge touches, so its rounding cannot matter. Work and memory follow the number of runs, which
is bounded before it is spent, and not the area.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.errors import reject
from carto_at_runtime.limits import capacity, check_fits
from carto_at_runtime.tiles.mercator import project
from carto_at_runtime.tiles.scan import Edges, Runs, edge_runs, interior_runs
from carto_at_runtime.wkb import RING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carto_at_runtime.tiles.mercator import Integers
    from carto_at_runtime.wkb import Geometries

MAX_RESOLUTION = 29
"""The finest grid of any module; sort keys have room for its columns."""

_MAX_LONGITUDE = 540.0
MAX_RUNS = 4_000_000
_MAX_WINDOW = 1 << (62 - MAX_RESOLUTION)
NOT_A_RING = -1


@dataclass(frozen=True, slots=True)
class Outlines:
    """The edges of a batch, ordered by geometry: `rows` and `polygons` number each edge's geometry and polygon."""

    edges: Edges
    rows: Integers
    polygons: Integers

    def take(self, chosen: NDArray[np.bool_]) -> Outlines:
        """Return the chosen edges."""
        return Outlines(self.edges.take(chosen), self.rows[chosen], self.polygons[chosen])

    def between(self, start: int, stop: int) -> Outlines:
        """Return the edges of the geometries from `start` to before `stop`."""
        first, last = np.searchsorted(self.rows, (start, stop)).tolist()
        chosen = slice(first, last)
        return Outlines(self.edges.take(chosen), self.rows[chosen], self.polygons[chosen])


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of a batch: a resolution per geometry, and how many bytes a cell of it takes in a JSON array.

    `shift` is that of `mercator.project`.
    """

    resolutions: Integers
    item_bytes: Integers
    shift: float = 0.0

    @property
    def tiles(self) -> Integers:
        """How many columns and rows each geometry's grid has."""
        tiles: Integers = np.left_shift(1, self.resolutions)
        return tiles

    def too_many(self, row: int, cells: str) -> str:
        """Return why a geometry is refused."""
        return (
            f"the geometry covers {cells} cells at resolution {self.resolutions[row]}, but one response of Lambda "
            f"(6 MB) holds {capacity(int(self.item_bytes[row]))}: use a coarser resolution, or a "
            "*_POLYFILL_TABLE procedure, which has no such limit"
        )


@dataclass(frozen=True, slots=True)
class Cover:
    """The tiles of a batch: `runs.owner` numbers the geometry, `counts` says how many tiles each geometry has.

    Runs are ordered by geometry, row and column and do not overlap.
    """

    runs: Runs
    counts: Integers

    def columns(self) -> Integers:
        """Return x of every tile, in the order of the runs."""
        runs = self.runs
        columns = np.repeat(runs.low - (np.cumsum(runs.lengths) - runs.lengths), runs.lengths)
        columns += np.arange(len(columns))
        return columns


def cover(geometries: Geometries, demand: Demand) -> Cover:
    """Return the tiles of every geometry, whose coordinates are degrees.

    Raises `RowError` for coordinates that are not degrees and for a geometry whose cells cannot fit into a response;
    `ResponseTooLargeError` when the cells of all geometries together cannot.
    """
    check_degrees(geometries, len(demand.resolutions))
    z = demand.resolutions[np.repeat(geometries.rows, np.diff(geometries.offsets))]
    x, y = project(geometries.coordinates[:, 0], geometries.coordinates[:, 1], z, demand.shift)
    return cover_on_grid(replace(geometries, coordinates=np.stack((x, y), axis=1)), demand)


def cover_on_grid(geometries: Geometries, demand: Demand) -> Cover:
    """Do as `cover` does for geometries whose coordinates are positions on the grid, in tiles, x east and y south."""
    outlines = outlines_of(geometries, demand)
    bounds = affordable(outlines, geometries, demand)
    merged = [
        merge(_runs(outlines.between(start, stop), demand), demand)
        for start, stop in pairwise(bounds)
    ]
    runs = merged[0] if len(merged) == 1 else Runs.concatenate(merged)
    counts = np.bincount(runs.owner, runs.lengths, len(demand.resolutions)).astype(np.int64)
    check_fits(counts * demand.item_bytes, 1, lambda row, _: demand.too_many(row, str(counts[row])))
    return Cover(runs, counts)


def check_degrees(geometries: Geometries, rows: int) -> None:
    """Refuse geometries whose longitudes cannot be degrees."""
    longitudes = geometries.coordinates[:, 0]
    outside = np.abs(longitudes) > _MAX_LONGITUDE
    if outside.any():
        first = int(outside.argmax())
        sequence = np.searchsorted(geometries.offsets, first, side="right") - 1
        bad = np.arange(rows) == geometries.rows[sequence]
        reject(
            bad,
            f"Invalid geometry: longitude {longitudes[first]:.15g} is not in degrees (at most 540)",
        )


def outlines_of(geometries: Geometries, demand: Demand) -> Outlines:
    """Make an edge from each vertex to the next; the last goes back to the ring's first, or is a position."""
    lengths = np.diff(geometries.offsets)
    rows = np.repeat(geometries.rows, lengths)
    is_ring = geometries.kinds == RING
    x, y = np.ascontiguousarray(geometries.coordinates.T)
    following = np.arange(1, len(x) + 1)
    ends = geometries.offsets[1:] - 1
    following[ends] = np.where(is_ring, geometries.offsets[:-1], ends)
    edges = Edges.between((x, y), (x[following], y[following]), demand.tiles[rows])
    polygons = np.repeat(np.where(is_ring, geometries.parts, NOT_A_RING), lengths)
    return Outlines(edges, rows, polygons)


def affordable(outlines: Outlines, geometries: Geometries, demand: Demand) -> list[int]:
    """Return the bounds of consecutive groups of geometries that can be covered in one go each."""
    rows = len(demand.resolutions)
    edges = outlines.edges
    height, window = np.zeros((2, rows), np.int64)
    if len(outlines.rows):
        starts = geometries.offsets[:-1]
        top = np.minimum.reduceat(edges.first, starts)
        bottom = np.maximum.reduceat(edges.last, starts)
        np.maximum.at(height, geometries.rows, bottom - top + 1)
        firsts = np.flatnonzero(np.diff(geometries.rows, prepend=-1))
        spans = np.maximum.reduceat(bottom, firsts) - np.minimum.reduceat(top, firsts) + 1
        window[geometries.rows[firsts]] = spans
    # A line or ring has a tile in every row that it passes.
    reject(
        height * demand.item_bytes > capacity(1),
        lambda row: demand.too_many(row, f"about {_estimate(outlines, geometries, row)}"),
    )
    work = np.bincount(outlines.rows, edges.last - edges.first + 1, rows).astype(np.int64)
    reject(
        work > MAX_RUNS,
        lambda row: (
            f"the geometry has too much detail for resolution {demand.resolutions[row]}: "
            "use a coarser one"
        ),
    )
    return in_groups(work.tolist(), window.tolist())


def in_groups(work: list[int], window: list[int]) -> list[int]:
    """Return the bounds of consecutive groups, given how many runs and rows of tiles each geometry may have."""
    bounds = [0]
    spent = reached = 0
    for row, (runs, height) in enumerate(zip(work, window, strict=True)):
        if spent + runs > MAX_RUNS or reached + height >= _MAX_WINDOW:
            bounds.append(row)
            spent = reached = 0
        spent += runs
        reached += height
    return [*bounds, len(work)]


def _estimate(outlines: Outlines, geometries: Geometries, row: int) -> int:
    """Return roughly how many cells a geometry has: the areas of its rings and half the length of its edges."""
    edges = outlines.edges
    slabs = (edges.x0 + edges.x1) * (edges.y1 - edges.y0) * np.where(edges.turned, -0.5, 0.5)
    areas = np.abs(np.add.reduceat(slabs, geometries.offsets[:-1]))
    area = areas[(geometries.rows == row) & (geometries.kinds == RING)].sum()
    own = outlines.rows == row
    length = np.abs(edges.x1 - edges.x0)[own].sum() + (edges.y1 - edges.y0)[own].sum()
    return int(area + length / 2)


def _runs(outlines: Outlines, demand: Demand) -> Runs:
    """Return the runs of edges and insides; `owner` is the geometry's number."""
    along = edge_runs(outlines.edges)
    runs = Runs(outlines.rows[along.owner], along.row, along.low, along.high)
    return Runs.concatenate((runs, insides(outlines, (np.zeros_like(demand.tiles), demand.tiles))))


def insides(outlines: Outlines, lines: tuple[Integers, Integers]) -> Runs:
    """Return the runs of tiles whose centres are inside polygons; `owner` is the geometry's number.

    `lines` are the first tile row of each geometry that is filled, and that after the last.
    """
    of_rings = np.flatnonzero(outlines.polygons != NOT_A_RING)
    edges = outlines.edges.take(of_rings)
    rows, polygons = outlines.rows[of_rings], outlines.polygons[of_rings]
    inside = interior_runs(edges, polygons, (lines[0][rows], lines[1][rows]))
    # Polygons are numbered in the order of the geometries.
    owner = rows[np.searchsorted(polygons, inside.owner)]
    return Runs(owner, inside.row, inside.low, inside.high)


def merge(runs: Runs, demand: Demand) -> Runs:
    """Wrap runs into the grid and unite those that overlap, by geometry and tile row, in ascending order."""
    runs = _wrapped(runs, demand.tiles[runs.owner])
    if not len(runs.row):
        return runs
    first = int(runs.owner.min())
    owners = runs.owner - first
    top = np.full(int(owners.max()) + 1, np.iinfo(np.int64).max)
    bottom = np.full(len(top), -1)
    np.minimum.at(top, owners, runs.row)
    np.maximum.at(bottom, owners, runs.row)
    heights = np.maximum(bottom - top + 1, 0)
    base = np.cumsum(heights) - heights
    key = (base - top)[owners] + runs.row << MAX_RESOLUTION
    starts, ends = key | runs.low, key | runs.high
    # Many edges are shorter than a tile: most runs repeat the one before.
    fresh = np.concatenate(([True], (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1])))
    starts, ends = np.sort(starts[fresh]), np.sort(ends[fresh])
    # All runs that began before starts[i] have ended exactly when the i-th smallest end lies before it.
    opens = np.flatnonzero(np.concatenate(([True], starts[1:] > ends[:-1])))
    starts = starts[opens]
    ends = ends[np.concatenate((opens[1:], [len(ends)])) - 1]
    line = starts >> MAX_RESOLUTION
    owner = np.searchsorted(base, line, side="right") - 1
    column = (1 << MAX_RESOLUTION) - 1
    return Runs(owner + first, line - base[owner] + top[owner], starts & column, ends & column)


def _wrapped(runs: Runs, tiles: Integers) -> Runs:
    """Bring the columns of runs into the grid, which has `tiles` columns and is a ring."""
    if not len(runs.low) or (runs.low.min() >= 0 and (runs.high < tiles).all()):
        return runs
    whole = runs.high - runs.low >= tiles
    low = np.where(whole, 0, runs.low & (tiles - 1))
    high = np.where(whole, tiles - 1, runs.high & (tiles - 1))
    split = low > high
    return Runs(
        np.concatenate((runs.owner, runs.owner[split])),
        np.concatenate((runs.row, runs.row[split])),
        np.concatenate((low, np.zeros(int(split.sum()), np.int64))),
        np.concatenate((np.where(split, tiles - 1, high), high[split])),
    )
