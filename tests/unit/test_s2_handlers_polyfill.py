"""S2_POLYFILL: against a definition by points, by shapely and by cells with densely drawn sides."""

from __future__ import annotations

import math
import random

import pytest
import s2sphere
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from carto_at_runtime import ResponseTooLargeError
from carto_at_runtime.wkb import read_geometries
from carto_s2.polyfill import Wish, polyfill
from tests.unit.s2_calls import arrays, cell_at, cell_id, error, signed


def hex_of(shape):
    return shapely.to_wkb(shape, hex=True, include_srid=True)


def fill(shape, level):
    (found,) = arrays("__S2_POLYFILL", (hex_of(shape), level))
    assert len(found) == len(set(found))
    assert [cell % 2**64 for cell in found] == sorted(cell % 2**64 for cell in found)
    return set(found)


def drawn(cell, points_a_side=48):
    """A cell as a polygon on the plane, its sides drawn densely."""
    corners = [s2sphere.Cell(cell).get_vertex(place) for place in range(4)]
    ring = []
    for place, corner in enumerate(corners):
        following = corners[(place + 1) % 4]
        for step in range(points_a_side):
            part = step / points_a_side
            point = s2sphere.LatLng.from_point(corner * (1 - part) + following * part)
            ring.append((point.lng().degrees, point.lat().degrees))
    return Polygon(ring)


def cells_around(shape, level):
    west, south, east, north = shape.bounds
    coverer = s2sphere.RegionCoverer()
    coverer.min_level = coverer.max_level = level
    low = s2sphere.LatLng.from_degrees(south, west)
    high = s2sphere.LatLng.from_degrees(north, east)
    return coverer.get_covering(s2sphere.LatLngRect(low, high))


def irregular(dice, x, y, radius):
    count = dice.randint(3, 10)
    turns = [2 * math.pi * number / count for number in range(count)]
    reach = [radius * dice.uniform(0.2, 1) for _ in turns]
    return [
        (x + r * math.cos(turn), y + r * math.sin(turn))
        for r, turn in zip(reach, turns, strict=True)
    ]


@pytest.mark.parametrize("level", [4, 8, 13, 18])
@pytest.mark.parametrize("kind", [Polygon, LineString])
def test_the_cells_are_those_that_intersect(kind, level):
    dice = random.Random(level)  # noqa: S311 (test data)
    for _ in range(3):
        radius = dice.uniform(0.5, 4) * 60 / 2**level
        shape = kind(irregular(dice, dice.uniform(-60, 60), dice.uniform(-50, 50), radius))
        expected = {
            signed(cell.id())
            for cell in cells_around(shape, level)
            if shape.is_valid and drawn(cell).intersects(shape)
        }
        assert fill(shape, level) == expected


@given(
    st.floats(-175, 165), st.floats(-88, 80), st.floats(0.01, 10), st.floats(0, 1), st.floats(0, 1)
)
def test_every_point_of_a_polygon_is_in_a_cell(x, y, size, across, up):
    cells = fill(box(x, y, x + size, y + 0.8 * size), 6)
    assert cell_at(x + size * across, y + 0.8 * size * up, 6) in cells


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 30))
def test_a_point_has_the_cell_of_fromlonglat(x, y, level):
    assert fill(Point(x, y), level) == {cell_at(x, y, level)}


def test_the_whole_world():
    for level in (0, 1, 3):
        assert len(fill(box(-180, -90, 180, 90), level)) == 6 * 4**level


@pytest.mark.parametrize(("south", "north"), [(80, 90), (-90, -80)])
def test_polar_caps_are_filled(south, north):
    cap = fill(box(-180, south, 180, north), 5)
    dice = random.Random(1)  # noqa: S311 (test data)
    inside = {cell_at(dice.uniform(-180, 180), dice.uniform(south, north), 5) for _ in range(2000)}
    assert inside <= cap
    assert all(
        drawn(cell_id(cell), 8).bounds[1 if south < 0 else 3] * (1 if south > 0 else -1) > 79.9
        for cell in cap
    )


