import struct

import pytest
import shapely

from carto_at_installer.sandbox.engine.text import read_wkb, to_ewkb, to_geojson, to_wkt

SHAPES = [
    ("POINT(1 2)", '{"type":"Point","coordinates":[1,2]}'),
    ("POINT EMPTY", '{"type":"Point","coordinates":[]}'),
    ("LINESTRING(0 0,1.5 -2)", '{"type":"LineString","coordinates":[[0,0],[1.5,-2]]}'),
    (
        "POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))",
        '{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}',
    ),
    ("MULTIPOINT((1 2),(3 4))", '{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}'),
    (
        "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
        '{"type":"MultiLineString","coordinates":[[[0,0],[1,1]],[[2,2],[3,3]]]}',
    ),
    (
        "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
        '{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}',
    ),
    (
        "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
        (
            '{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},'
            '{"type":"LineString","coordinates":[[0,0],[1,1]]}]}'
        ),
    ),
]


@pytest.mark.parametrize("byte_order", [0, 1])
@pytest.mark.parametrize(("wkt", "geojson"), SHAPES)
def test_every_kind_of_geometry_is_written(wkt, geojson, byte_order):
    shape = read_wkb(shapely.to_wkb(shapely.from_wkt(wkt), byte_order=byte_order))
    assert to_wkt(shape) == wkt
    assert to_geojson(shape) == geojson


def test_coordinates_have_15_significant_digits():
    shape = read_wkb(shapely.to_wkb(shapely.Point(0.1 + 0.2, -0.0)))
    assert to_wkt(shape) == "POINT(0.3 0)"
    assert to_wkt(shape, 17) == "POINT(0.30000000000000004 0)"


def test_ewkb_carries_srid_and_dimensions_as_flags():
    flat, solid = shapely.Point(1, 2), shapely.Point(1, 2, 3)
    assert to_ewkb(shapely.to_wkb(flat), 0) == shapely.to_wkb(flat)
    for shape in (flat, solid, shapely.from_wkt("POLYGON Z((0 0 1,1 0 1,1 1 1,0 0 1))")):
        iso = shapely.to_wkb(shape, flavor="iso")
        expected = shapely.to_wkb(
            shapely.set_srid(shape, 4326), include_srid=True, flavor="extended"
        )
        assert to_ewkb(iso, 4326) == expected


def test_points_with_m():
    wkb = struct.pack("<BI3d", 1, 2001, 1, 2, 9)
    assert to_wkt(read_wkb(wkb)) == "POINT M (1 2 9)"
    assert to_ewkb(wkb, 0) == struct.pack("<BI3d", 1, 0x40000001, 1, 2, 9)
