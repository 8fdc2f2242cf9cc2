"""Between S2 cell ids and the places (i, j) of cells on a face of the cube, over arrays.

An S2 cell id is 64 bits: 3 of the face (0 to 5), 2 for each level of the cell (0 to 30), a one, and zeros. The pairs of
bits are the cell's place along a Hilbert curve over the face; how the curve lies in a quadrant (its orientation, two
bits: axes swapped, both inverted) depends on the quadrants before. Curve and layout: S2 Geometry library,
https://s2geometry.io/devguide/s2cell_hierarchy; `s2cell_id.h` there describes the encoding.

Redshift has signed integers, so ids of the faces 4 and 5 are negative. Arrays here are int64 throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

MAX_LEVEL = 30
SWAP = 1
QUADRANTS = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
"""`QUADRANTS[orientation][place along the curve]` is 2 * (i is in the upper half) + (j is in the upper half)."""
TURNS = (1, 0, 0, 3)
"""`orientation ^ TURNS[place]` is the orientation inside that quadrant."""

_STEP = 6
_MASK = (1 << _STEP) - 1
_STEPS = MAX_LEVEL // _STEP
_EVEN_BITS = 0x1555555555555555
_FACES_6_AND_7 = -(1 << 62)


def _tables() -> tuple[Integers, Integers]:
    """Return what six levels do: (i, j, orientation) to (place, orientation), and the other way round.

    Keys and values are the 12 bits of i and j, or of the place, with the 2 bits of the orientation below them.
    """
    place_of = np.argsort(np.array(QUADRANTS), axis=1)
    turns = np.array(TURNS)
    key = np.arange(1 << (2 * _STEP + 2), dtype=np.int64)
    i, j, orientation = key >> (_STEP + 2), (key >> 2) & _MASK, key & 3
    place = np.zeros_like(key)
    for bit in range(_STEP - 1, -1, -1):
        quadrant = 2 * ((i >> bit) & 1) + ((j >> bit) & 1)
        step = place_of[orientation, quadrant]
        place = (place << 2) | step
        orientation = orientation ^ turns[step]
    to_place = (place << 2) | orientation
    to_ij = np.empty_like(key)
    to_ij[(place << 2) | (key & 3)] = (key & ~np.int64(3)) | orientation
    return to_place, to_ij


_TO_PLACE, _TO_IJ = _tables()


def leaf_ids(face: Integers, i: Integers, j: Integers) -> Integers:
    """Return the ids of the cells of level 30 at places i, j (0 to 2**30 - 1)."""
    ids = np.zeros_like(face)
    state = face & SWAP
    for step in range(_STEPS - 1, -1, -1):
        shift = step * _STEP
        key = ((i >> shift) & _MASK) << (_STEP + 2)
        key |= ((j >> shift) & _MASK) << 2
        key |= state
        found = _TO_PLACE.take(key)
        ids <<= 2 * _STEP
        ids |= found >> 2
        state = found & 3
    ids |= face << 60
    ids <<= 1
    ids |= 1
    return ids


def ids_at(face: Integers, i: Integers, j: Integers, level: Integers) -> Integers:
    """Return the ids of cells of a level at places i, j of that level's grid (0 to 2**level - 1)."""
    shift = MAX_LEVEL - level
    return parents(leaf_ids(face, i << shift, j << shift), level)


def face_ij(ids: Integers) -> tuple[Integers, Integers, Integers]:
    """Return face, i and j (of the grid of level 30) of the lowest corner of some leaf inside each valid cell."""
    face = (ids >> 61) & 7
    state = face & SWAP
    place = (ids >> 1) & 0x0FFFFFFFFFFFFFFF
    i, j = np.zeros_like(ids), np.zeros_like(ids)
    for step in range(_STEPS - 1, -1, -1):
        key = ((place >> (2 * _STEP * step)) & ((1 << (2 * _STEP)) - 1)) << 2
        key |= state
        found = _TO_IJ.take(key)
        i <<= _STEP
        i |= found >> (_STEP + 2)
        j <<= _STEP
        j |= (found >> 2) & _MASK
        state = found & 3
    return face, i, j


def lowest_bit(ids: Integers) -> Integers:
    """Return the bit that ends each id: 4 to the power of (30 - level) for cells."""
    return ids & -ids


def end_bit(level: Integers) -> Integers:
    """Return the bit that ends the ids of a level."""
    return np.left_shift(1, 2 * (MAX_LEVEL - level))


def is_valid(ids: Integers) -> NDArray[np.bool_]:
    """Return which integers are S2 cells: the face is 0 to 5, and the bit that ends the id stands for a level."""
    on_cube = (ids >= 0) | (ids < _FACES_6_AND_7)
    valid: NDArray[np.bool_] = on_cube & ((lowest_bit(ids) & _EVEN_BITS) != 0)
    return valid


def levels(ids: Integers) -> Integers:
    """Return the levels of valid cells."""
    # The exponent of a float is its position: cheaper than counting zeros.
    exponent = (lowest_bit(ids).astype(np.float64).view(np.int64) >> 52) - 1023
    return MAX_LEVEL - (exponent >> 1)


def parents(ids: Integers, level: Integers) -> Integers:
    """Return the cells of a level that contain the given cells."""
    bit = end_bit(level)
    return (ids & -bit) | bit
