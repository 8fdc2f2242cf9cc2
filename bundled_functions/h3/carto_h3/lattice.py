"""Where cells are on the hexagonal lattice of their base cell, and how many steps apart two of them are.

The digits of a cell are steps from the centre of its base cell, each resolution's about 2.6 times as short as those of
the one before, and turned against them, by turns clockwise and counterclockwise. As axial coordinates (i, j), with axes
120 degrees apart, positions are linear in the digits, so that sums over tables of three digits at a time give them.
(https://h3geo.org/docs/core-library/coordsystems; the matrices are those of libh3's _downAp7 and _downAp7r.)

This is exact inside a base cell that is no pentagon. Elsewhere faces of the icosahedron meet, and libh3 is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_h3.cells import digits, resolution

if TYPE_CHECKING:
    from carto_h3.cells import Integers

_UNITS = np.array(
    ((0, 0), (-1, -1), (0, 1), (-1, 0), (1, 0), (0, -1), (1, 1), (0, 0)), dtype=np.int64
)
"""The steps of the digits 0 to 6; 7 is no digit."""

_FINER = (np.array(((3, 1), (-1, 2))), np.array(((2, -1), (1, 3))))
"""What the unit vectors of a resolution are in those of the next one, where that is even, and odd."""

_GROUPS = 5
_GROUP_DIGITS = 3
_HIGH = 1 << 32


def _tables() -> Integers:
    """Return by parity of the resolution and group of digits, from the last, the positions: i * 2**32 + j."""
    tables = np.zeros((2, _GROUPS, 8, 8, 8, 2), np.int64)
    for parity in range(2):
        steps = _UNITS
        for digit in range(_GROUPS * _GROUP_DIGITS):
            group, place = divmod(digit, _GROUP_DIGITS)
            shape = [1, 1, 1, 2]
            shape[2 - place] = 8
            tables[parity, group] += steps.reshape(shape)
            steps = steps @ _FINER[(parity - digit) % 2]
    return (tables[..., 0] * _HIGH + tables[..., 1]).reshape(2 * _GROUPS, 512)


_POSITIONS = _tables()


def positions(cells: Integers) -> Integers:
    """Return where cells are on the lattice of their base cell at their resolution, as i * 2**32 + j."""
    remaining = digits(cells)
    table = (resolution(cells) & 1) * (_GROUPS << 9)
    flat = _POSITIONS.reshape(-1)
    found = flat[table + (remaining & 511)]
    for _ in range(_GROUPS - 1):
        remaining >>= 9
        table += 512
        found += flat[table + (remaining & 511)]
    return found


def steps_between(origins: Integers, destinations: Integers) -> Integers:
    """Return the steps between cells of one resolution in the same base cell, no pentagon, pair by pair."""
    apart = positions(origins) - positions(destinations)
    j = ((apart + _HIGH // 2) & (_HIGH - 1)) - _HIGH // 2
    i = (apart - j) >> 32
    steps: Integers = np.maximum(np.maximum(i, j), 0) - np.minimum(np.minimum(i, j), 0)
    return steps
