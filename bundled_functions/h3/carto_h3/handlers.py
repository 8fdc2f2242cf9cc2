"""The external functions of the h3 module: what is checked, and what answers.

Cells cross from SQL as BIGINT. Where SQL wants texts, the answer is the texts with commas between them, 16 bytes a
cell; the SQL wrapper puts the quotes in and parses it. A JSON array, whose quotes are escaped twice on their way, would
take 24. Names that end in _INT answer JSON arrays of numbers.
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
    check_fits,
    external_function,
    int32,
    int64,
    null_error,
    reject,
    text,
)
from carto_at_runtime.tiles.modes import checked_modes
from carto_at_runtime.wkb import read_geometries
from carto_h3 import rings
from carto_h3.cells import (
    MAX_RESOLUTION,
    TEXT_BYTES,
    children,
    children_count,
    is_valid,
    resolution,
    texts,
)
from carto_h3.fill import Wish, fill
from carto_h3.parts import NEAR
from carto_h3.sets import compact, read_sets, uncompact, written

if TYPE_CHECKING:
    from carto_h3.cells import Integers

_ORIGIN = "Invalid input origin"
_SIZE = "Invalid input size"
_DISK = (
    int64("origin", on_null=null_error(_ORIGIN)),
    int32("size", on_null=null_error(_SIZE)),
    ROOM,
)
_INT_BYTES = 19
_LABELLED_BYTES = 21
_RECORD_BYTES = 54


@external_function("__H3_KRING", *_DISK)
def kring(origin: Integers, size: Integers, _room: Room = ()) -> list[str]:
    """Answer H3_KRING of texts: the cells within `size` steps of `origin`, ring by ring."""
    cells, _, offsets = _disks(origin, size, TEXT_BYTES)
    return texts(cells, offsets)


@external_function("__H3_KRING_INT", *_DISK)
def kring_int(origin: Integers, size: Integers, _room: Room = ()) -> RaggedArray:
    """Answer H3_KRING of numbers."""
    cells, _, offsets = _disks(origin, size, _INT_BYTES)
    return RaggedArray(cells, offsets)


@external_function("__H3_KRING_DISTANCES", *_DISK)
def kring_distances(origin: Integers, size: Integers, _room: Room = ()) -> list[str]:
    """Answer H3_KRING_DISTANCES of texts: each cell, a bar and its distance."""
    cells, distances, offsets = _disks(origin, size, _LABELLED_BYTES)
    return texts(cells, offsets, distances)


@external_function("__H3_KRING_DISTANCES_INT", *_DISK)
def kring_distances_int(origin: Integers, size: Integers, _room: Room = ()) -> RaggedRecords:
    """Answer H3_KRING_DISTANCES of numbers."""
    cells, distances, offsets = _disks(origin, size, _RECORD_BYTES)
    return RaggedRecords({"index": cells, "distance": distances}, offsets)


def _disks(
    origin: Integers, size: Integers, item_bytes: int
) -> tuple[Integers, Integers, Integers]:
    _check_ring(origin, size)
    rings.check_disks(origin, size, item_bytes)
    return rings.disks(origin, size)


def _check_ring(origin: Integers, size: Integers) -> None:
    reject(~is_valid(origin), _ORIGIN)
    reject(size < 0, _SIZE)


@external_function("__H3_HEXRING", *_DISK)
def hexring(origin: Integers, size: Integers, _room: Room = ()) -> list[str]:
    """Answer H3_HEXRING of texts: the cells exactly `size` steps from `origin`."""
    return texts(*_hollow(origin, size))


@external_function("__H3_HEXRING_INT", *_DISK)
def hexring_int(origin: Integers, size: Integers, _room: Room = ()) -> RaggedArray:
    """Answer H3_HEXRING of numbers."""
    return RaggedArray(*_hollow(origin, size))


def _hollow(origin: Integers, size: Integers) -> tuple[Integers, Integers]:
    _check_ring(origin, size)
    reject(size > rings.MAX_HOLLOW_SIZE, f"{_SIZE}: should be at most {rings.MAX_HOLLOW_SIZE}")
    return rings.hollow_rings(origin, size)


@external_function("__H3_DISTANCE", int64("origin"), int64("destination"), nulls=NULL_RESULT)
def distance(origin: Integers, destination: Integers) -> Integers | list[str | None]:
    """Answer H3_DISTANCE: the steps between two cells, NULL where there are none or libh3 cannot tell."""
    known = is_valid(origin) & is_valid(destination)
    known &= resolution(origin) == resolution(destination)
    steps = np.zeros(len(origin), np.int64)
    steps[known], told = rings.distances(origin[known], destination[known])
    known[known] = told
    if known.all():
        return steps
    return [
        str(one) if told else None for one, told in zip(steps.tolist(), known.tolist(), strict=True)
    ]


@external_function("__H3_TOCHILDREN", int64("index"), int32("resolution"), ROOM, nulls=NULL_RESULT)
def tochildren(
    index: Integers, children_resolution: Integers, _room: Room = ()
) -> list[str | None]:
    """Answer H3_TOCHILDREN of texts: the descendants at a resolution, NULL where there are none."""
    known = is_valid(index) & (children_resolution <= MAX_RESOLUTION)
    known &= children_resolution >= resolution(index)
    cells, wanted = index[known], children_resolution[known]
    counts = np.zeros(len(index), np.int64)
    counts[known] = children_count(cells, wanted)
    check_fits(
        counts,
        TEXT_BYTES,
        lambda row, count: (
            f"a cell of resolution {resolution(index[row])} has {count} descendants at resolution "
            f"{children_resolution[row]}, more than one response of Lambda (6 MB) holds: H3_TOCHILDREN of the cell "
            "as a BIGINT has no such limit"
        ),
    )
    answers = iter(texts(*children(cells, wanted)))
    return [next(answers) if one else None for one in known.tolist()]


@external_function("__H3_COMPACT", text("indexes"), nulls=NULL_RESULT)
def compact_cells(indexes: list[str]) -> list[str]:
    """Answer H3_COMPACT: JSON arrays of cells in, JSON arrays of cells out."""
    return written(compact(read_sets(indexes)))


@external_function("__H3_UNCOMPACT", text("indexes"), int32("resolution"), nulls=NULL_RESULT)
def uncompact_cells(indexes: list[str], resolutions: Integers) -> list[str]:
    """Answer H3_UNCOMPACT: JSON arrays of cells in, JSON arrays of cells of one resolution out."""
    return written(uncompact(read_sets(indexes), resolutions))


@external_function(
    "__H3_POLYFILL", text("geom"), int32("resolution"), text("mode"), ROOM, nulls=NULL_RESULT
)
def polyfill(
    geom: list[str], resolutions: Integers, modes: list[str], _room: Room = ()
) -> list[str]:
    """Answer H3_POLYFILL of texts: the cells that fill a geometry, given as hex EWKB in degrees."""
    return texts(*_filled(geom, resolutions, modes, TEXT_BYTES))


@external_function(
    "__H3_POLYFILL_INT", text("geom"), int32("resolution"), text("mode"), ROOM, nulls=NULL_RESULT
)
def polyfill_int(
    geom: list[str], resolutions: Integers, modes: list[str], _room: Room = ()
) -> RaggedArray:
    """Answer H3_POLYFILL_INT: as `polyfill`, of numbers."""
    return RaggedArray(*_filled(geom, resolutions, modes, _INT_BYTES))


@external_function(
    "__H3_POLYFILL_BELOW",
    text("geom"),
    int32("resolution"),
    text("mode"),
    int64("parent"),
    nulls=NULL_RESULT,
)
def polyfill_below(
    geom: list[str], resolutions: Integers, modes: list[str], parent: Integers
) -> RaggedArray:
    """Answer a step of H3_POLYFILL_TABLE: of `polyfill_int`, the cells below a parent (0: all).

    In the mode `near`, for the steps between, all cells whose descendants may belong to the result, and some more.
    """
    below = (parent == 0) | (is_valid(parent) & (resolution(parent) <= resolutions))
    reject(~below, "Invalid parent")
    return RaggedArray(*_filled(geom, resolutions, modes, _INT_BYTES, parent))


def _filled(
    geom: list[str],
    resolutions: Integers,
    modes: list[str],
    item_bytes: int,
    parents: Integers | None = None,
) -> tuple[Integers, Integers]:
    chosen = modes if parents is not None and set(modes) == {NEAR} else checked_modes(modes)
    outside = (resolutions < 0) | (resolutions > MAX_RESOLUTION)
    reject(outside, f"Invalid resolution: should be between 0 and {MAX_RESOLUTION}")
    above = np.zeros(len(resolutions), np.int64) if parents is None else parents
    return fill(read_geometries(geom), Wish(resolutions, chosen, above, item_bytes))
