"""Triangulations and diagrams: geometry that has to hold for any points, scipy's answers, and the fixed bugs."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Delaunay, Voronoi

from carto_processing import handler
from carto_processing.flips import repaired
from tests.unit.handler_calls import answer, hexewkb, multipoint, refusal

NOT_A_MULTIPOINT = "Invalid operation: Input points parameter must be MultiPoint."
FUNCTIONS = ["__DELAUNAYLINES", "__DELAUNAYPOLYGONS", "__VORONOILINES", "__VORONOIPOLYGONS"]
GRID = st.tuples(st.integers(-8, 8), st.integers(-8, 8))
REAL = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


def geometry(text):
    return shapely.from_geojson(text)


def draw(function, points, bbox=None):
    """The GeoJSON of one row as a shapely geometry."""
    extra = () if "DELAUNAY" in function else ("" if bbox is None else json.dumps(bbox),)
    (text,) = answer(handler, function, (multipoint(points), *extra))
    return geometry(text)


def random_points(seed, count, *, flat=1.0):
    return np.random.default_rng(seed).random((count, 2)) * [60, 40 * flat] - [30, 20]


def lines_of(shape):
    """The coordinates of each line."""
    return [shapely.get_coordinates(part) for part in shapely.get_parts(shape)]


def default_box(points):
    (west, south), (east, north) = np.min(points, axis=0), np.max(points, axis=0)
    margin = min(side for side in (east - west, north - south) if side > 0) / 2
    return [west - margin, south - margin, east + margin, north + margin]


# --- Delaunay ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_triangles_are_those_of_scipy(seed):
    points = np.round(random_points(seed, 80), 10)
    found = {frozenset(map(tuple, ring[:3])) for ring in lines_of(draw(FUNCTIONS[1], points))}
    expected = {frozenset(map(tuple, points[one])) for one in Delaunay(points).simplices}
    assert found == expected


@pytest.mark.parametrize("seed", range(3))
def test_lines_are_the_outlines_of_the_triangles(seed):
    points = random_points(seed, 30)
    lines, polygons = draw(FUNCTIONS[0], points), draw(FUNCTIONS[1], points)
    assert lines.geom_type == "MultiLineString"
    assert np.array_equal(lines_of(lines), lines_of(polygons))


@given(st.lists(st.one_of(GRID, REAL), min_size=3, max_size=30))
def test_triangles_fill_the_hull_and_circles_are_empty(points):
    points = np.unique(np.round(np.array(points, float), 10) + 0.0, axis=0)
    triangles = draw(FUNCTIONS[1], points)
    hull = shapely.convex_hull(shapely.MultiPoint(points))
    assert shapely.area(triangles) == pytest.approx(shapely.area(hull), rel=1e-6, abs=1e-12)
    for ring in lines_of(triangles):
        assert shapely.is_ccw(shapely.LinearRing(ring))
        assert not any(_inside_circle(ring[:3], point) for point in points)


def _inside_circle(corners, point):
    """The in-circle determinant, with room for rounding."""
    rows = corners - point
    lifted = np.column_stack((rows, (rows**2).sum(axis=1)))
    return np.linalg.det(lifted) > 1e-7 * np.abs(lifted).max() ** 3


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(1, 2)],
        [(1, 2), (3, 4)],
        [(1, 2), (3, 4), (1, 2), (3, 4)],
        [(0, 0), (1, 1), (2, 2), (5, 5)],
        [(3, 0), (3, 1), (3, 7)],
    ],
)
@pytest.mark.parametrize("function", FUNCTIONS[:2])
def test_delaunay_of_few_or_collinear_points_is_empty(function, points):
    shape = draw(function, points)
    assert shape.is_empty
    assert shape.geom_type == ("MultiPolygon" if "POLYGON" in function else "MultiLineString")


def test_equal_points_count_once():
    points = random_points(7, 20).tolist()
    for function in FUNCTIONS:
        assert shapely.equals(draw(function, points), draw(function, points + points[::2]))


# --- Voronoi ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.one_of(GRID, REAL), min_size=2, max_size=30))
def test_cells_fill_the_box_and_hold_their_points(points):
    points = list(dict.fromkeys(map(tuple, np.round(np.array(points, float), 10) + 0.0)))
    if len(points) < 2:
        return
    box = shapely.box(*default_box(points))
    cells = shapely.get_parts(draw(FUNCTIONS[3], points))
    assert len(cells) == len(points)
    assert shapely.area(cells).sum() == pytest.approx(shapely.area(box), rel=1e-6)
    for cell, point in zip(cells, points, strict=True):
        assert shapely.distance(cell, shapely.Point(point)) < 1e-7
        for corner in shapely.get_coordinates(cell):
            distances = np.hypot(*(np.array(points) - corner).T)
            own = np.hypot(*(np.array(point) - corner))
            assert own <= distances.min() + 1e-6 * (1 + own)


@given(st.lists(st.one_of(GRID, REAL), min_size=2, max_size=30))
def test_lines_are_what_lies_between_the_cells(points):
    points = list(dict.fromkeys(map(tuple, np.round(np.array(points, float), 10) + 0.0)))
    if len(points) < 2:
        return
    box = default_box(points)
    outlines = shapely.length(draw(FUNCTIONS[3], points)) - 2 * (box[2] - box[0] + box[3] - box[1])
    length = shapely.length(draw(FUNCTIONS[2], points))
    assert length == pytest.approx(outlines / 2, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_inner_lines_are_those_of_scipy(seed):
    points = np.round(random_points(seed, 60), 10)
    box = [-1e4, -1e4, 1e4, 1e4]
    found = {_ends(line) for line in lines_of(draw(FUNCTIONS[2], points, box))}
    diagram = Voronoi(points)
    ridges = [ridge for ridge in diagram.ridge_vertices if -1 not in ridge]
    inside = [np.abs(diagram.vertices[ridge]).max() < 1e4 for ridge in ridges]
    expected = {
        _ends(diagram.vertices[ridge]) for ridge, kept in zip(ridges, inside, strict=True) if kept
    }
    assert len(expected) > 100
    assert expected <= found
    assert len(found) == len(diagram.ridge_vertices)


def _ends(line):
    return frozenset(map(tuple, np.round(line, 5) + 0.0))


def test_voronoi_lines_across_the_whole_box_are_not_dropped():
    """The reference drops a segment whose ends are both outside the rectangle, although its middle is inside."""
    points = [(0, 0), (2, 0), (0.5, 40), (1.5, -40)]
    lines = draw(FUNCTIONS[2], points[:2], [-1, -1, 3, 1])
    assert lines_of(lines)[0].tolist() == [[1, -1], [1, 1]]
    wide = draw(FUNCTIONS[2], [(-9, 0), (9, 0), (0, 300), (0, -300)], [-10, -300, 10, 300])
    clipped = shapely.clip_by_rect(wide, -10, -5, 10, 5)
    assert shapely.length(clipped) == pytest.approx(10)


@pytest.mark.parametrize("function", FUNCTIONS[2:])
def test_voronoi_keeps_to_the_box(function):
    points = random_points(3, 40)
    box = [-31, -21, 31, 21]
    shape = draw(function, points, box)
    assert shapely.covers(shapely.buffer(shapely.box(*box), 1e-9), shape)


def test_points_on_one_line_have_parallel_lines():
    lines = draw(FUNCTIONS[2], [(0, 0), (4, 0), (1, 0)])
    assert sorted(line[0][0] for line in lines_of(lines)) == [0.5, 2.5]
    assert shapely.get_num_geometries(draw(FUNCTIONS[3], [(0, 0), (4, 0), (1, 0)])) == 3


def test_default_box_has_a_margin_of_half_the_shorter_side():
    cells = draw(FUNCTIONS[3], [(0, 0), (10, 4)])
    assert shapely.bounds(cells).tolist() == [-2, -2, 12, 6]
    flat = draw(FUNCTIONS[3], [(0, 0), (10, 0)])
    assert shapely.bounds(flat).tolist() == [-5, -5, 15, 5]


@pytest.mark.parametrize("function", FUNCTIONS[2:])
def test_voronoi_of_one_point(function):
    assert draw(function, []).is_empty
    assert draw(function, [(1, 1), (1, 1)]).is_empty
    assert draw(function, [], [0, 0, 4, 2]).is_empty
    alone = draw(function, [(1, 1), (1, 1)], [0, 0, 4, 2])
    assert shapely.area(alone) == (8 if "POLYGON" in function else 0)


@pytest.mark.parametrize("box", [[0, 0, 1], [0, 0, 1, 1, 1], {"a": 1}, "text", None, 7])
@pytest.mark.parametrize("function", FUNCTIONS[2:])
def test_box_of_another_length_gives_null(function, box):
    row = (multipoint([(0, 0), (1, 1)]), json.dumps(box))
    assert answer(handler, function, row, (row[0], ""))[0] is None


@pytest.mark.parametrize(
    "box", [[0, 0, "1", 1], [0, 0, None, 1], [0, 0, True, 1], [1, 0, 0, 1], [0, 0, 1, 0]]
)
def test_box_that_is_no_rectangle_is_an_error(box):
    message = refusal(handler, FUNCTIONS[2], (multipoint([(0, 0)]), json.dumps(box)))
    assert "Error processing row 0: Invalid bounding box: " in message


@pytest.mark.parametrize("function", FUNCTIONS[2:])
def test_points_outside_the_box_are_an_error(function):
    good = (multipoint([(0, 0), (1, 1)]), "[0,0,1,1]")
    message = refusal(handler, function, good, (good[0], "[0,0,1,0.5]"))
    assert (
        "Error processing row 1: Invalid operation: Points should be within the bounding box supplied "
        "[0.0, 0.0, 1.0, 0.5]"
    ) in message


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("wkt", ["POINT(0 0)", "POLYGON((0 0,1 0,1 1,0 0))", "LINESTRING EMPTY"])
def test_only_multipoints_are_taken(function, wkt):
    extra = () if "DELAUNAY" in function else ("",)
    rows = [(multipoint([(0, 0), (1, 1)]), *extra), (hexewkb(wkt), *extra)]
    assert f"Error processing row 1: {NOT_A_MULTIPOINT}" in refusal(handler, function, *rows)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nulls_are_null_and_rows_do_not_depend_on_each_other(function):
    extra = () if "DELAUNAY" in function else ("",)
    texts = [multipoint(random_points(seed, 3 + seed)) for seed in range(6)]
    rows = [(text, *extra) for text in texts]
    together = answer(handler, function, *rows[:3], (None, *extra), *rows[3:])
    assert together[3] is None
    assert [one for one in together if one] == [answer(handler, function, row)[0] for row in rows]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_z_and_reference_system_change_nothing(function):
    extra = () if "DELAUNAY" in function else ("",)
    flat = "MULTIPOINT((0 0),(5 1),(3 7),(1 2))"
    high = "MULTIPOINT Z((0 0 9),(5 1 8),(3 7 7),(1 2 6))"
    rows = [(hexewkb(flat), *extra), (hexewkb(high, srid=25830), *extra)]
    one, other = answer(handler, function, *rows)
    assert one == other


@pytest.mark.parametrize("function", FUNCTIONS)
def test_coordinates_have_at_most_ten_decimals(function):
    shape = draw(function, random_points(5, 12) / 7)
    coordinates = shapely.get_coordinates(shape)
    assert np.array_equal(coordinates, np.round(coordinates, 10))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_large_coordinates_are_kept_exactly(function):
    points = [(4649776.22, 5e6 + 1 / 3), (4650000.1, 5000000.7), (4649000.9, 5001000.3)]
    shape = draw(function, points)
    if "DELAUNAY" in function:
        assert set(map(tuple, shapely.get_coordinates(shape))) == set(points)
    assert not shape.is_empty


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("close", [1e-10, 1e-9, 1e-7])
def test_very_close_points_are_no_problem(function, close):
    seed = np.random.default_rng(1)
    points = np.concatenate(
        [random_points(4, 20), [170, 80] + close * seed.integers(0, 9, (20, 2))]
    )
    assert not draw(function, points).is_empty


# --- where rounding decides -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("corners", [4, 6, 7, 12, 30])
@pytest.mark.parametrize(("scale", "offset"), [(100, -70.123), (1e-5, 0), (1e4, 100)])
def test_points_on_a_circle_around_one(corners, scale, offset):
    """GEOS's diagrams overlap here, and where the middle lies on a diagonal, its triangles are not Delaunay's."""
    angles = np.arange(corners) * 2 * np.pi / corners
    ring = np.column_stack((np.cos(angles), np.sin(angles))) * scale + offset
    points = np.round([*ring, (offset, offset)], 10)
    box = shapely.box(*default_box(points))
    cells = shapely.get_parts(draw(FUNCTIONS[3], points))
    assert shapely.area(cells).sum() == pytest.approx(shapely.area(box), rel=1e-5)
    assert shapely.is_valid(cells).all()
    triangles = shapely.get_parts(draw(FUNCTIONS[1], points))
    assert len(triangles) == corners
    assert shapely.area(triangles) == pytest.approx(
        [scale**2 * np.sin(2 * np.pi / corners) / 2] * corners, rel=1e-4
    )


def test_grid_of_decimal_numbers():
    points = [(x / 10, y / 10) for x in range(9) for y in range(9)]
    cells = shapely.get_parts(draw(FUNCTIONS[3], points))
    inner = [
        cell for cell, (x, y) in zip(cells, points, strict=True) if 0 < x < 0.8 and 0 < y < 0.8
    ]
    assert shapely.area(inner) == pytest.approx([0.01] * 49)
    # 8 lines each way, from side to side of a box that is half the extent larger on every side.
    assert shapely.length(draw(FUNCTIONS[2], points)) == pytest.approx(16 * 1.6)


def test_nothing_is_flipped_in_a_delaunay_triangulation():
    points = random_points(2, 50)
    expected = Delaunay(points).simplices.astype(np.int64)
    assert _as_sets(repaired(points, expected)) == _as_sets(expected)


@pytest.mark.parametrize("seed", range(5))
def test_any_triangulation_becomes_delaunay(seed):
    """A fan from one corner of a convex polygon has the worst triangles there are."""
    angles = np.sort(np.random.default_rng(seed).random(25)) * 2 * np.pi
    points = np.column_stack((3 * np.cos(angles), np.sin(angles)))
    fan = np.array([[0, i, i + 1] for i in range(1, 24)])
    assert _as_sets(repaired(points, fan)) == _as_sets(Delaunay(points).simplices)


def _as_sets(triangles):
    return {frozenset(one) for one in triangles.tolist()}


def tessellation(kind, points, part, box=""):
    digits = np.array(points, "<f8").tobytes().hex()
    texts = [digits[start : start + 64_000] for start in range(0, len(digits), 64_000)]
    return kind, box, part, *texts, *[""] * (29 - len(texts))


def test_parts_of_many_points_together_have_every_shape():
    points = np.random.default_rng(5).normal(size=(5000, 2))
    ((count,),) = [answer(handler, "__TESSELLATION", tessellation("cells", points, -1))]
    numbers = range(int(count))
    texts = [
        answer(handler, "__TESSELLATION", tessellation("cells", points, n))[0] for n in numbers
    ]
    assert all(len(text) < 65_536 for text in texts)
    cells = [one for text in texts for one in json.loads(text)]
    assert [one["p"] for one in cells] == list(range(5000))
    inside = [shapely.from_wkb(one["g"]).contains(shapely.Point(points[one["p"]])) for one in cells]
    assert all(inside)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (tessellation("circles", [(0, 0)], -1), "unknown kind 'circles'"),
        (
            tessellation("triangles", [(0, 0), (1, 0), (0, 1)], 1),
            "there are 1 parts, and no part 1",
        ),
        (tessellation("cells", [(0, 0), (1, 1)], -1, "[1]"), "should be an array of four numbers"),
        (tessellation("cells", [(0, 0), (1, np.inf)], -1), "is not a finite number"),
        (("cells", "", -1, "zz", *[""] * 28), "not pairs of hexadecimal doubles"),
        (("cells", "", -1, "00" * 8, *[""] * 28), "not pairs of hexadecimal doubles"),
    ],
)
def test_parts_that_cannot_be(row, message):
    good = tessellation("triangles", [(0, 0), (1, 0), (0, 1)], 0)
    refused = refusal(handler, "__TESSELLATION", good, row)
    assert "Error processing row 1: " in refused
    assert message in refused


def test_a_shape_with_more_vertices_than_a_text_holds_is_refused():
    turns = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    wheel = [(0, 0), *zip(np.cos(turns).tolist(), np.sin(turns).tolist(), strict=True)]
    message = refusal(handler, "__TESSELLATION", tessellation("cells", wheel, -1))
    assert "vertices, more than Redshift can take as text" in message
