"""KRING, KRING_DISTANCES and TOCHILDREN, whole invocations, against the quadbin library where that is right."""

from __future__ import annotations

import json

import numpy as np
import pytest
import quadbin
from hypothesis import assume, given
from hypothesis import strategies as st

from carto_quadbin import grid, handler
from tests.unit.handler_calls import BothWays, refusal
from tests.unit.handler_calls import answer as answer_of

ASKED = BothWays(handler)

WORLD = quadbin.tile_to_cell((0, 0, 0))
TILES = st.integers(0, 26).flatmap(
    lambda z: st.tuples(st.integers(0, 2**z - 1), st.integers(0, 2**z - 1), st.just(z))
)


def results(function, *rows):
    return [json.loads(result) for result in answer_of(ASKED, f"__QUADBIN_{function}", *rows)]


def error(function, *rows):
    return refusal(ASKED, f"__QUADBIN_{function}", *rows)


def ring_by_definition(cell, k):
    """The cells within k of a cell on a grid that wraps from west to east, by looking at all cells."""
    x, y, z = quadbin.cell_to_tile(cell)
    side = 2**z
    found = {}
    for row in range(side):
        for column in range(side):
            apart = min((column - x) % side, (x - column) % side)
            distance = max(apart, abs(row - y))
            if distance <= k:
                found[quadbin.tile_to_cell((column, row, z))] = distance
    return found


@given(st.lists(TILES, min_size=1, max_size=10))
def test_cells_and_tiles_are_as_the_library_has_them(tiles):
    x, y, z = np.array(tiles, np.int64).T
    cells = grid.tiles_to_cells(x, y, z)
    assert cells.tolist() == [quadbin.tile_to_cell(tile) for tile in tiles]
    assert [part.tolist() for part in grid.cells_to_tiles(cells)] == [
        x.tolist(),
        y.tolist(),
        z.tolist(),
    ]
    assert grid.is_valid(cells).all()


@pytest.mark.parametrize(
    "cell", [0, -1, 5, 2**62, 2**63 - 1, -(2**63), 5210682356758740991, WORLD - 1, WORLD + 1]
)
def test_other_integers_are_not_cells(cell):
    assert not grid.is_valid(np.array([cell])).any()


def test_a_resolution_over_26_is_not_a_cell():
    assert not grid.is_valid(
        np.array([0x4800000000000000 | (z << 52) | 0xFFFFFFFFFFFFF for z in range(27, 32)])
    ).any()


@given(st.lists(st.tuples(TILES, st.integers(0, 6)), min_size=1, max_size=6))
def test_rings_inside_the_grid_are_as_the_library_has_them(cases):
    for (x, y, z), k in cases:
        assume(min(x, y) >= k and max(x, y) + k < 2**z)
    rows = [(quadbin.tile_to_cell(tile), k) for tile, k in cases]
    assert results("KRING", *rows) == [quadbin.k_ring(*row) for row in rows]
    assert results("KRING_DISTANCES", *rows) == [quadbin.k_ring_distances(*row) for row in rows]


@pytest.mark.parametrize("z", [0, 1, 2, 3])
@pytest.mark.parametrize("k", [0, 1, 2, 3, 4, 9, 300, 2**31 - 1])
def test_q_rings_wrap_at_the_antimeridian_and_end_at_the_poles(z, k):
    cells = [quadbin.tile_to_cell((x, y, z)) for x in range(2**z) for y in range(2**z)]
    rings = results("KRING", *((cell, k) for cell in cells))
    with_distances = results("KRING_DISTANCES", *((cell, k) for cell in cells))
    for cell, ring, distances in zip(cells, rings, with_distances, strict=True):
        expected = ring_by_definition(cell, k)
        assert len(ring) == len(set(ring))
        assert set(ring) == set(expected)
        assert [item["index"] for item in distances] == ring
        assert {item["index"]: item["distance"] for item in distances} == expected


def test_rings_are_listed_row_by_row_from_the_west():
    origin = quadbin.tile_to_cell((0, 3, 3))
    ring = [quadbin.cell_to_tile(cell)[:2] for cell in results("KRING", (origin, 1))[0]]
    assert ring == [(x, y) for y in (2, 3, 4) for x in (7, 0, 1)]


def test_q_the_ring_of_the_whole_world_is_the_world():
    assert results("KRING", (WORLD, 0), (WORLD, 1)) == [[WORLD], [WORLD]]
    assert results("KRING_DISTANCES", (WORLD, 1)) == [[{"index": WORLD, "distance": 0}]]


@pytest.mark.parametrize("function", ["KRING", "KRING_DISTANCES"])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((None, 1), "Invalid input origin"),
        ((WORLD, None), "Invalid input size"),
        ((0, 1), "Invalid input origin"),
        ((-5, 1), "Invalid input origin"),
        ((12345, 1), "Invalid input origin"),
        ((WORLD, -1), "Invalid input size"),
    ],
)
def test_bad_rings_are_refused_in_the_reference_words(function, row, message):
    name = f"__quadbin_{function.lower()}"
    assert error(function, (WORLD, 1), row) == f"{name}: Error processing row 1: {message}"


def test_one_bad_ring_among_good_ones_is_found_in_order():
    assert "row 1: Invalid input size" in error("KRING", (WORLD, 1), (WORLD, -1), (0, 1))
    assert "row 1: Invalid input origin" in error("KRING", (WORLD, 1), (0, 1), (WORLD, -1))


def test_q_a_huge_ring_is_refused_at_once():
    deep = quadbin.point_to_cell(0, 0, 26)
    message = error("KRING", (deep, 2**31 - 1))
    assert f"row 0: a ring of size {2**31 - 1} has {4**26} cells, more than one response" in message
    assert "MAX_BATCH_ROWS" in error("KRING", *[(deep, 200)] * 5)
    assert len(results("KRING", (deep, 275))[0]) == 551**2


@given(st.lists(st.tuples(TILES, st.integers(1, 4)), min_size=1, max_size=5))
def test_children_are_as_the_library_has_them(cases):
    for (_, _, z), deeper in cases:
        assume(z + deeper <= 26)
    rows = [(quadbin.tile_to_cell(tile), tile[2] + deeper) for tile, deeper in cases]
    expected = [quadbin.cell_to_children(*row) for row in rows]
    assert results("TOCHILDREN", *rows) == expected
    for children, (cell, _), (tile, _) in zip(expected, rows, cases, strict=True):
        assert children == sorted(children)
        assert {quadbin.cell_to_parent(child, tile[2]) for child in children} == {cell}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((None, 5), "NULL argument passed to UDF"),
        ((WORLD, None), "NULL argument passed to UDF"),
        ((WORLD, 0), "Invalid resolution"),
        ((WORLD, -1), "Invalid resolution"),
        ((WORLD, 27), "Invalid resolution"),
        ((quadbin.tile_to_cell((1, 1, 5)), 5), "Invalid resolution"),
        ((7, 5), "Invalid input quadbin"),
    ],
)
def test_bad_children_are_refused_in_the_reference_words(row, message):
    assert error("TOCHILDREN", row) == f"__quadbin_tochildren: Error processing row 0: {message}"


def test_too_many_children_are_refused_at_once():
    message = error("TOCHILDREN", (WORLD, 2), (WORLD, 26))
    assert (
        "row 1: a cell of resolution 0 has 4503599627370496 descendants at resolution 26" in message
    )
    assert len(results("TOCHILDREN", (WORLD, 9))[0]) == 4**9
