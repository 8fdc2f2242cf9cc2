"""Cells around a cell, and the number of steps between two cells: the grid itself is libh3's.

libh3 lists a disk ring by ring where it meets no pentagon, and in no order where it does. Disks with a pentagon, and
those that reach around the Earth, are therefore made here, ring after ring from the neighbours of the ring before;
cells of a ring then ascend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import h3.api.memview_int as h3
import numpy as np
from h3 import H3FailedError, H3GridNavigationError, H3ResMismatchError

from carto_at_runtime import check_fits, reject
from carto_h3.cells import cell_count, in_pentagon, is_pentagon, resolution
from carto_h3.lattice import steps_between

if TYPE_CHECKING:
    from carto_h3.cells import Booleans, Integers

_UNTOLD = (H3FailedError, H3GridNavigationError, H3ResMismatchError)
_BASE_CELL = 127 << 45
MAX_HOLLOW_SIZE = 2000
"""The largest hollow ring: what libh3 needs for one grows with the square of its size, near a pentagon."""


def check_disks(origins: Integers, sizes: Integers, item_bytes: int) -> None:
    """Refuse disks whose cells cannot be returned, `item_bytes` bytes each."""
    cells = np.minimum(_disk_count(sizes), cell_count(resolution(origins)))
    check_fits(
        cells,
        item_bytes,
        lambda row, count: (
            f"a ring of size {sizes[row]} has up to {count} cells, more than one response of Lambda (6 MB) holds"
        ),
    )


def _disk_count(sizes: Integers) -> Integers:
    """Return how many cells there are within so many steps, where there is no pentagon."""
    bounded = np.minimum(sizes, 1 << 30)
    return 3 * bounded * (bounded + 1) + 1


def disks(origins: Integers, sizes: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the cells within `sizes` steps of each origin, ring by ring, their distances, and the rows' offsets."""
    full = _disk_count(sizes)
    around = full > cell_count(resolution(origins))
    grid_disk = h3.grid_disk
    parts = [
        b"" if wide else grid_disk(origin, size)
        for origin, size, wide in zip(
            origins.tolist(), sizes.tolist(), around.tolist(), strict=True
        )
    ]
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    cells = np.frombuffer(b"".join(parts), np.int64)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    irregular = around | (lengths != full)
    owners = np.repeat(np.arange(len(origins)), lengths)
    irregular[owners[is_pentagon(cells)]] = True
    if not irregular.any():
        return cells, _regular_distances(sizes), offsets
    return _mended(origins, sizes, irregular, (cells, offsets))


def _regular_distances(sizes: Integers) -> Integers:
    """Return 0, then six times 1, twelve times 2 and so on, for each size."""
    largest = int(sizes.max(initial=0))
    rings = np.arange(largest + 1)
    pattern = np.repeat(rings, np.maximum(6 * rings, 1))
    if (sizes == largest).all():
        return np.tile(pattern, len(sizes))
    return np.concatenate([pattern[: 3 * size * (size + 1) + 1] for size in sizes.tolist()])


def _mended(
    origins: Integers, sizes: Integers, irregular: Integers, found: tuple[Integers, Integers]
) -> tuple[Integers, Integers, Integers]:
    cells, offsets = found
    parts, distances = [], []
    for row, again in enumerate(irregular.tolist()):
        if again:
            part, distance = _walked(int(origins[row]), int(sizes[row]))
        else:
            part = cells[offsets[row] : offsets[row + 1]]
            distance = _regular_distances(sizes[row : row + 1])
        parts.append(part)
        distances.append(distance)
    lengths = np.array([len(part) for part in parts])
    return (
        np.concatenate(parts),
        np.concatenate(distances),
        np.concatenate(([0], np.cumsum(lengths))),
    )


def _walked(origin: int, size: int) -> tuple[Integers, Integers]:
    """Return a disk and its distances, walking from ring to ring until there are no more cells."""
    before = np.empty(0, np.int64)
    ring = np.array([origin], np.int64)
    rings = [ring]
    while len(rings) <= size:
        near = neighbours(ring)
        following = np.setdiff1d(near, np.concatenate((before, ring)))
        if not len(following):
            break
        before, ring = ring, following
        rings.append(ring)
    lengths = [len(each) for each in rings]
    return np.concatenate(rings), np.repeat(np.arange(len(rings)), lengths)


def neighbours(cells: Integers) -> Integers:
    """Return the cells next to any of `cells`, and these, ascending, each one once."""
    grid_disk = h3.grid_disk
    joined = b"".join([grid_disk(cell, 1) for cell in cells.tolist()])
    return np.unique(np.frombuffer(joined, np.int64))


def hollow_rings(origins: Integers, sizes: Integers) -> tuple[Integers, Integers]:
    """Return the cells exactly `sizes` steps from each origin, in order around it, and the rows' offsets.

    Raises `RowError` where a pentagon is within that distance, as the ring is then none.
    """
    grid_ring = h3.grid_ring
    full = _disk_count(sizes)
    around = full > cell_count(resolution(origins))
    parts = [
        b"" if wide else grid_ring(origin, size)
        for origin, size, wide in zip(
            origins.tolist(), sizes.tolist(), around.tolist(), strict=True
        )
    ]
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    cells = np.frombuffer(b"".join(parts), np.int64)
    # A pentagon inside shortens the ring; one on it is found among its cells.
    broken = lengths != np.maximum(6 * sizes, 1)
    owners = np.repeat(np.arange(len(origins)), lengths)
    broken[owners[is_pentagon(cells) & (sizes[owners] > 0)]] = True
    reject(
        broken,
        lambda row: (
            f"Failed to get hexring (encountered a pentagon within {sizes[row]} cells): "
            "H3_KRING_DISTANCES goes around pentagons"
        ),
    )
    return cells, np.concatenate(([0], np.cumsum(lengths)))


def distances(origins: Integers, destinations: Integers) -> tuple[Integers, Booleans]:
    """Return the steps between cells of one resolution, pair by pair, and whether libh3 can tell them (0 if not)."""
    together = ((origins ^ destinations) & _BASE_CELL == 0) & ~in_pentagon(origins)
    steps = steps_between(origins, destinations)
    told = np.ones(len(origins), np.bool_)
    for pair in np.flatnonzero(~together).tolist():
        found = _distance(int(origins[pair]), int(destinations[pair]))
        steps[pair], told[pair] = found or 0, found is not None
    return steps, told


def _distance(origin: int, destination: int) -> int | None:
    try:
        return h3.grid_distance(origin, destination)
    except _UNTOLD:
        return None
