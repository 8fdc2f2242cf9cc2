"""Polyfill of the h3 module in its three modes, against every cell of the Earth tested one by one with shapely."""

import json
import math
import struct
from functools import cache

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given
from hypothesis import strategies as st

from carto_h3 import handler
from tests.unit.handler_calls import BothWays, hexewkb, respond

ASKED = BothWays(handler)

MODES = ("contains", "center", "intersects")
TRIANGLE = shapely.from_wkt(
    "POLYGON((-3.71219873428345 40.413365349070865, -3.7144088745117 40.40965661286395,"
    " -3.70659828186035 40.409525904775634, -3.71219873428345 40.413365349070865))"
)


def invoke(function, *rows):
    sent = [
        (hexewkb(shape) if isinstance(shape, shapely.Geometry) else shape, *rest)
        for shape, *rest in rows
    ]
    return respond(ASKED, f"__H3_{function}", *sent)


def polyfill(*rows):
    answer = invoke("POLYFILL", *rows)
    assert answer["success"], answer["error_msg"]
    return [
        None if text is None else [int(cell, 16) for cell in text.split(",") if cell]
        for text in answer["results"]
    ]


def modes(shape, resolution):
    """The cells of each mode, as sets: contains, center, intersects."""
    return [set(found) for found in polyfill(*((shape, resolution, mode) for mode in MODES))]


def error(*row):
    answer = invoke("POLYFILL", *row) if isinstance(row[0], tuple) else invoke("POLYFILL", row)
    assert answer["success"] is False
    return answer["error_msg"]


def drawn(cell):
    """A cell's centre and outline, unbroken at the antimeridian; a pole's cell up to the pole."""
    latitude, longitude = h3.cell_to_latlng(cell)
    ring = [(lng, lat) for lat, lng in h3.cell_to_boundary(cell)]
    for pole in (90, -90):
        if cell == h3.latlng_to_cell(pole, 0, h3.get_resolution(cell)):
            ring.sort()
            (x0, y0), (x1, y1) = ring[0], ring[-1]
            at = y1 + (y0 - y1) * (180 - x1) / (x0 + 360 - x1)
            ring = [(-180, pole), (-180, at), *ring, (180, at), (180, pole)]
            return shapely.Point(longitude, latitude), shapely.Polygon(ring)
    ring = [(x + 360 * round((longitude - x) / 360), y) for x, y in ring]
    return shapely.Point(longitude, latitude), shapely.Polygon(ring)


TURNS = (-360, 0, 360)


def turned(shape):
    """A shape with its copies a turn to the west and to the east."""
    return [shapely.transform(shape, lambda at, far=far: at + np.array((far, 0))) for far in TURNS]


@cache
def earth(resolution):
    """All cells of a resolution three times, with trees of their centres and outlines, a turn apart."""
    found = [cell for base in h3.get_res0_cells() for cell in h3.cell_to_children(base, resolution)]
    centres, outlines = (np.array(shapes) for shapes in zip(*map(drawn, found), strict=True))
    trees = [shapely.STRtree(np.concatenate(turned(shapes))) for shapes in (centres, outlines)]
    return np.tile(np.array(found), len(TURNS)), *trees


def by_looking_at_all_cells(shape, resolution):
    cells, centres, outlines = earth(resolution)
    areas = [shapely.make_valid(part) for part in parts(shape) if part.geom_type == "Polygon"]
    filled = shapely.union_all(areas)
    center = cells[centres.query(filled, "contains")]
    around = shapely.union_all(turned(filled))
    contains = np.intersect1d(center, cells[outlines.query(around, "covers")])
    touched = set(center.tolist())
    for part in parts(shape):
        vertices = shapely.get_coordinates(part).tolist()
        touched.update([h3.latlng_to_cell(y, x, resolution) for x, y in vertices])
        if part.length > 0:
            touched.update(cells[outlines.query(part, "intersects")].tolist())
    return [set(contains.tolist()), set(center.tolist()), touched]


def parts(shape):
    if hasattr(shape, "geoms"):
        return [inner for part in shape.geoms for inner in parts(part)]
    return [shape]


