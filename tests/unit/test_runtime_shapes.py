"""Hex EWKB to shapely geometries: every spelling of WKB, and the row that is wrong."""

import math

import numpy as np
import pytest
import shapely

from carto_at_runtime import RowError
from carto_at_runtime.multipoints import first_occurrences, read_multipoints
from carto_at_runtime.shapes import read_shapes
from tests.unit.handler_calls import hexewkb

REASON = "it has to be a MultiPoint"


@pytest.mark.parametrize("flavor", ["extended", "iso"])
@pytest.mark.parametrize("byte_order", [0, 1])
@pytest.mark.parametrize(
    "wkt",
    [
        "POINT(1 2)",
        "POINT EMPTY",
        "LINESTRING Z(0 0 1,1 1 2)",
        "POLYGON((0 0,1 0,1 1,0 0),(0.2 0.1,0.3 0.1,0.3 0.2,0.2 0.1))",
        "MULTIPOINT ZM((0 0 1 2),(1 1 2 3))",
        "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING EMPTY)",
    ],
)
def test_reads_every_spelling(wkt, byte_order, flavor):
    text = hexewkb(wkt, byte_order=byte_order, flavor=flavor)
    (shape,) = read_shapes([text.lower()])
    assert shapely.equals_exact(shape, shapely.from_wkt(wkt)) or shape.is_empty
    assert shape.geom_type == shapely.from_wkt(wkt).geom_type


def test_any_reference_system_is_read():
    (shape,) = read_shapes([hexewkb("POINT(500000 4649776)", srid=25830)])
    assert (shape.x, shape.y) == (500000, 4649776)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("zz", "'zz' is not hexadecimal EWKB"),
        ("012", "is not hexadecimal EWKB"),
        ("", "not well-formed EWKB"),
        (hexewkb("LINESTRING(0 0,1 1)")[:-4], "not well-formed EWKB"),
        (hexewkb(shapely.Point(1, math.inf)), "a coordinate is not a finite number"),
        (hexewkb(shapely.LineString([(0, 0), (-math.inf, 1)])), "a coordinate is not a finite"),
    ],
)
def test_says_which_row_is_wrong(text, reason):
    with pytest.raises(RowError, match=reason) as caught:
        read_shapes([hexewkb("POINT(0 0)"), text, "also wrong, but later"][:2])
    assert caught.value.row == 1
    assert caught.value.reason.startswith("Invalid geometry: ")


def test_multipoints_become_rows_of_coordinates():
    texts = ["MULTIPOINT((0 1),(2 3))", "MULTIPOINT EMPTY", "MULTIPOINT Z((4 5 9))"]
    coordinates, offsets = read_multipoints([hexewkb(wkt) for wkt in texts], REASON)
    assert coordinates.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert offsets.tolist() == [0, 2, 2, 3]


def test_empty_points_inside_are_left_out():
    coordinates, offsets = read_multipoints([hexewkb("MULTIPOINT(EMPTY,(2 3),EMPTY)")], REASON)
    assert coordinates.tolist() == [[2, 3]]
    assert offsets.tolist() == [0, 1]


@pytest.mark.parametrize("wkt", ["POINT(0 0)", "LINESTRING(0 0,1 1)", "GEOMETRYCOLLECTION EMPTY"])
def test_only_multipoints_are_multipoints(wkt):
    with pytest.raises(RowError, match=REASON) as caught:
        read_multipoints([hexewkb("MULTIPOINT((0 1))"), hexewkb(wkt)], REASON)
    assert caught.value.row == 1


def test_no_rows():
    coordinates, offsets = read_multipoints([], REASON)
    assert coordinates.shape == (0, 2)
    assert np.array_equal(offsets, [0])


def test_first_occurrences_are_per_row():
    points = np.array([[1, 1], [0, 0], [1, 1], [1, 1], [2, 2], [2, 2]], float)
    assert first_occurrences(points, np.array([0, 3, 6])).tolist() == [0, 1, 3, 4]
    assert first_occurrences(points, np.array([0, 0, 6, 6])).tolist() == [0, 1, 4]
    assert first_occurrences(np.empty((0, 2)), np.array([0, 0])).tolist() == []
