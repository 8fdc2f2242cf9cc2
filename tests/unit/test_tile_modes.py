"""Polyfill in its modes on the tile grids, whole and below parents, against shapely on the Mercator plane."""

import json
import math

import mercantile
import numpy as np
import pytest
import quadbin
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

import carto_quadbin
import carto_quadkey
from carto_at_runtime.tiles.mercator import project
from tests.unit.handler_calls import answer, hexewkb, refusal

Z = 7
MODES = ("contains", "center", "intersects")
WHOLE = {"QUADBIN": 0, "QUADINT": -1}
HANDLERS = {"QUADBIN": carto_quadbin.handler, "QUADINT": carto_quadkey.handler}


def tiles(name, cells):
    """Cells as (x, y)."""
    if name == "QUADBIN":
        return {quadbin.cell_to_tile(cell)[:2] for cell in cells}
    return {(cell >> 5 & (1 << Z) - 1, cell >> (5 + Z)) for cell in cells}


def cell_of(name, x, y, z):
    return quadbin.tile_to_cell((x, y, z)) if name == "QUADBIN" else y << (z + 5) | x << 5 | z


def polyfill(name, shape, mode, z=Z, parent=None):
    rows = [hexewkb(shape), z, mode]
    call = f"__{name}_POLYFILL_MODE"
    if parent is not None:
        rows, call = [*rows, parent], f"__{name}_POLYFILL_BELOW"
    ((found),) = answer(HANDLERS[name], call, rows)
    return json.loads(found)


def on_grid(shape):
    """The shape in tiles of resolution Z, x east and y south."""
    return shapely.transform(
        shape, lambda at: np.stack(project(at[:, 0], at[:, 1], np.full(len(at), Z)), axis=1)
    )


def expected(shape, mode):
    """Every tile of the shape's box, looked at by shapely."""
    drawn = on_grid(shape)
    west, north, east, south = map(math.floor, drawn.bounds)
    found = set()
    for x in range(west, east + 1):
        for y in range(north, south + 1):
            tile = shapely.box(x, y, x + 1, y + 1)
            hit = {
                "intersects": drawn.intersects(tile),
                "center": drawn.contains(shapely.Point(x + 0.5, y + 0.5)),
                "contains": drawn.covers(tile),
            }[mode]
            if hit:
                found.add((x % 2**Z, y))
    return found


@st.composite
def areas(draw):
    """Polygons, some with a hole or across the antimeridian, with no vertex on a border of tiles."""
    x, y = (draw(st.integers(low, 69)) + 0.01234 for low in (-175, -69))
    turns = sorted(draw(st.sets(st.integers(0, 359), min_size=3, max_size=9)))
    x += draw(st.sampled_from((0, 115.9)))
    far = [draw(st.integers(20, 120)) / 9.87 for _ in turns]
    ring = [
        (x + r * np.cos(np.radians(t)), y + r * np.sin(np.radians(t)))
        for t, r in zip(turns, far, strict=True)
    ]
    shape = shapely.Polygon(ring)
    hole = shapely.box(x - 1, y - 1, x + 1, y + 0.7)
    return shape.difference(hole) if shape.is_valid and shape.contains(hole) else shape


@pytest.mark.parametrize("name", HANDLERS)
@given(areas())
def test_modes_are_what_shapely_finds_tile_by_tile(name, shape):
    if not shape.is_valid or shape.area < 0.01:
        return
    found = [tiles(name, polyfill(name, shape, mode)) for mode in MODES]
    assert found == [expected(shape, mode) for mode in MODES]
    assert found[0] <= found[1] <= found[2]


@pytest.mark.parametrize("name", HANDLERS)
@pytest.mark.parametrize("mode", MODES)
@given(areas())
@example(shapely.box(170, -20, 190, 20))
def test_what_is_below_all_parents_is_the_whole(name, mode, shape):
    if not shape.is_valid:
        return
    whole = polyfill(name, shape, mode)
    assert sorted(polyfill(name, shape, mode, parent=WHOLE[name])) == sorted(whole)
    coarse = polyfill(name, shape, "intersects", z=Z - 3)
    parts = [polyfill(name, shape, mode, parent=parent) for parent in coarse]
    assert sorted(cell for part in parts for cell in part) == sorted(whole)


@pytest.mark.parametrize("name", HANDLERS)
def test_a_tile_contains_all_of_its_descendants(name):
    """Edges along the borders of tiles do not pass through them."""
    for x, y in ((3, 5), (0, 0), (15, 15)):
        bounds = mercantile.bounds(x, y, 4)
        found = tiles(name, polyfill(name, shapely.box(*bounds), "contains"))
        children = {(8 * x + i, 8 * y + j) for i in range(8) for j in range(8)}
        assert found <= children
        # Rounding of degrees may move an edge across the outermost line of tiles.
        assert {(8 * x + i, 8 * y + j) for i in range(1, 7) for j in range(1, 7)} <= found


@pytest.mark.parametrize("name", HANDLERS)
def test_points_and_lines_have_no_cells_but_where_they_are(name):
    shape = shapely.from_wkt("GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(2 2, 9 9))")
    assert polyfill(name, shape, "center") == polyfill(name, shape, "contains") == []
    assert polyfill(name, shape, "INTERSECTS")
    assert polyfill(name, shapely.from_wkt("POLYGON EMPTY"), "intersects") == []


@pytest.mark.parametrize("name", HANDLERS)
def test_neighbours_share_every_tile_once_by_their_centres(name):
    shapes = [shapely.box(-10 + 3.7 * i, 3, -6.3 + 3.7 * i, 21) for i in range(5)]
    parts = [polyfill(name, shape, "center") for shape in shapes]
    whole = polyfill(name, shapely.union_all(shapes), "center")
    assert sorted(cell for part in parts for cell in part) == sorted(whole)


@pytest.mark.parametrize("name", HANDLERS)
def test_modes_and_parents_are_checked(name):
    handler, box = HANDLERS[name], hexewkb(shapely.box(0, 0, 1, 1))
    assert "Invalid mode" in refusal(handler, f"__{name}_POLYFILL_MODE", [box, 3, "within"])
    below = f"__{name}_POLYFILL_BELOW"
    assert "Invalid parent" in refusal(handler, below, [box, 3, "center", 7 << 60])
    assert "Invalid parent" in refusal(handler, below, [box, 3, "center", cell_of(name, 0, 0, 4)])