def star(longitude, latitude, reach, vertices, phase):
    ring = []
    for number in range(vertices):
        angle = 2 * math.pi * number / vertices
        far = reach * (1 + 0.4 * math.sin(3 * angle + phase) + 0.2 * math.sin(7 * angle))
        y = latitude + 0.7 * far * math.sin(angle)
        ring.append((longitude + far * math.cos(angle), max(-90.0, min(90.0, y))))
    return shapely.Polygon(ring)


STARS = st.builds(
    star,
    st.floats(-200, 200),
    st.floats(-85, 85),
    st.floats(0.5, 60),
    st.sampled_from([3, 4, 7, 20, 100]),
    st.floats(0, 6),
)


@given(STARS, st.integers(0, 2))
def test_polygons_anywhere_are_as_if_every_cell_was_looked_at(shape, resolution):
    if shape.is_valid:
        assert modes(shape, resolution) == by_looking_at_all_cells(shape, resolution)


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-90, 90)), min_size=2, max_size=4),
    st.integers(0, 2),
)
def test_lines_and_points_anywhere(vertices, resolution):
    line, points = shapely.LineString(vertices), shapely.MultiPoint(vertices)
    for shape in (line, points):
        contains, center, intersects = modes(shape, resolution)
        assert contains == center == set()
        assert intersects == by_looking_at_all_cells(shape, resolution)[2]


@given(STARS, st.integers(4, 6))
def test_modes_are_nested_and_agree_with_the_boundaries(shape, resolution):
    small = shapely.affinity.scale(shape, 0.02, 0.02) if shape.area > 50 else shape
    if not small.is_valid or small.area > 50 or np.abs(small.bounds)[[1, 3]].max() > 80:
        return
    contains, center, intersects = modes(small, resolution)
    assert contains <= center <= intersects
    outlines = {cell: drawn(cell) for cell in intersects}
    wrapped = shapely.union_all(turned(small))
    for cell in contains:
        assert wrapped.covers(outlines[cell][1])
    for cell in center:
        assert wrapped.intersects(outlines[cell][0])


def test_a_parent_filled_at_its_childrens_resolution():
    cell = 0x84390CBFFFFFFFF
    _, outline = drawn(cell)
    contains, center, intersects = modes(outline, 6)
    children = set(h3.cell_to_children(cell, 6))
    assert contains <= center
    assert len(center ^ children) < 0.2 * len(children)
    assert contains <= children | set().union(*(h3.grid_disk(child, 1) for child in children))
    assert h3.cell_to_center_child(cell, 6) in contains
    assert len(intersects) > len(children)


def test_a_cells_own_outline_contains_the_cell():
    for cell in (0x84390CBFFFFFFFF, h3.get_pentagons(3)[5], h3.latlng_to_cell(10, 179.9, 3)):
        _, outline = drawn(cell)
        contains, center, intersects = modes(outline, h3.get_resolution(cell))
        assert contains == center == {cell}
        assert intersects == set(h3.grid_disk(cell, 1))


def test_documented_examples():
    contains, center, intersects = modes(TRIANGLE, 9)
    assert contains == set()
    assert center == {0x89390CB1B4BFFFF}
    assert intersects == {
        0x89390CB1B4FFFFF, 0x89390CA3497FFFF, 0x89390CA34B3FFFF,
        0x89390CB1B4BFFFF, 0x89390CA3487FFFF, 0x89390CB1B5BFFFF,
    }  # fmt: skip
    large = shapely.from_wkt("POLYGON((30 10, 40 40, 20 40, 10 20, 30 10))")
    contains, center, intersects = modes(large, 4)
    named = {0x842DA29FFFFFFFF, 0x843F725FFFFFFFF, 0x843EAC1FFFFFFFF, 0x8453945FFFFFFFF}
    assert named <= center
    assert {0x843F0CBFFFFFFFF, 0x842DA01FFFFFFFF, 0x843E467FFFFFFFF} <= contains


@pytest.mark.parametrize("resolution", [0, 1, 2])
def test_the_whole_earth(resolution):
    everything = set(earth(resolution)[0].tolist())
    for west in (-180, 0, -540):
        assert modes(shapely.box(west, -90, west + 360, 90), resolution) == [everything] * 3


