"""The Lambda half of the quadkey module, whole invocations: rings, children, polyfill; against mercantile and boxes."""

from __future__ import annotations

import json
import math

import mercantile
import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from carto_at_runtime.tiles.mercator import project
from carto_quadkey import grid, handler
from tests.unit.handler_calls import BothWays, refusal
from tests.unit.handler_calls import answer as answer_of

ASKED = BothWays(handler)

TILES = st.integers(0, 29).flatmap(
    lambda z: st.tuples(st.integers(0, 2**z - 1), st.integers(0, 2**z - 1), st.just(z))
)


def quadint(x, y, z):
    return y << (5 + z) | x << 5 | z


def tile(cell):
    z = cell & 31
    return cell >> 5 & (1 << z) - 1, cell >> 5 + z, z


def results(function, *rows):
    return [json.loads(result) for result in answer_of(ASKED, f"__QUADINT_{function}", *rows)]


def error(function, *rows):
    return refusal(ASKED, f"__QUADINT_{function}", *rows)


# --- the grid ---------------------------------------------------------------------------------------------------------


@given(st.lists(TILES, min_size=1, max_size=10))
def test_quadints_and_tiles(tiles):
    x, y, z = np.array(tiles, np.int64).T
    cells = grid.tiles_to_quadints(x, y, z)
    assert cells.tolist() == [quadint(*each) for each in tiles]
    assert np.array(grid.quadints_to_tiles(cells)).T.tolist() == [list(each) for each in tiles]
    assert grid.is_on_grid(cells).all()
    assert all(
        len(f"{cell},") <= size
        for cell, size in zip(cells.tolist(), grid.item_bytes(z).tolist(), strict=True)
    )


@pytest.mark.parametrize("cell", [-1, -(2**63), 30, 31, 2**63 - 1, 1 << 5, quadint(0, 16, 4)])
def test_other_integers_are_not_quadints(cell):
    assert not grid.is_on_grid(np.array([cell])).any()


# --- rings ------------------------------------------------------------------------------------------------------------


def walk(x, y, z, k):
    """The ring as one walks it by siblings, on a grid that wraps both ways; each cell once, where it is nearest."""
    side = 2**z
    found = {}
    for dy in range(-k, k + 1):
        for dx in range(-k, k + 1):
            cell = quadint((x + dx) % side, (y + dy) % side, z)
            found[cell] = min(found.get(cell, k), max(abs(dx), abs(dy)))
    return found


@given(st.lists(st.tuples(TILES, st.integers(0, 4)), min_size=1, max_size=6))
def test_rings_are_those_of_siblings(cases):
    cases = [(each, k) for each, k in cases if each[2]]
    rows = [(quadint(*each), k) for each, k in cases]
    if not rows:
        return
    rings = results("KRING", *rows)
    with_distances = results("KRING_DISTANCES", *rows)
    for (each, k), ring, distances in zip(cases, rings, with_distances, strict=True):
        expected = walk(*each, k)
        assert set(ring) == set(expected)
        assert [item["index"] for item in distances] == ring
        assert {item["index"]: item["distance"] for item in distances} == expected


@pytest.mark.parametrize("z", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 9, 300, 2**31 - 1])
def test_q_rings_as_wide_as_the_grid_have_every_cell_once(z, k):
    cells = [quadint(x, y, z) for x in range(2**z) for y in range(2**z)]
    for cell, ring in zip(cells, results("KRING", *((cell, k) for cell in cells)), strict=True):
        assert len(ring) == len(set(ring))
        assert set(ring) == set(walk(*tile(cell), min(k, 2**z)))


def test_rings_are_listed_row_by_row_and_go_around_both_ways():
    ring = [tile(cell)[:2] for cell in results("KRING", (quadint(0, 0, 3), 1))[0]]
    assert ring == [(x, y) for y in (7, 0, 1) for x in (7, 0, 1)]


@given(TILES.filter(lambda each: each[2] > 0), st.integers(0, 3))
def test_rings_are_symmetric(each, k):
    origin = quadint(*each)
    for cell in results("KRING", (origin, k))[0][:5]:
        assert origin in results("KRING", (cell, k))[0]


