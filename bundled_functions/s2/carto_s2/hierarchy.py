"""The cells below a cell. A cell's descendants of one level are equally spaced numbers around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RaggedArray, check_fits
from carto_s2.hilbert import end_bit, levels, lowest_bit

if TYPE_CHECKING:
    from carto_s2.hilbert import Integers

CELL_BYTES = 21
"""A cell in a JSON array, at most: a sign, 19 digits and a comma."""


def children(ids: Integers, level: Integers) -> RaggedArray:
    """Return the descendants of each cell at a level that is not coarser, along the curve.

    Raises `RowError` or `ResponseTooLargeError` when they do not fit into a response.
    """
    own = levels(ids)
    counts = np.left_shift(1, 2 * (level - own))
    check_fits(
        counts,
        CELL_BYTES,
        lambda row, count: (
            f"a cell of resolution {own[row]} has {count} descendants at resolution {level[row]}, "
            "more than one response of Lambda (6 MB) holds"
        ),
    )
    bit = end_bit(level)
    first = ids - lowest_bit(ids) + bit
    step = bit << 1
    if (counts == counts[0]).all():
        table = first[:, None] + np.arange(int(counts[0])) * step[:, None]
        return RaggedArray.of_table(table)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    owner = np.repeat(np.arange(len(ids)), counts)
    place = np.arange(len(owner)) - offsets[owner]
    return RaggedArray(first[owner] + place * step[owner], offsets)
