"""The external functions of the quadbin module: what is checked, in the reference toolbox's words, and what answers.

A result is a JSON array as text, which the SQL wrappers parse into SUPER. A VARCHAR column of Redshift holds 64 KB
(about 3 200 cells), while in memory VARCHAR goes up to 16 MB: longer results may be used in a query, but not stored as
text. Only what cannot leave Lambda at all (6 MB for the results of a batch) is refused here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import (
    NULL_RESULT,
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
from carto_quadbin import neighbours
from carto_quadbin.cover import cover, fill
from carto_quadbin.grid import MAX_RESOLUTION, is_valid, resolution

if TYPE_CHECKING:
    from carto_quadbin.grid import Integers


@external_function("__QUADBIN_KRING", *RING)
def kring(origin: Integers, size: Integers, _room: Room = ()) -> RaggedArray:
    """Answer QUADBIN_KRING: the cells within `size` tiles of `origin`, row by row from the north-west."""
    check_ring(is_valid(origin), size)
    return neighbours.k_ring(origin, size)


@external_function("__QUADBIN_KRING_DISTANCES", *RING)
def kring_distances(origin: Integers, size: Integers, _room: Room = ()) -> RaggedRecords:
    """Answer QUADBIN_KRING_DISTANCES: as QUADBIN_KRING, each cell with its Chebyshev distance in tiles."""
    check_ring(is_valid(origin), size)
    cells, distances = neighbours.k_ring_distances(origin, size)
    return RaggedRecords({"index": cells.values, "distance": distances}, cells.offsets)


@external_function(
    "__QUADBIN_TOCHILDREN", int64("quadbin"), int32("resolution"), ROOM, nulls=null_error()
)
def tochildren(quadbin: Integers, children_resolution: Integers, _room: Room = ()) -> RaggedArray:
    """Answer QUADBIN_TOCHILDREN: the descendants at a finer resolution."""
    reject(~is_valid(quadbin), "Invalid input quadbin")
    coarse = children_resolution <= resolution(quadbin)
    reject(coarse | (children_resolution > MAX_RESOLUTION), "Invalid resolution")
    return neighbours.children(quadbin, children_resolution)


@external_function("__QUADBIN_POLYFILL", text("geom"), int32("resolution"), ROOM, nulls=NULL_RESULT)
def polyfill(geom: list[str], resolutions: Integers, _room: Room = ()) -> RaggedArray:
    """Answer QUADBIN_POLYFILL: the cells that a geometry, given as hex EWKB in degrees, touches."""
    check_resolution(resolutions, MAX_RESOLUTION)
    return cover(read_geometries(geom), resolutions)


@external_function(
    "__QUADBIN_POLYFILL_MODE",
    text("geom"),
    int32("resolution"),
    text("mode"),
    ROOM,
    nulls=NULL_RESULT,
)
def polyfill_mode(
    geom: list[str], resolutions: Integers, modes: list[str], _room: Room = ()
) -> RaggedArray:
    """Answer QUADBIN_POLYFILL_MODE: the cells that fill a geometry in one of three modes."""
    check_resolution(resolutions, MAX_RESOLUTION)
    whole = np.full(len(resolutions), 0, np.int64)
    return fill(read_geometries(geom), resolutions, checked_modes(modes), whole)


@external_function(
    "__QUADBIN_POLYFILL_BELOW",
    text("geom"),
    int32("resolution"),
    text("mode"),
    int64("parent"),
    nulls=NULL_RESULT,
)
def polyfill_below(
    geom: list[str], resolutions: Integers, modes: list[str], parent: Integers
) -> RaggedArray:
    """Answer a step of QUADBIN_POLYFILL_TABLE: of `polyfill_mode`, the cells below a parent (0: all)."""
    check_resolution(resolutions, MAX_RESOLUTION)
    below = (parent == 0) | (is_valid(parent) & (resolution(parent) <= resolutions))
    reject(~below, "Invalid parent")
    return fill(read_geometries(geom), resolutions, checked_modes(modes), parent)