@pytest.mark.parametrize("latitude", [90, -90])
@pytest.mark.parametrize("resolution", [0, 2, 5, 9])
def test_poles(latitude, resolution):
    pole = h3.latlng_to_cell(latitude, 0, resolution)
    edge = 89.0 if resolution < 5 else 89.99

    cap = shapely.box(
        -180,
        min(latitude, math.copysign(edge, latitude)),
        180,
        max(latitude, math.copysign(edge, latitude)),
    )
    if resolution < 5:
        assert modes(cap, resolution) == by_looking_at_all_cells(cap, resolution)
    assert pole in modes(cap, resolution)[2]
    assert modes(shapely.Point(77, latitude), resolution)[2] == {pole}
    meridian = shapely.LineString([(50, latitude), (50, math.copysign(edge, latitude))])
    assert pole in modes(meridian, resolution)[2]


def test_antimeridian_in_its_three_ways():
    east = shapely.box(170, -5, 190, 5)
    west = shapely.box(-190, -5, -170, 5)
    halves = shapely.MultiPolygon([shapely.box(170, -5, 180, 5), shapely.box(-180, -5, -170, 5)])
    for resolution in (1, 3, 4):
        expected = modes(east, resolution)
        assert modes(west, resolution) == expected
        assert modes(halves, resolution) == expected
        assert all(expected[2])
    longer = shapely.box(-170, -5, 170, 5)
    assert not modes(east, 3)[0] & modes(longer, 3)[0]


def test_holes_and_collections():
    ring = shapely.Point(2, 42).buffer(3).difference(shapely.Point(2, 42).buffer(1.5))
    for resolution in (1, 2):
        assert modes(ring, resolution) == by_looking_at_all_cells(ring, resolution)
    mixed = shapely.GeometryCollection(
        [
            shapely.Point(100.2, 13.3),
            shapely.LineString([(-60, -20), (-55, -22), (-50, -30)]),
            shapely.MultiPolygon([shapely.Point(2, 2).buffer(4), shapely.Point(17, 2).buffer(5)]),
            shapely.GeometryCollection([shapely.MultiPoint([(5, 50), (6, -50)])]),
        ]
    )
    for resolution in (0, 1, 2):
        assert modes(mixed, resolution) == by_looking_at_all_cells(mixed, resolution)


def as_wkb(*rings):
    counted = (struct.pack("<I", len(ring)) + np.array(ring, "<f8").tobytes() for ring in rings)
    return (struct.pack("<BII", 1, 3, len(rings)) + b"".join(counted)).hex()


@pytest.mark.parametrize("mode", MODES)
def test_holes_of_too_few_corners_take_nothing_away(mode):
    square = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    holes = [[(0.2, 0.2)], [(0.2, 0.2), (0.5, 0.5)], [(0.2, 0.2), (0.2, 0.2)]]
    rows = [(as_wkb(square), 5, mode), (as_wkb(square, *holes[:1]), 5, mode)]
    rows += [(as_wkb(square, *holes), 5, mode)]
    whole, *others = (json.loads(text) for text in invoke("POLYFILL_INT", *rows)["results"])
    for found in others:
        assert set(found) >= set(whole) if mode == "intersects" else set(found) <= set(whole)
        if mode == "center":
            assert found == whole


def test_neighbouring_polygons_share_no_centre_and_contain_what_lies_across():
    left, right = shapely.box(0, 40, 1, 41), shapely.box(1, 40, 2, 41)
    both = shapely.MultiPolygon([left, right])
    whole = shapely.box(0, 40, 2, 41)
    centers = [modes(shape, 5)[1] for shape in (left, right)]
    assert not centers[0] & centers[1]
    assert centers[0] | centers[1] == modes(whole, 5)[1]
    assert modes(both, 5)[0] == modes(whole, 5)[0]


@pytest.mark.parametrize(
    "wkt",
    [
        "POINT EMPTY", "LINESTRING EMPTY", "POLYGON EMPTY", "MULTIPOLYGON EMPTY",
        "GEOMETRYCOLLECTION EMPTY", "GEOMETRYCOLLECTION(POINT EMPTY, POLYGON EMPTY)",
    ],
)  # fmt: skip
def test_empty_geometries_have_no_cells(wkt):
    assert modes(shapely.from_wkt(wkt), 5) == [set()] * 3


