"""Columns of points, hex EWKB results, and cuts at the antimeridian."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from carto_at_runtime import RowError
from carto_at_runtime.antimeridian import crossed_once, cut_line, cut_polygons
from carto_at_runtime.wkb_points import read_points
from carto_at_runtime.wkb_results import (
    hex_lines,
    hex_linestrings,
    hex_points,
    hex_polygons,
    hex_split_lines,
)

REASON = "it should be a Point"
COORDINATE = st.floats(-1e50, 1e50)


def hexed(text, srid=0, **options):
    shape = shapely.set_srid(shapely.from_wkt(text), srid)
    return shapely.to_wkb(shape, hex=True, include_srid=True, **options)


@given(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=5), st.sampled_from([0, 4326])
)
def test_points_are_read_exactly(points, srid):
    texts = [
        shapely.to_wkb(shapely.set_srid(shapely.Point(one), srid), hex=True, include_srid=True)
        for one in points
    ]
    assert read_points(texts, REASON).tolist() == [list(one) for one in points]
    assert read_points([text.lower() for text in texts], REASON).tolist() == [
        list(one) for one in points
    ]


def test_points_of_all_kinds_in_one_column():
    texts = [
        hexed("POINT(1 2)"), hexed("POINT(3 4)", 4326), hexed("POINT Z(5 6 7)"), hexed("POINT(8 9)", byte_order=0),
    ]  # fmt: skip
    assert read_points(texts, REASON).tolist() == [[1, 2], [3, 4], [5, 6], [8, 9]]
    assert read_points([], REASON).shape == (0, 2)
    assert np.isnan(read_points([hexed("POINT EMPTY")], REASON)).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (hexed("LINESTRING(0 0, 1 1)"), REASON),
        (hexed("MULTIPOINT(0 0)"), REASON),
        ("zz", "is not hex EWKB"),
        ("", "is not hex EWKB"),
        ("0101", "is not hex EWKB"),
        ("01 010000000000000000000000000000000000000", "is not hex EWKB"),
        ("0101000000000000000000F87F0000000000000000", "a coordinate is not a finite number"),
        ("0101000000000000000000F07F0000000000000000", "a coordinate is not a finite number"),
    ],
)
def test_what_is_no_point_names_its_row(text, message):
    good = hexed("POINT(1 2)")
    with pytest.raises(RowError) as caught:
        read_points([good, text, good], REASON)
    assert caught.value.row == 1
    assert message in caught.value.reason


def test_results_are_read_back_with_their_srid():
    table = np.array([[[0.1, 2], [3, 4], [5, 0], [0.1, 2]]])
    made = [
        *hex_points(table[0, :2]),
        *hex_linestrings(table),
        *hex_polygons(table),
        hex_lines([table[0]]),
        hex_lines([table[0], table[0, :2]]),
    ]
    shapes = [shapely.from_wkb(text) for text in made]
    assert {shapely.get_srid(one) for one in shapes} == {4326}
    assert [one.wkt for one in shapes] == [
        "POINT (0.1 2)",
        "POINT (3 4)",
        "LINESTRING (0.1 2, 3 4, 5 0, 0.1 2)",
        "POLYGON ((0.1 2, 3 4, 5 0, 0.1 2))",
        "LINESTRING (0.1 2, 3 4, 5 0, 0.1 2)",
        "MULTILINESTRING ((0.1 2, 3 4, 5 0, 0.1 2), (0.1 2, 3 4))",
    ]


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ([(170, 0), (190, 10)], [[(170, 0), (180, 5)], [(-180, 5), (-170, 10)]]),
        ([(-170, 0), (-190, 10)], [[(-170, 0), (-180, 5)], [(180, 5), (170, 10)]]),
        ([(170, 0), (180, 1), (190, 2)], [[(170, 0), (180, 1)], [(-180, 1), (-170, 2)]]),
        ([(190, 2), (180, 1), (170, 0)], [[(-170, 2), (-180, 1)], [(180, 1), (170, 0)]]),
        ([(170, 0), (180, 1)], [[(170, 0), (180, 1)]]),
        ([(180, 0), (190, 1)], [[(-180, 0), (-170, 1)]]),
        ([(-180, 0), (-190, 1)], [[(180, 0), (170, 1)]]),
        ([(-170, 0), (-180, 1)], [[(-170, 0), (-180, 1)]]),
        (
            [(0, 0), (720, 72)],
            [[(0, 0), (180, 18)], [(-180, 18), (180, 54)], [(-180, 54), (0, 72)]],
        ),
    ],
)
def test_lines_are_cut_where_they_cross(line, pieces):
    found = cut_line(np.array(line, float))
    assert [[tuple(vertex) for vertex in piece] for piece in found] == pieces


def test_polygons_are_cut_where_they_cross():
    across = cut_polygons(shapely.box(170, 0, 190, 10))
    assert across.equals(
        shapely.union(shapely.box(170, 0, 180, 10), shapely.box(-180, 0, -170, 10))
    )
    assert cut_polygons(shapely.box(170, 0, 180, 10)) == shapely.box(170, 0, 180, 10)
    assert cut_polygons(shapely.box(180, 0, 190, 10)).equals(shapely.box(-180, 0, -170, 10))
    assert cut_polygons(shapely.box(-190, 0, -180, 10)).equals(shapely.box(170, 0, 180, 10))


def test_lines_that_cross_once_are_cut_as_all_lines_are():
    dice = np.random.default_rng(3)
    start = dice.uniform(-300, 300, (200, 1))
    lines = np.stack(
        (
            start + np.cumsum(dice.uniform(-20, 60, (200, 6)), axis=1),
            dice.uniform(-80, 80, (200, 6)),
        ),
        axis=2,
    )
    lines[0, 2, 0] = 180.0
    simple, cut = crossed_once(lines)
    assert 20 < simple.sum() < 180
    assert not simple[0]
    texts = hex_split_lines(cut.lines, cut.lengths, (cut.ends, cut.starts))
    expected = [hex_lines(cut_line(line)) for line in lines[simple]]
    assert texts == expected
