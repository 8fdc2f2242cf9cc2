"""Random points: inside, as many as asked for, uniform on the sphere, repeatable with a seed, and never endless."""

import json
import time

import numpy as np
import pytest
import shapely
from scipy.stats import chisquare, kstest

from carto_random import handler, rejection, triangles
from carto_random.regions import read_regions
from tests.unit.handler_calls import answer, hexewkb, refusal

SQUARE = "POLYGON((0 0,2 0,2 2,0 2,0 0))"
HOLED = "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,3 1,3 3,1 3,1 1))"
PARTS = "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((10 10,13 10,13 11,10 10)))"
SLIVER = "POLYGON((0 0,1 1,1 1.000000001,0 0))"
NEEDLES = "MULTIPOLYGON(((0 0,9 0,9 1e-7,0 0)),((0 80,9 80,9 80.0000001,0 80)))"
WORLD = "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"


def drawn(wkt, count, seed=None):
    """The points of one row as a shapely geometry, and what kind it is."""
    row = (hexewkb(wkt), count)
    if seed is None:
        (text,) = answer(handler, "__GENERATEPOINTS", row)
    else:
        (text,) = answer(handler, "__GENERATEPOINTS_SEEDED", (*row, seed))
    return None if text is None else shapely.from_geojson(text)


@pytest.mark.parametrize("wkt", [SQUARE, HOLED, PARTS, SLIVER, NEEDLES, WORLD])
@pytest.mark.parametrize("seed", [None, 1, -(2**63)])
def test_all_points_are_inside(wkt, seed):
    points = shapely.get_parts(drawn(wkt, 300, seed))
    assert len(points) == 300
    assert shapely.distance(shapely.from_wkt(wkt), points).max() < 1e-12
    assert len(set(map(tuple, shapely.get_coordinates(points)))) == 300


def test_one_point_is_a_point_and_more_are_a_multipoint():
    assert drawn(SQUARE, 1).geom_type == "Point"
    assert drawn(SQUARE, 2).geom_type == "MultiPoint"


@pytest.mark.parametrize("count", [0, -3])
@pytest.mark.parametrize("wkt", [SQUARE, "POLYGON((0 0,1 1,2 2,0 0))"])
def test_no_points_are_an_empty_multipoint(wkt, count):
    shape = drawn(wkt, count)
    assert shape.is_empty
    assert shape.geom_type == "MultiPoint"


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON((0 0,1 1,2 2,0 0))",
        "POLYGON((0.1 0.1,0.2 0.2,0.3 0.3,0.1 0.1))",
        "POLYGON((5 5,5 5,5 5,5 5))",
        "POLYGON((0 0,0 3,0 1,0 0))",
        "POLYGON EMPTY",
        "MULTIPOLYGON EMPTY",
    ],
)
def test_polygon_without_area_does_not_loop_for_ever(wkt):
    """The reference goes on until Lambda's timeout."""
    assert drawn(wkt, 10) is None
    assert drawn(wkt, 10, 3) is None


def test_sliver_takes_no_longer_than_a_square():
    """The reference needs 21 seconds for 10 points: nearly all of what it draws from the box falls beside."""
    begin = time.process_time()
    assert shapely.get_num_geometries(drawn(SLIVER, 1000)) == 1000
    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize("wkt", [WORLD, "POLYGON((0 0,60 0,60 80,0 80,0 0))"])
@pytest.mark.parametrize("draw", ["rejection", "triangles"])
def test_points_are_uniform_on_the_sphere(wkt, draw):
    """The sine of the latitude, as the longitude, has a uniform distribution (Archimedes)."""
    regions = read_regions([hexewkb(wkt)])
    dice = np.random.default_rng(5)
    if draw == "rejection":
        (points,) = rejection.draw(regions, np.array([4000]), [dice])
    else:
        points = triangles.draw(regions.shapes[0], 4000, dice)
    west, south, east, north = shapely.bounds(shapely.from_wkt(wkt))
    heights = np.sin(np.radians(points[:, 1]))
    low, high = np.sin(np.radians([south, north]))
    assert kstest((heights - low) / (high - low), "uniform").pvalue > 0.01
    assert kstest((points[:, 0] - west) / (east - west), "uniform").pvalue > 0.01


def test_parts_get_points_by_their_area():
    """Also where triangles are used, since the polygons fill little of their box."""
    points = np.concatenate(
        [shapely.get_coordinates(drawn(NEEDLES, 1000, seed)) for seed in range(4)]
    )
    southern = int((points[:, 1] < 40).sum())
    share = 1 / (1 + np.cos(np.radians(80)))
    assert chisquare([southern, 4000 - southern], [4000 * share, 4000 * (1 - share)]).pvalue > 0.01


