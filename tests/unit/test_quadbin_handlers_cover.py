"""The exact cover on the grid, against an oracle in rational arithmetic that looks at every cell.

Coordinates here are positions on the grid with few binary digits, so that vertices fall on tile edges and corners,
edges run along tile borders and through corners, rings touch and cross themselves: where rounding would show.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import quadbin
from hypothesis import example, given
from hypothesis import strategies as st

from carto_at_runtime.errors import ResponseTooLargeError, RowError
from carto_at_runtime.tiles import cover as tile_cover
from carto_at_runtime.wkb import LINE, POINTS, RING, Geometries
from carto_quadbin import cover

Z = 3
SIDE = 2**Z


def geometries(shapes):
    """Make the batch of shapes, each a list of (kind, part, positions)."""
    sequences = [
        (kind, part, at, row) for row, shape in enumerate(shapes) for kind, part, at in shape
    ]
    positions = [position for _, _, at, _ in sequences for position in at]
    return Geometries(
        np.array(positions, float).reshape(-1, 2),
        np.cumsum([0, *(len(at) for _, _, at, _ in sequences)]),
        np.array([kind for kind, *_ in sequences], np.int64),
        np.array([part for _, part, *_ in sequences], np.int64),
        np.array([row for *_, row in sequences], np.int64),
    )


def covered(shapes, z=Z):
    made = cover.cover_on_grid(geometries(shapes), np.full(len(shapes), z))
    rows = []
    for begin, end in zip(made.offsets, made.offsets[1:], strict=False):
        cells = made.values[begin:end].tolist()
        assert cells == sorted(set(cells))
        rows.append({quadbin.cell_to_tile(cell)[:2] for cell in cells})
    return rows


def passes(start, end, box):
    """Whether a segment has a position in the half-open box (west, east, north, south), exactly."""
    if max(start[0], end[0]) < box[0] or min(start[0], end[0]) >= box[1]:
        return False
    if max(start[1], end[1]) < box[2] or min(start[1], end[1]) >= box[3]:
        return False
    (x0, y0), (x1, y1) = ([Fraction(value) for value in position] for position in (start, end))
    west, east, north, south = box
    low, high, open_low, open_high = Fraction(0), Fraction(1), False, False
    for origin, step, least, bound in ((x0, x1 - x0, west, east), (y0, y1 - y0, north, south)):
        if step == 0:
            if not least <= origin < bound:
                return False
            continue
        enters, leaves = (least - origin) / step, (bound - origin) / step
        # Towards smaller coordinates the excluded border comes first.
        first, last, first_open = (enters, leaves, False) if step > 0 else (leaves, enters, True)
        if first > low or (first == low and first_open):
            low, open_low = first, first_open
        if last < high or (last == high and not first_open):
            high, open_high = last, not first_open
    return low < high or (low == high and not open_low and not open_high)


def inside(rings, x, y):
    """The even-odd rule, exactly, for a position that is on no edge."""
    odd = False
    for ring in rings:
        for (x0, y0), (x1, y1) in edges_of(RING, ring):
            if (y0 <= y) != (y1 <= y):
                crossing = Fraction(x0) + (y - Fraction(y0)) * (Fraction(x1) - Fraction(x0)) / (
                    Fraction(y1) - Fraction(y0)
                )
                odd ^= crossing > x
    return odd


def edges_of(kind, at):
    if kind == POINTS:
        return [(position, position) for position in at]
    closed = [*at, at[0]] if kind == RING else at
    return list(pairwise(closed)) or [(at[0], at[0])]


def by_definition(shape, side=SIDE):
    """Look at every tile, and at the strips beyond the grid that belong to its first and last row."""
    far = 10 * side
    found = set()
    for row in range(side):
        north, south = (-far if row == 0 else row), (far if row == side - 1 else row + 1)
        for column in range(-2 * side, 3 * side):
            box = (column, column + 1, north, south)
            touched = any(
                passes(*edge, box) for kind, _, at in shape for edge in edges_of(kind, at)
            )
            centre = (column + Fraction(1, 2), row + Fraction(1, 2))
            polygons = {part for kind, part, _ in shape if kind == RING}
            if touched or any(
                inside(
                    [at for kind, number, at in shape if kind == RING and number == part], *centre
                )
                for part in polygons
            ):
                found.add((column % side, row))
    return found


EIGHTHS = st.integers(0, SIDE * 8).map(lambda number: number / 8)
HALVES = st.integers(-2, SIDE * 2 + 2).map(lambda number: number / 2)
WHOLE = st.integers(0, SIDE).map(float)
ANYWHERE = st.floats(0, SIDE, allow_subnormal=False)
BEYOND = st.integers(-SIDE * 4, SIDE * 8).map(lambda number: number / 4)


def positions(least, most):
    return st.one_of(
        *(
            st.lists(st.tuples(kind, kind), min_size=least, max_size=most)
            for kind in (EIGHTHS, HALVES, WHOLE, ANYWHERE)
        ),
        st.lists(st.tuples(BEYOND, BEYOND), min_size=least, max_size=most),
    )


SEQUENCES = st.one_of(
    st.tuples(st.just(POINTS), st.just(0), positions(1, 1)),
    st.tuples(st.just(LINE), st.just(0), positions(1, 5)),
    st.tuples(st.just(RING), st.integers(1, 2), positions(1, 7)),
)


def numbered(shapes):
    """Give polygons the numbers that a reader gives: ascending over the batch, rings of one together."""
    made = []
    for row, shape in enumerate(shapes):
        ordered = sorted(shape, key=lambda sequence: sequence[1])
        made.append([(kind, part + 10 * row if part else 0, at) for kind, part, at in ordered])
    return made


@given(st.lists(st.lists(SEQUENCES, max_size=3), min_size=1, max_size=3).map(numbered))
@example([[(RING, 1, [(1, 1), (3, 1), (3, 3), (1, 3)])]])
@example(
    [[(RING, 1, [(1, 1), (5, 1), (5, 5), (1, 5)]), (RING, 1, [(2, 2), (4, 2), (4, 4), (2, 4)])]]
)
@example(
    [[(LINE, 0, [(0, 0), (8, 8)])], [(LINE, 0, [(0, 8), (8, 0)])], [(LINE, 0, [(0, 1), (6, 3)])]]
)
@example([[(RING, 1, [(0, 0), (4, 4), (0, 8), (4, 0), (8, 8)])]])
@example(
    [
        [(RING, 1, [(-1, 2), (9, 2), (9, 3), (-1, 3)])],
        [(RING, 11, [(6, -3), (11, -3), (11, 12), (6, 12)])],
    ]
)
def test_the_cover_is_the_cells_that_hold_a_position(shapes):
    assert covered(shapes) == [by_definition(shape) for shape in shapes]


def test_a_square_of_tiles_has_the_tiles_beyond_its_east_and_south_edges_too():
    square = [(RING, 1, [(2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0), (2.0, 2.0)])]
    assert covered([square]) == [{(x, y) for x in (2, 3, 4) for y in (2, 3, 4)}]


def test_a_hole_is_left_out_but_its_edge_is_not():
    outer = [(0.5, 0.5), (7.5, 0.5), (7.5, 7.5), (0.5, 7.5)]
    hole = [(1.5, 1.5), (6.5, 1.5), (6.5, 6.5), (1.5, 6.5)]
    [cells] = covered([[(RING, 1, outer), (RING, 1, hole)]])
    assert cells == {(x, y) for x in range(8) for y in range(8)} - {
        (x, y) for x in range(2, 6) for y in range(2, 6)
    }


def test_overlapping_polygons_of_one_geometry_are_united():
    first = (RING, 1, [(0.5, 0.5), (5.5, 0.5), (5.5, 5.5), (0.5, 5.5)])
    second = (RING, 2, [(2.5, 2.5), (7.5, 2.5), (7.5, 7.5), (2.5, 7.5)])
    both = covered([[first, second]])[0]
    assert both == covered([[first]])[0] | covered([[second]])[0]
    assert (4, 4) in both


def test_every_geometry_has_its_own_resolution():
    line = [(LINE, 0, [(0.5, 0.5), (1.5, 0.5)])]
    made = cover.cover_on_grid(geometries([line, line, line]), np.array([1, 26, 2]))
    assert [quadbin.cell_to_tile(cell) for cell in made.values.tolist()] == [
        (x, 0, z) for z in (1, 26, 2) for x in (0, 1)
    ]


def test_crossings_are_exact_at_the_finest_resolution():
    # These lines cross every tile border at a corner, where rounding would choose a wrong tile.
    far = 2.0**26 - 1
    diagonal = [(LINE, 0, [(far - 3000, far - 3000), (far, far)])]
    [cells] = covered([diagonal], 26)
    assert cells == {(int(far) - n, int(far) - n) for n in range(3001)}
    shallow = [(LINE, 0, [(7.0, 1.0), (7.0 + 3 * 700, 701.0)])]
    [cells] = covered([shallow], 26)
    assert cells == {(7 + n, 1 + n // 3) for n in range(2101)}


def test_work_is_shared_out_when_a_batch_is_too_much_for_one_go(monkeypatch):
    shapes = [[(LINE, 0, [(0.5, 0.5 + row / 10), (7.5, 7.5)])] for row in range(9)]
    at_once = covered(shapes)
    monkeypatch.setattr(tile_cover, "MAX_RUNS", 17)
    assert covered(shapes) == at_once
    monkeypatch.setattr(tile_cover, "MAX_RUNS", 4_000_000)
    monkeypatch.setattr(tile_cover, "_MAX_WINDOW", 20)
    assert covered(shapes) == at_once


def test_points_far_apart_at_the_finest_resolution_are_cheap():
    edge = 2.0**26 - 0.5
    shapes = [[(POINTS, 0, [(0.5, 0.5)]), (POINTS, 0, [(edge, edge)])]] * 2000
    made = cover.cover_on_grid(geometries(shapes), np.full(2000, 26))
    assert len(made.values) == 4000


def test_huge_geometries_are_refused_without_the_work():
    side = 2.0**26
    world = [(RING, 1, [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)])]
    with pytest.raises(
        RowError,
        match=r"row 1: the geometry covers about 4503\d{12} cells at resolution 26, .* 314562",
    ):
        cover.cover_on_grid(geometries([[(POINTS, 0, [(1, 1)])], world]), np.array([26, 26]))
    wide = [(RING, 1, [(0.0, 0.0), (side, 0.0), (side, 9.0), (0.0, 9.0)])]
    with pytest.raises(RowError, match=f"covers {10 * 2**26} cells"):
        cover.cover_on_grid(geometries([wide]), np.array([26]))
    zigzag = [(LINE, 0, [(float(n % 2), 200_000.0 * (n % 2)) for n in range(30)])]
    with pytest.raises(RowError, match="too much detail for resolution 26"):
        cover.cover_on_grid(geometries([zigzag]), np.array([26]))
    block = [(RING, 1, [(0.0, 0.0), (400.5, 0.0), (400.5, 400.5), (0.0, 400.5)])]
    with pytest.raises(ResponseTooLargeError, match=r"2 rows take .* MAX_BATCH_ROWS"):
        cover.cover_on_grid(geometries(numbered([block, block])), np.array([26, 26]))


def test_the_oracle_knows_half_open_boxes():
    box = (1, 2, 1, 2)
    assert passes((1, 1), (1, 1), box)
    assert not passes((2, 1), (2, 1), box)
    assert passes((0, 1), (1, 1), box)
    assert not passes((2, 0), (2, 3), box)
    assert passes((2, 1), (1.5, 1.5), box)
    assert not passes((0, 2), (3, 2), box)
    assert not passes((1, 3), (3, 1), box)
    assert passes((1, 2.5), (2.5, 1), box)
    assert by_definition([(POINTS, 0, [(8, 8)])]) == {(0, 7)}