def test_polygons_over_the_antimeridian_in_longitudes_beyond_180():
    east = fill(box(175, -5, 185, 5), 6)
    assert east == fill(box(-185, -5, -175, 5), 6)
    assert {cell_at(179.9, 0.1, 6), cell_at(-179.9, 0.1, 6)} <= east
    assert cell_at(0, 0, 6) not in east


def test_a_corner_of_the_cube_is_crossed():
    x, y = 45, math.degrees(math.asin(math.sqrt(1 / 3)))
    cells = fill(Point(x, y).buffer(0.3), 8)
    assert {cell_id(cell).face() for cell in cells} == {0, 1, 2}
    assert {cell_at(x + dx, y + dy, 8) for dx in (-0.2, 0.2) for dy in (-0.2, 0.2)} <= cells


def test_holes_are_left_out_and_islands_are_not():
    outer, hole, island = (Point(10, 40).buffer(size) for size in (5, 3, 1))
    shape = MultiPolygon([Polygon(outer.exterior, [hole.exterior]), island])
    cells = fill(shape, 8)
    assert cell_at(10, 40, 8) in cells
    assert cell_at(14, 40, 8) in cells
    assert cell_at(12, 40, 8) not in cells
    assert cells == fill(Polygon(outer.exterior, [hole.exterior]), 8) | fill(island, 8)


def test_overlapping_polygons_are_both_filled():
    one, other = box(0, 0, 4, 4), box(2, 2, 6, 6)
    assert fill(MultiPolygon([one, other]), 7) == fill(one, 7) | fill(other, 7)


def test_a_collection_has_the_cells_of_its_members():
    members = [box(0, 0, 1, 1), LineString([(5, 5), (6, 7)]), MultiPoint([(9, 9), (20, -20)])]
    assert fill(GeometryCollection(members), 9) == set().union(*(fill(m, 9) for m in members))


@pytest.mark.parametrize(
    "shape", [Polygon(), Point(), GeometryCollection(), LineString(), MultiPolygon()]
)
def test_empty_geometries_have_no_cells(shape):
    assert fill(shape, 9) == set()


@pytest.mark.parametrize(
    "shape", [LineString([(3, 4), (3, 4)]), Polygon([(3, 4), (3, 4), (3, 4), (3, 4)])]
)
def test_degenerate_geometries_have_the_cell_of_their_place(shape):
    assert fill(shape, 20) == {cell_at(3, 4, 20)}


def test_a_polygon_inside_a_cell_has_that_cell():
    assert fill(box(10.0001, 10.0001, 10.0002, 10.0002), 5) == {cell_at(10.0001, 10.0001, 5)}


@given(st.floats(-170, 160), st.floats(-85, 70), st.floats(0.1, 10), st.integers(3, 7))
def test_coarser_cells_are_parents_of_finer_ones(x, y, size, level):
    shape = box(x, y, x + size, y + size)
    finer = {signed(cell_id(cell).parent(level).id()) for cell in fill(shape, level + 1)}
    assert finer == fill(shape, level)


def test_rows_of_a_batch_do_not_mix():
    shapes = [box(0, 0, 1, 1), Point(5, 5), Polygon(), LineString([(0, 0), (3, 1)])]
    rows = [(hex_of(shape), 7 + number) for number, shape in enumerate(shapes)]
    assert arrays("__S2_POLYFILL", *rows) == [arrays("__S2_POLYFILL", row)[0] for row in rows]


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Point(0, 91), "a latitude is not between -90 and 90"),
        (box(-600, 0, -590, 1), "its longitudes are not in degrees"),
        (box(-200, 0, 200, 1), "its longitudes are not in degrees, or span more than 360"),
    ],
)
def test_coordinates_that_are_not_degrees_are_errors(shape, reason):
    message = error("__S2_POLYFILL", (hex_of(Point(0, 0)), 4), (hex_of(shape), 4))
    assert "Error processing row 1: Invalid geometry" in message
    assert reason in message


