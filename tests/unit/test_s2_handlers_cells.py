"""S2_FROMLONGLAT, S2_CENTER, S2_BOUNDARY and S2_TOCHILDREN: whole invocations, against the s2sphere library."""

from __future__ import annotations

import random
import re
import struct

import numpy as np
import pytest
import s2sphere
from hypothesis import given
from hypothesis import strategies as st

from carto_at_runtime import ResponseTooLargeError
from carto_s2 import handlers, hilbert, sphere
from tests.unit.s2_calls import LEVELS, arrays, cell_at, cell_id, degrees, error, results, signed

MADRID = 955378847514099712  # level 8
FACES = [signed((face << 61) | (1 << 60)) for face in range(6)]
NOT_CELLS = [0, -1, 1234, 2, 2**62 | 2**61, -(2**63), -(2**62), 2**63 - 2, -(2**61)]
POINTS = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
CELLS = st.builds(
    lambda face, place, level: signed(
        (((face << 60) | (place >> (60 - 2 * level) << (60 - 2 * level))) << 1)
        | (1 << (60 - 2 * level))
    ),
    st.integers(0, 5),
    st.integers(0, 2**60 - 1),
    st.integers(0, 30),
)
ODD_LONGITUDES = (-180.0, -135.0, -90.0, -45.0, 0.0, 45.0, 90.0, 135.0, 180.0, 179.9999999)
ODD_LATITUDES = (-90.0, -45.0, -35.264389682754654, 0.0, 1e-9, 35.264389682754654, 45.0, 90.0)


def from_longlat(points, level):
    rows = [(degrees(x), degrees(y), level) for x, y in points]
    return [int(found) for found in results("__S2_FROMLONGLAT", *rows)]


def ring(text):
    numbers = re.fullmatch(r"POLYGON \(\((.*)\)\)", text).group(1)
    return [tuple(map(float, vertex.split(" "))) for vertex in numbers.split(", ")]


@pytest.fixture(scope="module")
def points():
    dice = random.Random(8)  # noqa: S311 (test data)
    found = [(dice.uniform(-180, 180), dice.uniform(-90, 90)) for _ in range(500)]
    return found + [(x, y) for x in ODD_LONGITUDES for y in ODD_LATITUDES]


@pytest.mark.parametrize("level", [0, 1, 7, 14, 29, 30])
def test_fromlonglat_equals_the_library(points, level):
    exact = [(degrees(x) / 2**52, degrees(y) / 2**52) for x, y in points]
    assert from_longlat(points, level) == [cell_at(*point, level) for point in exact]


@given(POINTS, st.integers(0, 30))
def test_a_point_lies_in_its_cell_and_in_all_coarser_ones(point, level):
    (leaf,) = from_longlat([point], 30)
    (cell,) = from_longlat([point], level)
    assert cell_id(cell).contains(cell_id(leaf))


def test_longitudes_go_round():
    assert from_longlat([(190, 10), (-530, 10)], 12) == from_longlat([(-170, 10), (190, 10)], 12)


def test_fromlonglat_latitude_outside_the_range_is_an_error():
    message = error("__S2_FROMLONGLAT", (0, degrees(100), 4))
    assert "Latitude must be between -90 and 90, got 100.0" in message


@pytest.mark.parametrize("level", [-1, 31])
def test_fromlonglat_resolution_outside_the_range_is_an_error(level):
    message = error("__S2_FROMLONGLAT", (0, 0, 4), (0, 0, level))
    assert f"Error processing row 1: Resolution must be between 0 and 30, got {level}" in message


@pytest.mark.parametrize(
    ("function", "row"),
    [
        ("__S2_FROMLONGLAT", (0, 0, 4)),
        ("S2_BOUNDARY", (MADRID,)),
        ("__S2_CENTER", (MADRID,)),
        ("__S2_TOCHILDREN", (MADRID, 9)),
        ("__S2_POLYFILL_BBOX", (0, 0, 0, 0, 0, 30)),
        ("__S2_POLYFILL", ("0101000000" + "00" * 16, 4)),
    ],
)
def test_null_arguments_are_errors(function, row):
    for place in range(len(row)):
        nulled = [None if number == place else value for number, value in enumerate(row)]
        message = error(function, row, nulled)
        assert "Error processing row 1: NULL argument passed to UDF" in message


@given(st.lists(CELLS, min_size=1, max_size=8))
def test_ids_and_places_are_as_the_library_has_them(cells):
    ids = np.array(cells, np.int64)
    assert hilbert.is_valid(ids).all()
    assert hilbert.levels(ids).tolist() == [cell_id(cell).level() for cell in cells]
    face, i, j, side = sphere.bounds(ids)
    for number, cell in enumerate(cells):
        found = cell_id(cell).to_face_ij_orientation()
        low = int(side[number])
        assert (face[number], i[number] // low, j[number] // low) == (
            found[0],
            found[1] // low,
            found[2] // low,
        )
    level = hilbert.levels(ids)
    shift = 30 - level
    assert hilbert.ids_at(face, i >> shift, j >> shift, level).tolist() == cells


