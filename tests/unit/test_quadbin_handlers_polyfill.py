"""POLYFILL as a whole: hex EWKB in degrees in, cells out; against shapely, the quadbin library, a point's own cell."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import quadbin
import shapely
from hypothesis import given
from hypothesis import strategies as st

from carto_quadbin import grid, handler


def invoke(*rows):
    document = {
        "external_function": "dev.carto.__QUADBIN_POLYFILL",
        "num_records": len(rows),
        "arguments": [
            [
                shape
                if shape is None or isinstance(shape, str)
                else shapely.to_wkb(shape, hex=True),
                resolution,
            ]
            for shape, resolution in rows
        ],
    }
    text = handler(document, None)
    assert json.loads(handler(json.dumps(document).encode(), None)) == text
    return json.loads(text)


def polyfill(*rows):
    answer = invoke(*rows)
    assert answer["success"], answer["error_msg"]
    return [None if result is None else json.loads(result) for result in answer["results"]]


def error(*rows):
    answer = invoke(*rows)
    assert answer["success"] is False
    return answer["error_msg"]


def projected(shape, z):
    def project(coordinates):
        return np.stack(
            grid.project(coordinates[:, 0], coordinates[:, 1], np.full(len(coordinates), z)), axis=1
        )

    return shapely.transform(shape, project)


def by_boxes(shape, z):
    """Intersect the shape on the Mercator plane with every tile near it."""
    flat = projected(shape, z)
    shapely.prepare(flat)
    west, north, east, south = flat.bounds
    side = 2**z
    sliver = 2.0**-40
    found = set()
    for y in range(side):
        top, bottom = (-9 * side if y == 0 else y), (9 * side if y == side - 1 else y + 1 - sliver)
        if bottom < north or top > south:
            continue
        for x in range(math.floor(west), math.floor(east) + 1):
            if flat.intersects(shapely.box(x, top, x + 1 - sliver, bottom)):
                found.add(quadbin.tile_to_cell((x % side, y, z)))
    return sorted(found)


def rounded(least, most):
    """Coarse enough that no wedge of a shape hides in the sliver that `by_boxes` cuts off."""
    return st.floats(least, most).map(lambda degrees: round(degrees, 2))


DEGREES = st.tuples(rounded(-200, 200), rounded(-90, 90))
COMPACT = st.tuples(rounded(-4, -3), rounded(40, 41))


@given(
    st.one_of(st.lists(DEGREES, min_size=3, max_size=6), st.lists(COMPACT, min_size=3, max_size=6)),
    st.sampled_from(["polygon", "line", "points"]),
)
def test_shapes_anywhere_are_as_intersections_with_boxes(vertices, kind):
    points = shapely.MultiPoint(vertices)
    shape = {"polygon": points.convex_hull, "line": shapely.LineString(vertices), "points": points}[
        kind
    ]
    z = 9 if abs(vertices[0][0] + 3.5) <= 0.5 and points.bounds[2] <= -3 else 3
    assert polyfill((shape, z)) == [by_boxes(shape, z)]


def test_real_shapes_are_as_the_reference_has_them():
    shapes = [
        shapely.Point(-3.7, 40.4).buffer(0.7),
        shapely.Point(100, -33).buffer(3).difference(shapely.Point(100.5, -33).buffer(1)),
        shapely.LineString([(-3.1, 40.2), (-2.7, 41.9), (0.3, 39.4)]),
        shapely.MultiPoint([(1.3, 2.2), (-70.1, -20.5)]),
        shapely.MultiLineString([[(1.1, 1.2), (2.3, 2.9)], [(5.1, 5.2), (6.3, 7.4)]]),
        shapely.MultiPolygon(
            [shapely.Point(2.1, 2.2).buffer(1), shapely.Point(7.3, 2.2).buffer(2)]
        ),
        shapely.GeometryCollection([shapely.Point(1.2, 1.3), shapely.Point(2.2, 2.3).buffer(1)]),
    ]
    rows = [(shape, z) for shape in shapes for z in (0, 5, 8, 10)]
    expected = [
        sorted(set(quadbin.geometry_to_cells(json.dumps(shapely.geometry.mapping(shape)), z)))
        for shape, z in rows
    ]
    assert polyfill(*rows) == expected


@given(
    st.lists(
        st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 26)),
        min_size=1,
        max_size=5,
    )
)
def test_a_point_is_in_the_cell_that_fromlonglat_gives(points):
    rows = [(shapely.Point(x, y), z) for x, y, z in points]
    cells = polyfill(*rows)
    for (x, y, z), found in zip(points, cells, strict=True):
        # sin and log may differ from the C library's in the last bit: near a tile's border both tiles are right.
        nearby = {quadbin.point_to_cell(x, y + shift, z) for shift in (0, -1e-11, 1e-11)}
        assert len(found) == 1
        assert found[0] in nearby


def test_points_on_tile_borders():
    for z in (1, 2, 10, 26):
        [found] = polyfill(
            (shapely.MultiPoint([(0, 0), (90, 0), (-90, 0), (180, 0), (-180, 0)]), z)
        )
        assert set(found) == {quadbin.point_to_cell(x, 0, z) for x in (0, 90, -90, 180, -180)}


@pytest.mark.parametrize("latitude", [90, -90, 89.5, 85.0511287798066, -86])
def test_q_the_poles_belong_to_the_first_and_last_tile_row(latitude):
    [[cell]] = polyfill((shapely.Point(10, latitude), 6))
    assert cell == quadbin.point_to_cell(10, latitude, 6)
    assert quadbin.cell_to_tile(cell)[1] == (0 if latitude > 0 else 63)


def test_q_a_polygon_up_to_the_pole_is_filled():
    [cells] = polyfill((shapely.box(1, 80, 44, 90), 4))
    assert cells == by_boxes(shapely.box(1, 80, 44, 90), 4)
    assert {quadbin.cell_to_tile(cell)[:2] for cell in cells} == {(8, 0), (9, 0), (8, 1), (9, 1)}
    [world] = polyfill((shapely.box(-180, -90, 180, 90), 2))
    assert len(world) == 16


def test_q_a_line_of_no_length_is_in_its_points_cell():
    here = quadbin.point_to_cell(-3.7, 40.4, 12)
    assert polyfill((shapely.LineString([(-3.7, 40.4)] * 2), 12)) == [[here]]
    assert polyfill((shapely.Polygon([(-3.7, 40.4)] * 4), 12)) == [[here]]


def test_longitudes_beyond_180_wrap_around():
    z = 5
    across = polyfill((shapely.box(170, -10, 190, 10), z))[0]
    parts = polyfill((shapely.box(170, -10, 180, 10), z), (shapely.box(-180, -10, -170, 10), z))
    assert across == sorted(set(parts[0]) | set(parts[1]))
    assert polyfill((shapely.box(-190, -10, -170, 10), z))[0] == across
    assert polyfill((shapely.Point(190, 0), z)) == polyfill((shapely.Point(-170, 0), z))


def test_a_polygon_around_the_world_has_no_cell_twice():
    [cells] = polyfill((shapely.box(-400, -10, 400, 10), 3))
    assert cells == sorted({quadbin.tile_to_cell((x, y, 3)) for x in range(8) for y in (3, 4)})


def test_null_and_empty():
    point = shapely.Point(0, 0)
    rows = [
        (None, 3),
        (point, None),
        (shapely.Point(), 3),
        (shapely.Polygon(), 3),
        (shapely.GeometryCollection(), 0),
    ]
    assert polyfill(*rows) == [None, None, [], [], []]
    assert polyfill(*rows, (point, 0)) == [
        None,
        None,
        [],
        [],
        [],
        [quadbin.tile_to_cell((0, 0, 0))],
    ]


def test_height_measure_byte_order_and_srid_do_not_matter():
    shape = shapely.Polygon([(0, 0), (5, 0), (5, 5)])
    texts = [
        shapely.to_wkb(version, hex=True, byte_order=order, output_dimension=4, include_srid=True)
        for version in (shape, shapely.force_3d(shape, 7), shapely.set_srid(shape, 4326))
        for order in (0, 1)
    ]
    assert polyfill(*((text, 8) for text in texts)) == [by_boxes(shape, 8)] * len(texts)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((shapely.Point(0, 0), 27), "Invalid resolution, should be between 0 and 26"),
        ((shapely.Point(0, 0), -1), "Invalid resolution, should be between 0 and 26"),
        (
            (shapely.Point(-411000.5, 4926000), 5),
            "Invalid geometry: longitude -411000.5 is not in degrees",
        ),
        (("nonsense", 5), "Invalid geometry: 'nonsense' is not hexadecimal EWKB"),
        (("00", 5), "Invalid geometry: it is cut short"),
        ((shapely.box(-180, -85, 180, 85), 26), "the geometry covers about 4"),
        (
            (shapely.box(-10, -10, 10, 10), 15),
            "cells at resolution 15, but one response of Lambda (6 MB) holds 314562",
        ),
        (
            (shapely.box(-10, -10, 10, 10), "x"),
            "Invalid value for argument resolution: 'x' is not an INTEGER",
        ),
    ],
)
def test_what_cannot_be_filled_is_refused_with_row_and_reason(row, message):
    seen = error((shapely.Point(0, 0), 1), (None, 1), row, (shapely.Point(0, 0), 1))
    assert seen.startswith("__quadbin_polyfill: Error processing row 2: ")
    assert message in seen


def test_a_batch_that_is_too_large_as_a_whole_names_the_setting():
    shape = shapely.box(-1, -1, 1, 1)
    seen = error(*[(shape, 16)] * 4)
    assert "the results of 4 rows take" in seen
    assert "set MAX_BATCH_ROWS of this external function to" in seen


def test_an_area_that_fits_and_is_over_64_kb_is_answered():
    [cells] = polyfill((shapely.box(-1, -1, 1, 1), 16))
    assert len(cells) == 366 * 366