@pytest.mark.parametrize("function", ["KRING", "KRING_DISTANCES"])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((None, 1), "Invalid input origin"),
        ((0, 1), "Invalid input origin"),
        ((-5, 1), "Invalid input origin"),
        ((30, 1), "Invalid input origin"),
        ((quadint(0, 16, 4), 1), "Invalid input origin"),
        ((3300, None), "Invalid input size"),
        ((3300, -1), "Invalid input size"),
        ((quadint(0, 0, 29), 2**31 - 1), r"a ring of size 2147483647 has 288230376151711744 cells"),
        ((quadint(0, 0, 29), 300), "a ring of size 300 has 361201 cells"),
    ],
)
def test_rings_that_cannot_be(function, row, message):
    assert f"Error processing row 1: {message}" in error(function, (3300, 1), row)


# --- children ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(TILES, st.integers(1, 4)), min_size=1, max_size=6))
def test_children_are_mercantiles_column_by_column(cases):
    cases = [(each, each[2] + deeper) for each, deeper in cases if each[2] + deeper <= 29]
    if not cases:
        return
    found = results("TOCHILDREN", *((quadint(*each), z) for each, z in cases))
    for ((x, y, own), z), children in zip(cases, found, strict=True):
        tiles = mercantile.children(mercantile.Tile(x, y, own), zoom=z)
        assert children == [
            quadint(*each) for each in sorted(tiles, key=lambda each: (each.x, each.y))
        ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((None, 5), "NULL argument passed to UDF"),
        ((3300, None), "NULL argument passed to UDF"),
        ((quadint(0, 0, 29), 29), "Wrong quadint zoom"),
        ((31, 31), "Wrong quadint zoom"),
        ((-1, 5), "Wrong quadint zoom"),
        ((3300, 4), "Wrong resolution"),
        ((3300, -1), "Wrong resolution"),
        ((3300, 30), "Wrong resolution"),
        ((quadint(0, 16, 4), 5), "Invalid quadint: y should be between 0 and 2"),
        ((-4, 29), "Invalid quadint"),
        ((0, 29), "a quadint of zoom 0 has 288230376151711744 descendants at resolution 29"),
    ],
)
def test_children_that_cannot_be(row, message):
    assert f"Error processing row 1: {message}" in error("TOCHILDREN", (3300, 5), row)


def test_q_children_beyond_zoom_29_are_an_error():
    assert "Wrong resolution" in error("TOCHILDREN", (quadint(1, 1, 28), 30))


# --- polyfill ---------------------------------------------------------------------------------------------------------


def polyfill(*rows):
    return results("POLYFILL", *((shapely.to_wkb(shape, hex=True), z) for shape, z in rows))


def by_boxes(shape, z):
    """Intersect the shape on the Mercator plane with every tile near it."""

    def projected(coordinates):
        z_of_each = np.full(len(coordinates), z)
        return np.stack(project(coordinates[:, 0], coordinates[:, 1], z_of_each), axis=1)

    flat = shapely.transform(shape, projected)
    west, north, east, south = (math.floor(bound) for bound in flat.bounds)
    sliver = 2.0**-20
    return sorted(
        quadint(x, y, z)
        for y in range(north, south + 1)
        for x in range(west, east + 1)
        if flat.intersects(shapely.box(x, y, x + 1 - sliver, y + 1 - sliver))
    )


SHAPES = [
    shapely.Point(-3.7038, 40.4168),
    shapely.Point(-3.7, 40.4).buffer(0.02),
    shapely.Point(100, -33).buffer(0.03).difference(shapely.Point(100.01, -33).buffer(0.01)),
    shapely.LineString([(-3.71, 40.42), (-3.67, 40.49), (-3.63, 40.394)]),
    shapely.MultiPoint([(1.3, 2.2), (1.3001, 2.2002)]),
    shapely.GeometryCollection(
        [shapely.Point(1.2, 1.3), shapely.LineString([(1.21, 1.31), (1.22, 1.35)])]
    ),
]


@pytest.mark.parametrize("z", [0, 5, 10, 13])
def test_polyfill_is_every_tile_that_a_shape_touches(z):
    assert polyfill(*((shape, z) for shape in SHAPES)) == [by_boxes(shape, z) for shape in SHAPES]