@pytest.mark.parametrize(
    "wkt",
    [
        "LINESTRING(-3.7 40.4, -3.7 40.4)",
        "POLYGON((-3.7 40.4, -3.7 40.4, -3.7 40.4, -3.7 40.4))",
        "MULTIPOINT((-3.7 40.4), (-3.7 40.4))",
        "POINT Z (-3.7 40.4 650)",
    ],
)
def test_geometries_without_length_have_the_cell_of_their_point(wkt):
    contains, center, intersects = modes(shapely.from_wkt(wkt), 12)
    assert contains == center == set()
    assert intersects == {h3.latlng_to_cell(40.4, -3.7, 12)}


def test_polygons_without_area_are_their_lines():
    flat = shapely.from_wkt("POLYGON((-3.7 40.4, -3.6 40.4, -3.5 40.4, -3.7 40.4))")
    contains, center, intersects = modes(flat, 7)
    assert contains == center == set()
    assert intersects == modes(shapely.from_wkt("LINESTRING(-3.7 40.4, -3.5 40.4)"), 7)[2]


def test_bow_ties_are_filled_by_the_even_odd_rule():
    bow = shapely.from_wkt("POLYGON((0 40, 2 42, 2 40, 0 42, 0 40))")
    contains, center, intersects = modes(bow, 5)
    assert contains < center < intersects
    halves = shapely.make_valid(bow)
    assert modes(halves, 5)[1] == center


def test_point_cells_are_those_of_fromlonglat():
    places = [(-3.7038, 40.4168), (180, 0), (-180, 0), (190, 10), (12.5, 90), (0, -90)]
    for resolution in range(16):
        for x, y in places:
            found = modes(shapely.Point(x, y), resolution)[2]
            assert found == {h3.latlng_to_cell(y, x, resolution)}


def test_numbers_are_the_same_cells():
    rows = [(TRIANGLE, 11, mode) for mode in MODES]
    answer = invoke("POLYFILL_INT", *rows)
    assert [json.loads(text) for text in answer["results"]] == polyfill(*rows)


def test_nulls_are_null():
    row = (TRIANGLE, 9, "center")
    rows = [(None, 9, "center"), (TRIANGLE, None, "center"), (TRIANGLE, 9, None), row]
    assert polyfill(*rows) == [None, None, None, polyfill(row)[0]]


def test_rows_do_not_mix():
    shapes = [
        TRIANGLE,
        shapely.Point(0, 0),
        shapely.box(178, 60, 183, 62),
        shapely.LineString([(0, 0), (1, 1)]),
    ]
    rows = [(shape, z, mode) for shape in shapes for z in (3, 5) for mode in ("CENTER", *MODES)]
    assert polyfill(*rows) == [polyfill(row)[0] for row in rows]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((TRIANGLE, 9, "centre"), "Invalid mode: should be center, intersects or contains"),
        ((TRIANGLE, 9, ""), "Invalid mode: should be"),
        ((TRIANGLE, 16, "center"), "Invalid resolution: should be between 0 and 15"),
        ((TRIANGLE, -1, "center"), "Invalid resolution: should be between 0 and 15"),
        (("0102", 3, "center"), "Invalid geometry"),
        (("madrid", 3, "center"), "Invalid geometry"),
        ((shapely.Point(500000, 4500000), 3, "intersects"), "(500000 4500000) is not in degrees"),
        ((shapely.Point(0, 91), 3, "center"), "(0 91) is not in degrees"),
        ((shapely.set_srid(TRIANGLE, 3857), 3, "center"), "Invalid geometry"),
    ],
)
def test_bad_rows_are_refused(row, message):
    if isinstance(row[0], shapely.Geometry) and shapely.get_srid(row[0]):
        row = (shapely.to_wkb(row[0], hex=True, include_srid=True), *row[1:])
    found = error((TRIANGLE, 9, "center"), row)
    assert "Error processing row 1: " in found
    assert message in found