@pytest.mark.parametrize("number", NOT_CELLS)
def test_numbers_that_are_not_cells(number):
    assert not hilbert.is_valid(np.array([number])).any()
    for function, row in (
        ("S2_BOUNDARY", (number,)),
        ("__S2_CENTER", (number,)),
        ("__S2_TOCHILDREN", (number, 30)),
    ):
        assert f"Invalid S2 cell id: {number}" in error(function, row)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_centres_equal_the_library(cells):
    for cell, text in zip(cells, results("__S2_CENTER", *((cell,) for cell in cells)), strict=True):
        order, kind, srid, x, y = struct.unpack("<BIIdd", bytes.fromhex(text))
        assert (order, kind, srid) == (1, 0x20000001, 4326)
        centre = cell_id(cell).to_lat_lng()
        found = s2sphere.LatLng.from_degrees(y, x)
        assert centre.get_distance(found).radians < 1e-15
        assert [x, y] == pytest.approx(
            [centre.lng().degrees, centre.lat().degrees], rel=1e-12, abs=1e-12
        )


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_boundaries_equal_the_library(cells):
    for cell, text in zip(cells, results("S2_BOUNDARY", *((cell,) for cell in cells)), strict=True):
        corners = ring(text)
        assert corners[0] == corners[4]
        for place, (x, y) in enumerate(corners[:4]):
            corner = s2sphere.LatLng.from_point(s2sphere.Cell(cell_id(cell)).get_vertex(place))
            if abs(y) == 90:
                assert abs(corner.lat().degrees) == 90
                continue
            expected = corner.lng().degrees
            expected = x if abs(x) == 180 == abs(expected) else expected
            assert [x, y] == pytest.approx([expected, corner.lat().degrees], rel=1e-12, abs=1e-12)


@given(CELLS)
def test_the_centre_of_a_cell_lies_in_it(cell):
    centre = cell_id(cell).to_lat_lng()
    level = cell_id(cell).level()
    assert from_longlat([(centre.lng().degrees, centre.lat().degrees)], level) == [cell]


def test_boundary_at_the_antimeridian_stays_on_its_side():
    east, west = cell_at(179.99, 10, 6), cell_at(-179.99, 10, 6)
    first, second = results("S2_BOUNDARY", (east,), (west,))
    assert {x > 0 for x, _ in ring(first)} == {True}
    assert {x > 0 for x, _ in ring(second)} == {False}
    assert max(x for x, _ in ring(first)) == 180
    assert min(x for x, _ in ring(second)) == -180


@pytest.mark.parametrize("pole", [90, -90])
def test_boundary_at_a_pole_has_the_longitude_of_the_centre_there(pole):
    cells = [cell_at(x, pole * 0.99999, 4) for x in (-135, -45, 45, 135)]
    assert len(set(cells)) == 4
    for cell, text in zip(cells, results("S2_BOUNDARY", *((c,) for c in cells)), strict=True):
        ((x, _),) = [vertex for vertex in ring(text)[:4] if vertex[1] == pole]
        assert x == pytest.approx(cell_id(cell).to_lat_lng().lng().degrees)


def test_boundary_of_many_rows_and_none_in_between():
    cells = [cell_at(x / 10, 0.5, 20) for x in range(-900, 900, 40)] + FACES
    found = results("S2_BOUNDARY", *((cell,) for cell in cells))
    assert found == [results("S2_BOUNDARY", (cell,))[0] for cell in cells]


def test_boundary_zero_has_no_sign():
    assert all("-0.0" not in text for text in results("S2_BOUNDARY", *((f,) for f in FACES)))


@given(CELLS, st.integers(0, 4))
def test_children_equal_the_library_and_have_the_cell_as_parent(cell, deeper):
    level = min(30, cell_id(cell).level() + deeper)
    (found,) = arrays("__S2_TOCHILDREN", (cell, level))
    assert found == [signed(child.id()) for child in cell_id(cell).children(level)]
    own = np.full(len(found), cell_id(cell).level())
    assert set(hilbert.parents(np.array(found), own).tolist()) == {cell}


def test_children_of_rows_of_different_depths():
    rows = [(MADRID, 8 + deeper) for deeper in (2, 0, 1, 3)] + [(FACES[5], 1)]
    assert arrays("__S2_TOCHILDREN", *rows) == [arrays("__S2_TOCHILDREN", row)[0] for row in rows]


def test_tochildren_resolution_0_is_a_resolution():
    assert arrays("__S2_TOCHILDREN", (FACES[3], 0)) == [[FACES[3]]]
    message = error("__S2_TOCHILDREN", (MADRID, 0))
    assert "Children resolution (0) must be equal or greater than cell resolution (8)" in message


@pytest.mark.parametrize("level", [-1, 31])
def test_tochildren_resolution_outside_the_range_is_an_error(level):
    message = error("__S2_TOCHILDREN", (MADRID, level))
    assert f"Resolution must be between 0 and 30, got {level}" in message


def test_too_many_children_are_refused_with_their_number():
    assert "has 4194304 descendants at resolution 19" in error("__S2_TOCHILDREN", (MADRID, 19))
    with pytest.raises(ResponseTooLargeError):
        handlers.to_children(np.array([MADRID] * 2), np.array([17] * 2))


def test_levels_are_all_covered():
    for level in LEVELS:
        assert hilbert.levels(np.array([cell_at(12.3, -45.6, level)])).tolist() == [level]