@given(
    st.lists(st.tuples(st.floats(-180, 179.99), st.floats(-85, 85)), min_size=1, max_size=20),
    st.integers(0, 29),
)
@example([(0.0, 1e-14), (1e-13, -1e-14), (-22.5, 40.97989806962013)], 4)
def test_polyfill_of_points_is_mercantiles_tile(points, z):
    found = polyfill(*((shapely.Point(point), z) for point in points))
    assert found == [[quadint(*mercantile.tile(*point, z))] for point in points]


@pytest.mark.parametrize("z", [26, 27, 28, 29])
def test_q_polyfill_at_fine_zooms_gives_the_right_tiles(z):
    """Of short lines at many places: the tiles that their points are in, and nothing that is not beside them."""
    dice = np.random.default_rng(z)
    step = 360 / 2**z
    starts = dice.uniform((-179, -80), (179, 80), (100, 2)).tolist()
    lines = [shapely.LineString([(x, y), (x + 3 * step, y + 2 * step)]) for x, y in starts]
    for line, cells in zip(lines, polyfill(*((line, z) for line in lines)), strict=True):
        ends = [mercantile.tile(*point, z) for point in line.coords]
        columns = range(ends[0].x, ends[1].x + 1)
        rows = range(ends[1].y, ends[0].y + 1)
        found = [tile(cell) for cell in cells]
        assert {(end.x, end.y, z) for end in ends} <= set(found)
        assert {x for x, _, _ in found} == set(columns)
        assert {y for _, y, _ in found} == set(rows)
        assert len(found) <= len(columns) + len(rows) - 1


def test_q_polyfill_polygon_edges_at_zoom_29():
    x, y, z = 301_234_567, 201_234_567, 29
    corner, end = mercantile.ul(x, y, z), mercantile.ul(x + 40, y + 30, z)
    inset = 360 / 2**z / 3
    box = shapely.box(
        corner.lng + inset, end.lat + inset / 2, end.lng - inset, corner.lat - inset / 2
    )
    [cells] = polyfill((box, z))
    assert cells == [quadint(x + dx, y + dy, z) for dy in range(30) for dx in range(40)]


def test_q_polyfill_zoom_outside_the_range_is_an_error():
    point = shapely.to_wkb(shapely.Point(1, 1), hex=True)
    for z in (-1, 30, 31, 100):
        assert "Invalid resolution, should be between 0 and 29" in error("POLYFILL", (point, z))


def test_q_polyfill_reaches_the_poles():
    assert polyfill((shapely.box(-180, -90, 180, 90), 2), (shapely.Point(0.1, 90), 3)) == [
        sorted(quadint(x, y, 2) for x in range(4) for y in range(4)),
        [quadint(4, 0, 3)],
    ]


def test_q_polyfill_too_large_is_refused_with_the_size():
    shape = shapely.to_wkb(shapely.box(0, 0, 2, 2), hex=True)
    message = error("POLYFILL", (shape, 29))
    assert "covers about 8897812364519 cells at resolution 29" in message
    assert "use a coarser resolution, or a *_POLYFILL_TABLE procedure" in message


def test_coarse_quadints_are_shorter_so_more_of_them_fit():
    box = shapely.box(-80, 0, 80, 55)
    [cells] = polyfill((box, 11))
    assert len(cells) > 314_562  # as many as fit at zoom 29


def test_polyfill_goes_on_across_the_antimeridian():
    east = shapely.box(179, 1, 181, 2)
    west = shapely.box(-181, 1, -179, 2)
    assert polyfill((east, 8)) == polyfill((west, 8))
    assert {tile(cell)[0] for cell in polyfill((east, 8))[0]} == {0, 255}


def test_polyfill_of_nothing_and_of_null():
    assert polyfill((shapely.Point(), 4), (shapely.Polygon(), 4)) == [[], []]
    point = shapely.to_wkb(shapely.Point(1, 1), hex=True)
    for row in ((None, 4), (point, None)):
        assert "row 1: NULL argument passed to UDF" in error("POLYFILL", (point, 4), row)


def test_polyfill_with_a_zoom_for_each_row():
    shape = shapely.Point(10, 50).buffer(0.3)
    together = polyfill(*((shape, z) for z in (3, 12, 0, 7)))
    assert together == [polyfill((shape, z))[0] for z in (3, 12, 0, 7)]
    parents = {quadint(x >> 5, y >> 5, 7) for x, y, _ in map(tile, together[1])}
    assert parents == set(together[3])
