"""A few cells of mixed levels that cover a box of longitudes and latitudes.

The algorithm is that of the S2 Geometry library (`s2region_coverer.h`) in its older form, as the s2sphere library has
it, and the reference toolbox with it: start from the up to four cells around the box's middle that are just large
enough, then replace the coarsest candidates by those of their children that touch the box while there are no more than
8 cells. Which of the many possible coverings comes out depends on every comparison, so the arithmetic here is that of
s2sphere to the last bit (`math`, not numpy, whose arctangent may differ in the last place), on plain numbers.

A candidate cell is a tuple (id, face, level, i, j, orientation), with i and j on the grid of its level and an unsigned
id, as the heap's order needs it.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import asin, cos, frexp, pi, remainder, sin, sqrt
from typing import TYPE_CHECKING

from carto_s2.boxes import bound_of_cell, on_face
from carto_s2.hilbert import MAX_LEVEL, QUADRANTS, SWAP, TURNS

if TYPE_CHECKING:
    from carto_s2.boxes import Box, Point

MAX_CELLS = 8
_ROUND_UP = 1.0 + 1.0 / (1 << 52)
_MIN_WIDTH = 2 * sqrt(2) / 3
_LEAVES = 1 << MAX_LEVEL

Cell = tuple[int, int, int, int, int, int]


class TooManyCellsError(Exception):
    """The lowest level is so fine that the covering has more cells than allowed."""


def cover(box: Box, lowest: int, highest: int, limit: int) -> list[int]:
    """Return the unsigned ids, ascending, of cells of the levels `lowest` to `highest` that cover the box.

    There are at most 8 where `lowest` allows it. Raises `TooManyCellsError` for more than `limit`.
    """
    found: list[int] = []
    for number in _merged(_Search(box, lowest, highest, limit).run()):
        end = number & -number
        bit = 1 << (2 * (MAX_LEVEL - lowest))
        if end <= bit:
            found.append(number)
        else:
            if len(found) + end // bit > limit:
                raise TooManyCellsError
            found.extend(range(number - end + bit, number + end, 2 * bit))
    return found


class _Search:
    """One run of the coverer: a heap of candidates by priority, and the cells that are settled."""

    def __init__(self, box: Box, lowest: int, highest: int, limit: int) -> None:
        self._box = box
        self._lowest = lowest
        self._highest = highest
        self._limit = limit
        self._settled: list[int] = []
        self._heap: list[tuple[int, int, int, list[tuple[Cell, bool]]]] = []

    def run(self) -> list[int]:
        for cell in _first_cells(self._box, self._highest):
            terminal = self._terminal(cell)
            if terminal is not None:
                self._add(cell, terminal=terminal)
        heap, settled = self._heap, self._settled
        while heap:
            _, number, level, children = heappop(heap)
            cells = len(settled) + len(heap) + len(children)
            if level < self._lowest or len(children) == 1 or cells <= MAX_CELLS:
                if cells > self._limit:
                    raise TooManyCellsError
                for child, terminal in children:
                    self._add(child, terminal=terminal)
            else:
                settled.append(number)
        return settled

    def _terminal(self, cell: Cell) -> bool | None:
        """Whether a cell is not to be divided further; None when it does not touch the box."""
        bound = bound_of_cell(*cell[1:5])
        if not self._box.touches(*bound):
            return None
        level = cell[2]
        return level >= self._lowest and (level >= self._highest or self._box.holds(*bound))

    def _add(self, cell: Cell, *, terminal: bool) -> None:
        number, _, level, *_ = cell
        if terminal:
            self._settled.append(number)
            return
        children = []
        terminals = 0
        for child in _children(cell):
            ends = self._terminal(child)
            if ends is not None:
                children.append((child, ends))
                terminals += ends
        if terminals == 4 and level >= self._lowest:
            self._settled.append(number)
        elif children:
            priority = (((level << 2) + len(children)) << 2) + terminals
            heappush(self._heap, (priority, number, level, children))


def _children(cell: Cell) -> list[Cell]:
    number, face, level, i, j, orientation = cell
    bit = (number & -number) >> 2
    quadrants = QUADRANTS[orientation]
    return [
        (
            number + (2 * place - 3) * bit,
            face,
            level + 1,
            2 * i + (quadrants[place] >> 1),
            2 * j + (quadrants[place] & 1),
            orientation ^ TURNS[place],
        )
        for place in range(4)
    ]


def _first_cells(box: Box, highest: int) -> list[Cell]:
    """Return the cells around the corner nearest to the box's middle that are just larger than it, or all faces."""
    axis, height = _cap(box)
    width = 4 * asin(sqrt(0.5 * height))
    level = min(_level_of_width(width), highest, MAX_LEVEL - 1)
    if level > 0:
        return _corner_cells(axis, level)
    return [_cell(face, 0, 0, 0) for face in range(6)]