@pytest.mark.parametrize("mode", MODES)
def test_what_does_not_fit_is_refused_at_once(mode):
    country = shapely.box(-9, 36, 3, 43)
    message = error(country, 12, mode)
    assert "row 0: the geometry covers about" in message
    assert "cells at resolution 12, more than one response of Lambda (6 MB) holds" in message
    assert "MAX_BATCH_ROWS" in error(*[(country, 7, mode)] * 8)


def test_long_lines_are_refused_at_once():
    line = shapely.LineString([(-180, 0), (180, 0)])
    assert "the geometry covers about" in error(line, 12, "intersects")
    assert polyfill((line, 12, "center")) == [[]]


@pytest.mark.thorough
def test_a_long_line_touches_what_its_pieces_touch():
    """So many cells are looked at in several goes."""
    vertices = [(-3 + 0.02 * step, 40 + 0.2 * math.sin(step)) for step in range(500)]
    whole, *halves = polyfill(
        *(
            (shapely.LineString(piece), 8, "intersects")
            for piece in (vertices, vertices[:251], vertices[250:])
        )
    )
    assert len(whole) > 9000
    assert set(whole) == set(halves[0]) | set(halves[1])


def below(shape, resolution, mode, parent):
    answer = invoke("POLYFILL_BELOW", (shape, resolution, mode, parent))
    assert answer["success"], answer["error_msg"]
    return json.loads(answer["results"][0])


@given(
    st.floats(-179, 179),
    st.floats(-84, 84),
    st.sampled_from((5, 7, 9)),
    st.sampled_from((0.7, 2, 5)),
    st.integers(3, 9),
)
def test_small_polygons_have_the_cells_of_the_library(x, y, resolution, size, corners):
    """Where they are small, straight edges and the sphere's are the same but for a cell now and then."""
    reach = size * h3.average_hexagon_edge_length(resolution, "km") / 111
    angles = np.arange(corners) * 2 * math.pi / corners
    wide = reach / math.cos(math.radians(y))
    ring = [(x + wide * math.cos(a), y + reach * math.sin(a)) for a in angles.tolist()]
    contains, center, intersects = modes(shapely.Polygon(ring), resolution)
    assert contains <= center <= intersects
    outline = h3.LatLngPoly([(b, a) for a, b in ring])
    assert center == set(h3.h3shape_to_cells(outline, resolution))
    overlap = set(h3.h3shape_to_cells_experimental(outline, resolution, "overlap"))
    inside = set(h3.h3shape_to_cells_experimental(outline, resolution, "full"))
    assert len(intersects ^ overlap) <= 1
    assert len(contains ^ inside) <= 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    "shape",
    [
        shapely.Point(-60, -10).buffer(4, 3),
        shapely.box(176, -5, 184, 3),
        shapely.Point(10, 86).buffer(9, 4).intersection(shapely.box(-180, -90, 180, 90)),
        shapely.Polygon([(-180, -90), (-180, -83), (0, -85), (180, -83), (180, -90)]),
        shapely.from_wkt("LINESTRING(-10 50, 30 64, 30 65)"),
        shapely.GeometryCollection([shapely.Point(58.3, 2.3), shapely.box(10, 58, 12, 59)]),
    ],
)
def test_what_is_below_all_parents_is_the_whole(shape):
    for mode in MODES:
        (whole,) = polyfill((shape, 4, mode))
        assert sorted(below(shape, 4, mode, 0)) == whole
        parents = below(shape, 2, "near", 0)
        parts = [below(shape, 4, mode, parent) for parent in parents]
        assert sorted(cell for part in parts for cell in part) == whole


def test_parents_are_checked():
    call = ("POLYFILL_BELOW", (TRIANGLE, 3, "center", 12))
    assert "Invalid parent" in invoke(*call)["error_msg"]
    finer = h3.latlng_to_cell(0, 0, 4)
    call = ("POLYFILL_BELOW", (TRIANGLE, 3, "center", finer))
    assert "Invalid parent" in invoke(*call)["error_msg"]
    assert "Invalid mode" in invoke("POLYFILL_INT", (TRIANGLE, 3, "near"))["error_msg"]
