"""Hex EWKB to coordinates, against shapely's writer; malformed input is named with its row."""

from __future__ import annotations

import struct

import pytest
import shapely

from carto_at_runtime.errors import RowError
from carto_at_runtime.wkb import LINE, POINTS, RING, read_geometries

POLYGON = shapely.Polygon([(0, 0), (4, 0), (4, 4)], [[(1, 0.5), (2, 0.5), (2, 1)]])
SHAPES = [
    shapely.Point(1, 2),
    shapely.LineString([(0, 0), (1, 1), (2, 0)]),
    POLYGON,
    shapely.MultiPoint([(1, 2), (3, 4)]),
    shapely.MultiLineString([[(0, 0), (1, 1)], [(5, 5), (6, 7)]]),
    shapely.MultiPolygon([POLYGON, shapely.box(10, 10, 11, 11)]),
    shapely.GeometryCollection(
        [shapely.Point(9, 9), POLYGON, shapely.GeometryCollection([shapely.Point(7, 7)])]
    ),
]
KINDS = {"Point": POINTS, "LineString": LINE, "LinearRing": RING}


def pieces(shape):
    """Return kind and coordinates of each sequence of a shapely geometry, in the order of its WKB."""
    if hasattr(shape, "geoms"):
        return [piece for member in shape.geoms for piece in pieces(member)]
    if shape.geom_type == "Polygon":
        return [piece for ring in (shape.exterior, *shape.interiors) for piece in pieces(ring)]
    return (
        [(KINDS[shape.geom_type], [tuple(pair[:2]) for pair in shape.coords])]
        if not shape.is_empty
        else []
    )


def sequences(geometries, row):
    return [
        (
            int(geometries.kinds[i]),
            [tuple(pair) for pair in geometries.coordinates[begin:end].tolist()],
        )
        for i, (begin, end) in enumerate(
            zip(geometries.offsets, geometries.offsets[1:], strict=False)
        )
        if geometries.rows[i] == row
    ]


def flavours(shape):
    raised = shapely.force_3d(shape, 99)
    measured = shapely.from_wkt(
        shapely.to_wkt(raised).replace(" Z ", " ZM ").replace(" 99", " 99 6")
    )
    for version in (shape, raised, measured):
        for order in (0, 1):
            yield shapely.to_wkb(version, hex=True, byte_order=order, output_dimension=4)
            yield shapely.to_wkb(
                version, hex=True, byte_order=order, output_dimension=4, flavor="iso"
            )
            tagged = shapely.set_srid(version, 4326)
            yield shapely.to_wkb(
                tagged, hex=True, byte_order=order, output_dimension=4, include_srid=True
            )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.geom_type)
def test_every_type_byte_order_and_dimension_is_read(shape):
    texts = list(flavours(shape))
    geometries = read_geometries([*texts, texts[0].lower()])
    for row in range(len(texts) + 1):
        assert sequences(geometries, row) == pieces(shape)


def test_a_batch_keeps_its_rows_and_polygons_apart():
    texts = [shapely.to_wkb(shape, hex=True) for shape in SHAPES]
    geometries = read_geometries(texts)
    for row, shape in enumerate(SHAPES):
        assert sequences(geometries, row) == pieces(shape)
    of_multipolygon = geometries.parts[(geometries.rows == 5) & (geometries.kinds == RING)].tolist()
    assert of_multipolygon[0] == of_multipolygon[1] != of_multipolygon[2]
    part = geometries.of_rows(2, 6)
    for row in range(4):
        assert sequences(part, row) == pieces(SHAPES[row + 2])


@pytest.mark.parametrize(
    "text",
    [
        "POINT EMPTY",
        "LINESTRING EMPTY",
        "POLYGON EMPTY",
        "MULTIPOINT EMPTY",
        "GEOMETRYCOLLECTION EMPTY",
    ],
)
def test_empty_geometries_have_no_sequences(text):
    empty = shapely.to_wkb(shapely.from_wkt(text), hex=True)
    geometries = read_geometries([empty, shapely.to_wkb(SHAPES[0], hex=True), empty])
    assert geometries.rows.tolist() == [1]


def test_no_geometries_at_all():
    assert read_geometries([]).coordinates.shape == (0, 2)


GOOD = shapely.to_wkb(SHAPES[1], hex=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is cut short"),
        ("01", "it is cut short"),
        (GOOD[:-2], "it is cut short"),
        (GOOD[:-1], "is not hexadecimal EWKB"),
        (GOOD + "00", "1 bytes follow its end"),
        ("zz", "'zz' is not hexadecimal EWKB"),
        ("0 1", "'0 1' is not hexadecimal EWKB"),
        ("POINT(1 2)", "is not hexadecimal EWKB"),
        ("07" + GOOD[2:], "byte order mark is 7"),
        ("0108000000" + "00" * 4, "CircularString is not supported"),
        ("0163000000" + "00" * 4, "geometry type 99 is not supported"),
        ("01FFFFFF0F" + "00" * 4, "type code 268435455 is unknown"),
        ("0104000000" + "01000000" + GOOD, "LineString is not supported inside another geometry"),
        ("0102000000FFFFFFFF", "it is cut short"),
        ("0103000000FFFFFFFF", "it is cut short"),
        ("0107000000FFFFFFFF", "it is cut short"),
        ("0107000000" + "010000000107000000" * 40, "nested more than 32 deep"),
        (
            shapely.to_wkb(shapely.set_srid(SHAPES[0], 3857), hex=True, include_srid=True),
            "SRID is 3857, not 4326",
        ),
        (
            shapely.to_wkb(shapely.LineString([(0, 0), (float("inf"), 1)]), hex=True),
            "not a finite number",
        ),
        (shapely.to_wkb(shapely.Point(float("nan"), 1), hex=True), "not a finite number"),
    ],
)
def test_malformed_geometries_are_named_with_their_row(text, message):
    with pytest.raises(RowError) as caught:
        read_geometries([GOOD, text, GOOD])
    assert caught.value.row == 1
    assert "Invalid geometry: " in str(caught.value)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 200


def test_an_empty_point_inside_a_collection_is_left_out():
    empty_point = struct.pack("<BIdd", 1, 1, float("nan"), float("nan"))
    data = struct.pack("<BII", 1, 4, 2) + empty_point + struct.pack("<BIdd", 1, 1, 3.0, 4.0)
    assert sequences(read_geometries([data.hex()]), 0) == [(POINTS, [(3.0, 4.0)])]