def test_other_reference_systems_and_texts_are_errors():
    shape = shapely.set_srid(Point(0, 0), 3857)
    assert "its SRID is 3857, not 4326" in error("__S2_POLYFILL", (hex_of(shape), 4))
    assert "is not hexadecimal" in error("__S2_POLYFILL", ("POINT(0 0)", 4))


@pytest.mark.parametrize("level", [-1, 31])
def test_resolutions_out_of_range_are_errors(level):
    message = error("__S2_POLYFILL", (hex_of(Point(0, 0)), level))
    assert f"Resolution must be between 0 and 30, got {level}" in message


@pytest.mark.parametrize(
    ("shape", "level"),
    [
        (box(0, 0, 10, 10), 30),
        (box(0, 0, 10, 10), 13),
        (LineString([(0, 0), (1, 1)]), 26),
        (box(-180, -90, 180, 90), 12),
        (MultiPolygon([box(x, 0, x + 0.1, 0.1) for x in range(4)]), 19),
    ],
)
def test_what_does_not_fit_into_a_response_is_refused(shape, level):
    message = error("__S2_POLYFILL", (hex_of(Point(0, 0)), level), (hex_of(shape), level))
    assert "Error processing row 1: the geometry has" in message
    assert f"cells at resolution {level}, but one response of Lambda (6 MB) holds" in message


def test_a_batch_that_does_not_fit_says_how_many_rows_do():
    shapes = read_geometries([hex_of(box(0, 0, 3, 3))] * 16)
    with pytest.raises(ResponseTooLargeError, match="MAX_BATCH_ROWS"):
        polyfill(shapes, [Wish(12)] * 16)


def fill_mode(shape, level, mode, parent=None):
    call = ["__S2_POLYFILL_MODE", (hex_of(shape), level, mode)]
    if parent is not None:
        call = ["__S2_POLYFILL_BELOW", (hex_of(shape), level, mode, parent)]
    (found,) = arrays(*call)
    assert len(found) == len(set(found))
    return set(found)


MODES = ("contains", "center", "intersects")


@given(
    st.floats(-178, 178),
    st.floats(-78, 78),
    st.sampled_from((0.5, 2, 6)),
    st.sampled_from((Point(0, 0).buffer(1, 3), box(-1, -0.4, 0.8, 1))),
)
def test_modes_are_nested_and_split_among_parents(x, y, size, template):
    shape = shapely.transform(template, lambda at: at * size + (x, y))
    level = 7
    found = [fill_mode(shape, level, mode) for mode in MODES]
    assert found[0] <= found[1] <= found[2] == fill(shape, level)
    centres = {cell: s2sphere.CellId(cell % 2**64).to_lat_lng() for cell in found[2]}
    inside = {
        cell
        for cell, at in centres.items()
        if any(
            shape.contains(Point(at.lng().degrees + turn, at.lat().degrees))
            for turn in (-360, 0, 360)
        )
    }
    assert found[1] == inside
    outline = fill(shape.exterior, level)
    assert found[0] == found[2] - outline
    parents = fill(shape, level - 3)
    for mode, whole in zip(MODES, found, strict=True):
        assert fill_mode(shape, level, mode, 0) == whole
        parts = [fill_mode(shape, level, mode, parent) for parent in parents]
        assert sum(map(len, parts)) == len(whole)
        assert set().union(*parts) == whole


def test_points_and_lines_are_filled_in_the_mode_intersects_only():
    shape = GeometryCollection([Point(3, 3), LineString([(0, 0), (2, 1)])])
    assert fill_mode(shape, 9, "center") == fill_mode(shape, 9, "contains") == set()
    assert fill_mode(shape, 9, "INTERSECTS") == fill(shape, 9)


def test_modes_and_parents_are_checked():
    shape = hex_of(box(0, 0, 1, 1))
    assert "Invalid mode" in error("__S2_POLYFILL_MODE", (shape, 3, "within"))
    assert "Invalid parent" in error("__S2_POLYFILL_BELOW", (shape, 3, "center", -1))
    finer = cell_at(0.5, 0.5, 4)
    assert "Invalid parent" in error("__S2_POLYFILL_BELOW", (shape, 3, "center", finer))
