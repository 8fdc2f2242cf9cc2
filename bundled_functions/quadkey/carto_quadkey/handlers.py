"""The external functions of the quadkey module: what is checked, in the reference toolbox's words, and what answers.

A result is a JSON array as text, which the SQL wrappers parse into SUPER. What cannot leave Lambda at all (6 MB for the
results of a batch) is refused here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import (
    ROOM,
    RaggedArray,
    RaggedRecords,
    Room,
    external_function,
    int32,
    int64,
    null_error,
    reject,
    text,
)
from carto_at_runtime.tiles.checks import RING, check_resolution, check_ring
from carto_at_runtime.tiles.modes import checked_modes
from carto_at_runtime.wkb import read_geometries
from carto_quadkey import neighbours
from carto_quadkey.cover import cover, fill
from carto_quadkey.grid import MAX_ZOOM, is_on_grid, zoom

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carto_quadkey.grid import Integers


@external_function("__QUADINT_KRING", *RING)
def kring(origin: Integers, size: Integers, _room: Room = ()) -> RaggedArray:
    """Answer QUADINT_KRING: the cells within `size` tiles of `origin`, row by row from the north-west."""
    check_ring(_is_origin(origin), size)
    return neighbours.k_ring(origin, size)


@external_function("__QUADINT_KRING_DISTANCES", *RING)
def kring_distances(origin: Integers, size: Integers, _room: Room = ()) -> RaggedRecords:
    """Answer QUADINT_KRING_DISTANCES: as QUADINT_KRING, each cell with its Chebyshev distance in tiles."""
    check_ring(_is_origin(origin), size)
    cells, distances = neighbours.k_ring_distances(origin, size)
    return RaggedRecords({"index": cells.values, "distance": distances}, cells.offsets)


def _is_origin(origin: Integers) -> NDArray[np.bool_]:
    # Quadint 0, the whole world, is not an origin in the reference's documentation either.
    return (origin > 0) & is_on_grid(origin)


@external_function(
    "__QUADINT_TOCHILDREN", int64("quadint"), int32("resolution"), ROOM, nulls=null_error()
)
def tochildren(quadint: Integers, resolution: Integers, _room: Room = ()) -> RaggedArray:
    """Answer QUADINT_TOCHILDREN: the descendants at a finer resolution."""
    reject(zoom(quadint) >= MAX_ZOOM, "Wrong quadint zoom")
    reject(~is_on_grid(quadint), "Invalid quadint: y should be between 0 and 2^z - 1")
    reject((resolution <= zoom(quadint)) | (resolution > MAX_ZOOM), "Wrong resolution")
    return neighbours.children(quadint, resolution)


@external_function(
    "__QUADINT_POLYFILL", text("geom"), int32("resolution"), ROOM, nulls=null_error()
)
def polyfill(geom: list[str], resolution: Integers, _room: Room = ()) -> RaggedArray:
    """Answer QUADINT_POLYFILL: the cells that a geometry, given as hex EWKB in degrees, touches."""
    check_resolution(resolution, MAX_ZOOM)
    return cover(read_geometries(geom), resolution)


@external_function(
    "__QUADINT_POLYFILL_MODE",
    text("geom"),
    int32("resolution"),
    text("mode"),
    ROOM,
    nulls=null_error(),
)
def polyfill_mode(
    geom: list[str], resolution: Integers, modes: list[str], _room: Room = ()
) -> RaggedArray:
    """Answer QUADINT_POLYFILL_MODE: the cells that fill a geometry in one of three modes."""
    check_resolution(resolution, MAX_ZOOM)
    whole = np.full(len(resolution), -1, np.int64)
    return fill(read_geometries(geom), resolution, checked_modes(modes), whole)


@external_function(
    "__QUADINT_POLYFILL_BELOW",
    text("geom"),
    int32("resolution"),
    text("mode"),
    int64("parent"),
    nulls=null_error(),
)
def polyfill_below(
    geom: list[str], resolution: Integers, modes: list[str], parent: Integers
) -> RaggedArray:
    """Answer a step of QUADINT_POLYFILL_TABLE: of `polyfill_mode`, the cells below a parent (-1: all)."""
    check_resolution(resolution, MAX_ZOOM)
    below = (parent == -1) | (is_on_grid(parent) & (zoom(parent) <= resolution))
    reject(~below, "Invalid parent")
    return fill(read_geometries(geom), resolution, checked_modes(modes), parent)