def test_holes_get_no_points():
    points = shapely.get_parts(drawn(HOLED, 500))
    assert not shapely.contains(shapely.box(1, 1, 3, 3), points).any()


def test_crossing_rings_are_repaired():
    bow_tie = "POLYGON((0 0,2 2,2 0,0 2,0 0))"
    points = shapely.get_parts(drawn(bow_tie, 200))
    assert shapely.distance(shapely.make_valid(shapely.from_wkt(bow_tie)), points).max() < 1e-12


def test_without_a_seed_points_are_others_every_time():
    row = (hexewkb(SQUARE), 5)
    one, other = answer(handler, "__GENERATEPOINTS", row, row)
    again = answer(handler, "__GENERATEPOINTS", row)
    assert len({one, other, *again}) == 3


def test_with_a_seed_points_are_the_same_in_any_batch():
    rows = [(hexewkb(wkt), 20, seed) for wkt in (SQUARE, SLIVER, PARTS) for seed in (1, 2)]
    together = answer(
        handler, "__GENERATEPOINTS_SEEDED", *rows, (None, 3, 1), (rows[0][0], 3, None)
    )
    assert together[:-2] == [answer(handler, "__GENERATEPOINTS_SEEDED", row)[0] for row in rows]
    assert together[-2:] == [None, None]
    assert len(set(together[:-2])) == 6


def test_with_a_seed_the_order_of_corners_and_z_do_not_matter():
    spellings = [
        SQUARE,
        "POLYGON((2 2,0 2,0 0,2 0,2 2))",
        "POLYGON((0 0,0 2,2 2,2 0,0 0))",
        "POLYGON Z((0 0 7,2 0 7,2 2 7,0 2 7,0 0 7))",
    ]
    rows = [(hexewkb(wkt, srid=4326), 4, 9) for wkt in spellings]
    assert len(set(answer(handler, "__GENERATEPOINTS_SEEDED", *rows))) == 1


def test_seeded_points_never_change():
    """What was documented stays: these numbers are in people's tables."""
    points = shapely.get_coordinates(drawn("POLYGON((0 0,2 0,2 1,0 1,0 0))", 2, 42))
    assert points.tolist() == [
        [1.6943959945358447, 0.6897368712209697],
        [1.1488272167559892, 0.4502809125201652],
    ]


def test_seeds_of_different_polygons_are_not_alike():
    one = shapely.get_coordinates(drawn(SQUARE, 50, 1))
    other = shapely.get_coordinates(drawn("POLYGON((0 0,2 0,2 2.001,0 2,0 0))", 50, 1))
    assert np.abs(one - other).mean() > 0.1


@pytest.mark.parametrize("wkt", ["POINT(0 0)", "LINESTRING(0 0,1 1)", "GEOMETRYCOLLECTION EMPTY"])
@pytest.mark.parametrize(
    ("function", "extra"), [("__GENERATEPOINTS", ()), ("__GENERATEPOINTS_SEEDED", (1,))]
)
def test_other_geometries_are_an_error(function, extra, wkt):
    rows = [(hexewkb(SQUARE), 1, *extra), (hexewkb(wkt), 1, *extra)]
    message = refusal(handler, function, *rows)
    assert "row 1: Invalid geometry: it should be a Polygon or a MultiPolygon" in message


def test_latitudes_beyond_the_poles_are_an_error():
    message = refusal(handler, "__GENERATEPOINTS", (hexewkb("POLYGON((0 0,1 91,2 0,0 0))"), 1))
    assert "Invalid geometry: latitudes should be between -90 and 90" in message


def test_longitudes_may_go_on_beyond_the_antimeridian():
    points = shapely.get_coordinates(drawn("POLYGON((170 0,190 0,190 10,170 10,170 0))", 200))
    assert points[:, 0].max() > 180


def test_more_points_than_a_response_holds_are_refused_at_once():
    message = refusal(handler, "__GENERATEPOINTS", (hexewkb(SQUARE), 2_000_000_000))
    assert "row 0: the result would have 2000000000 points, which are 84000000000 bytes" in message
    message = refusal(handler, "__GENERATEPOINTS", (hexewkb(SQUARE), 2000))
    assert "more than the 65535 that Redshift can take as text: ask for 1560 points" in message


def test_many_points_come_in_bounded_memory(monkeypatch):
    monkeypatch.setattr(rejection, "_MOST_CANDIDATES", 50)
    rows = [(hexewkb(wkt), 70, 5) for wkt in (SQUARE, HOLED, PARTS)]
    for text in answer(handler, "__GENERATEPOINTS_SEEDED", *rows):
        assert len(json.loads(text)["coordinates"]) == 70