def _cap(box: Box) -> tuple[Point, float]:
    """Return axis and height of a cap that holds the box: around its middle or a pole, whichever is smaller."""
    if box.south + box.north < 0:
        pole, angle = (0.0, 0.0, -1.0), pi / 2.0 + box.north
    else:
        pole, angle = (0.0, 0.0, 1.0), pi / 2.0 - box.south
    half = sin(0.5 * angle)
    height = 2.0 if angle >= pi else 2 * half * half
    span = box.east - box.west
    if remainder(span, 2 * pi) >= 0 and span < 2 * pi:
        axis = _point(0.5 * (box.south + box.north), _middle(box))
        reach = max(
            _ROUND_UP * 0.5 * _squared_distance(axis, _point(latitude, longitude))
            for latitude in (box.south, box.north)
            for longitude in (box.west, box.east)
        )
        if reach < height:
            return axis, reach
    return pole, height


def _middle(box: Box) -> float:
    middle = 0.5 * (box.west + box.east)
    if box.west <= box.east:
        return middle
    return middle + pi if middle <= 0 else middle - pi


def _point(latitude: float, longitude: float) -> Point:
    cosine = cos(latitude)
    return cos(longitude) * cosine, sin(longitude) * cosine, sin(latitude)


def _squared_distance(a: Point, b: Point) -> float:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return x * x + y * y + z * z


def _level_of_width(width: float) -> int:
    """Return the finest level whose cells are all at least this wide, in radians."""
    if width <= 1e-15:
        return MAX_LEVEL
    return max(0, min(MAX_LEVEL, frexp(_MIN_WIDTH / width)[1] - 1))


def _corner_cells(axis: Point, level: int) -> list[Cell]:
    """Return the three or four cells of a level that meet at the corner nearest to a point."""
    face, u, v = _face_uv(axis)
    i, j = _place(_uv_to_st(u)), _place(_uv_to_st(v))
    half = 1 << (MAX_LEVEL - level - 1)
    i_next, i_same = _beyond(i, half)
    j_next, j_same = _beyond(j, half)
    places = [(i, j, True), (i_next, j, i_same), (i, j_next, j_same)]
    if i_same or j_same:
        places.append((i_next, j_next, i_same and j_same))
    return [
        _cell(face, x, y, level) if same else _cell(*_wrapped(face, x, y), level)
        for x, y, same in places
    ]


def _beyond(place: int, half: int) -> tuple[int, bool]:
    """Return the place one cell further on the nearer side, and whether it is on the same face."""
    moved = place + 2 * half if place & half else place - 2 * half
    return moved, 0 <= moved < _LEAVES


def _wrapped(face: int, i: int, j: int) -> tuple[int, int, int]:
    """Return face and place of a leaf just beyond the edge of a face."""
    scale = 1.0 / _LEAVES
    i, j = max(-1, min(_LEAVES, i)), max(-1, min(_LEAVES, j))
    u, v = scale * ((i << 1) + 1 - _LEAVES), scale * ((j << 1) + 1 - _LEAVES)
    face, u, v = _face_uv(on_face(face, u, v))
    return face, _place(0.5 * (u + 1)), _place(0.5 * (v + 1))


def _place(s: float) -> int:
    return max(0, min(_LEAVES - 1, int(_LEAVES * s // 1)))


def _uv_to_st(u: float) -> float:
    return 0.5 * sqrt(1 + 3 * u) if u >= 0 else 1 - 0.5 * sqrt(1 - 3 * u)


def _face_uv(point: Point) -> tuple[int, float, float]:
    x, y, z = point
    axis = 0 if abs(x) > abs(y) else 1
    if abs(z) >= abs(point[axis]):
        axis = 2
    main = point[axis]
    a = (y if axis == 0 else -x) / main
    b = (-y if axis == 2 else z) / main
    return (axis + 3, b, a) if main < 0 else (axis, a, b)


def _cell(face: int, i: int, j: int, level: int) -> Cell:
    """Return the cell of a level that holds the leaf at i, j."""
    place, orientation = face, face & SWAP
    for bit in range(MAX_LEVEL - 1, MAX_LEVEL - 1 - level, -1):
        step = QUADRANTS[orientation].index(2 * ((i >> bit) & 1) + ((j >> bit) & 1))
        place = (place << 2) | step
        orientation ^= TURNS[step]
    shift = MAX_LEVEL - level
    number = ((place << 1) | 1) << (2 * shift)
    return number, face, level, i >> shift, j >> shift, orientation


def _merged(numbers: list[int]) -> list[int]:
    """Return the cells ascending, without those inside others, and with four siblings as their parent."""
    output: list[int] = []
    for number in sorted(numbers):
        cell = number
        if output and _holds(output[-1], cell):
            continue
        while output and _holds(cell, output[-1]):
            output.pop()
        while len(output) >= 3 and _siblings(output[-3], output[-2], output[-1], cell):
            del output[-3:]
            bit = (cell & -cell) << 2
            cell = (cell & -bit) | bit
        output.append(cell)
    return output


def _holds(outer: int, inner: int) -> bool:
    reach = (outer & -outer) - 1
    return outer - reach <= inner <= outer + reach


def _siblings(a: int, b: int, c: int, d: int) -> bool:
    bit = (d & -d) << 1
    if a ^ b ^ c != d or bit == 1 << 61:
        return False
    mask = ~(bit | bit << 1)
    return (a & mask) == (b & mask) == (c & mask) == (d & mask)
