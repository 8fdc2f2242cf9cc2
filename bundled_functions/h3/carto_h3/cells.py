"""H3 cells as 64-bit integers: validity, hierarchy and texts, by bit arithmetic on whole columns.

A cell is, from the top: 0, the mode 0001, 000, its resolution (4 bits), its base cell (7 bits, 0 to 121) and fifteen
digits of 3 bits. The digits down to the resolution are 0 to 6, the others 7. Twelve base cells are pentagons: they lack
the direction 1, so that none of their descendants has 1 as its first digit that is not 0. (The layout is documented at
https://h3geo.org/docs/core-library/h3Indexing and .../h3Indexing/cell.)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]

MAX_RESOLUTION = 15
COUNTS = tuple(2 + 120 * 7**z for z in range(MAX_RESOLUTION + 1))
"""How many cells the Earth has at each resolution."""

TEXT_BYTES = 16
"""A cell in a list of texts: 15 hexadecimal digits and a comma."""

_DIGITS = (1 << 45) - 1
_BASE_CELLS = 122
_FRAME = 0b0_0001_000
_DIGIT_TOPS = 0b100100100100100100100100100100100100100100100
_DIGIT_ONES = _DIGIT_TOPS >> 2
_PENTAGONS = np.zeros(128, np.bool_)
_PENTAGONS[[4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117]] = True
_TEXT_DIGITS = 15
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def resolution(cells: Integers) -> Integers:
    """Return the resolution of each cell, 0 to 15."""
    return (cells >> 52) & 15


def digits(cells: Integers) -> Integers:
    """Return the digits of each cell down to its resolution, 3 bits each, the last one lowest."""
    return (cells & _DIGITS) >> (45 - 3 * resolution(cells))


def in_pentagon(cells: Integers) -> Booleans:
    """Tell for each cell whether its base cell is a pentagon."""
    return _PENTAGONS[(cells >> 45) & 127]


def cell_count(resolutions: Integers) -> Integers:
    """Return how many cells the Earth has at each resolution (0 to 15)."""
    return np.array(COUNTS)[resolutions]


def is_valid(cells: Integers) -> Booleans:
    """Tell for each integer whether it is a cell."""
    unused = 45 - 3 * resolution(cells)
    tail = np.left_shift(1, unused) - 1
    used = cells & _DIGITS & ~tail
    # Taking 1 from every digit of the complement borrows into a top bit that was 0 only where the digit was 7.
    has_seven = ((~used - _DIGIT_ONES) & used & _DIGIT_TOPS) != 0
    base = (cells >> 45) & 127
    return (
        (cells >> 56 == _FRAME)
        & (base < _BASE_CELLS)
        & ((cells & tail) == tail)
        & ~has_seven
        & ~(_PENTAGONS[base] & _starts_with_one(used))
    )


def _starts_with_one(used: Integers) -> Booleans:
    """Tell whether the first digit that is not 0 is 1, given digits that hold 0 below the resolution."""
    # 45 bits are exact as a float, whose exponent is the place of the highest bit.
    _, exponent = np.frexp(used.astype(np.float64))
    return (used != 0) & ((exponent - 1) % 3 == 0)


def is_pentagon(cells: Integers) -> Booleans:
    """Tell for each cell (they must be valid) whether it has five sides."""
    return in_pentagon(cells) & (digits(cells) == 0)


def parent(cells: Integers, resolutions: Integers) -> Integers:
    """Return the ancestor of each cell at a resolution that is not finer than its own."""
    tail = np.left_shift(1, 45 - 3 * resolutions) - 1
    return (cells & ~(15 << 52)) | (resolutions << 52) | tail


def children_count(cells: Integers, resolutions: Integers) -> Integers:
    """Return how many descendants each cell has at a resolution that is not coarser than its own."""
    sevens = np.power(7, resolutions - resolution(cells))
    return np.where(is_pentagon(cells), 1 + 5 * (sevens - 1) // 6, sevens)


def children(cells: Integers, resolutions: Integers) -> tuple[Integers, Integers]:
    """Return the descendants of each cell at a resolution that is not coarser than its own.

    The result is the descendants of all cells, ascending for each one, and the offsets (one more than cells) that cut
    them. Whether there is memory for them is the caller's to know.
    """
    own = resolution(cells)
    levels = resolutions - own
    counts = children_count(cells, resolutions)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    tail = np.left_shift(1, 45 - 3 * own) - 1
    first = (cells & ~(15 << 52) & ~tail) | (resolutions << 52)
    values = np.empty(int(offsets[-1]), np.int64)
    kinds = levels * 32 + resolutions * 2 + is_pentagon(cells)
    for kind in np.unique(kinds).tolist():
        chosen = np.flatnonzero(kinds == kind)
        steps = _steps(kind // 32, kind // 2 % 16, pentagon=bool(kind % 2))
        block = first[chosen, None] | steps
        if len(chosen) == len(cells):
            return block.reshape(-1), offsets
        values[offsets[chosen, None] + np.arange(len(steps))] = block
    return values, offsets


def _steps(levels: int, to: int, *, pentagon: bool) -> Integers:
    """Return the digits of the descendants `levels` below a cell, at the resolution `to`, with the 7s that follow."""
    below = np.zeros(1, np.int64)
    for _ in range(levels):
        below = ((below[:, None] << 3) | np.arange(7)).reshape(-1)
    if pentagon:
        below = below[~_starts_with_one(below)]
    unused = 45 - 3 * to
    return (below << unused) | ((1 << unused) - 1)


def texts(cells: Integers, offsets: Integers, numbers: Integers | None = None) -> list[str]:
    """Write the cells of each row (cut by `offsets`) as hexadecimal texts with commas between them.

    With `numbers` (not negative) each text is followed by a bar and the cell's number, which may have leading blanks.
    """
    octets = cells.astype(">i8").view(np.uint8).reshape(-1, 8)
    places = 0 if numbers is None else len(str(numbers.max(initial=0)))
    width = TEXT_BYTES + (places + 1 if places else 0)
    table = np.empty((len(cells), width), np.uint8)
    table[:, 0] = _HEX[octets[:, 0] & 15]
    table[:, 1:15:2] = _HEX[octets[:, 1:] >> 4]
    table[:, 2:15:2] = _HEX[octets[:, 1:] & 15]
    if numbers is not None:
        table[:, 15] = ord("|")
        for place in range(places):
            power = 10 ** (places - 1 - place)
            blank = (numbers < power) & (power > 1)
            table[:, 16 + place] = np.where(blank, ord(" "), ord("0") + numbers // power % 10)
    table[:, -1] = ord(",")
    joined = table.tobytes().decode("ascii")
    bounds = (offsets * width).tolist()
    return [joined[start : max(start, end - 1)] for start, end in pairwise(bounds)]


def from_texts(values: Sequence[str]) -> Integers:
    """Read hexadecimal texts of 15 digits; what is not one becomes 0, which is no cell."""
    if not set(map(len, values)) - {_TEXT_DIGITS}:
        octets = _octets("0".join(["", *values]))
        if len(octets) == 8 * len(values):
            return np.frombuffer(octets, ">i8").astype(np.int64)
    return np.array([_from_text(value) for value in values], np.int64)


def _from_text(value: str) -> int:
    octets = _octets(f"0{value}")
    return int.from_bytes(octets) if len(octets) == 8 and len(value) == _TEXT_DIGITS else 0


def _octets(text: str) -> bytes:
    """Read hexadecimal text. Blanks are skipped, so that the result may be too short; nothing, for other text."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
