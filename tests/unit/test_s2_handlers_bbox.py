"""S2_POLYFILL_BBOX: the coverings are those of the s2sphere library, cell by cell."""

from __future__ import annotations

import random

import pytest
import s2sphere
from hypothesis import given
from hypothesis import strategies as st

from carto_s2.boxes import Box
from carto_s2.coverer import TooManyCellsError, cover
from tests.unit.s2_calls import arrays, cell_at, cell_id, degrees, error

FINE = 0, 30
GRID = (-180, -135, -90, -45, 0, 45, 90, 135, 180)


def covered(west, east, south, north, levels=FINE):
    return cover(Box.of_degrees(west, east, south, north), *levels, 100_000)


def by_the_library(west, east, south, north, levels=FINE):
    coverer = s2sphere.RegionCoverer()
    coverer.min_level, coverer.max_level = levels
    low = s2sphere.LatLng.from_degrees(south, west)
    high = s2sphere.LatLng.from_degrees(north, east)
    return [cell.id() for cell in coverer.get_covering(s2sphere.LatLngRect(low, high))]


def boxes_of_all_sizes(dice):
    for _ in range(25):
        x, y = dice.uniform(-180, 179), dice.uniform(-90, 89)
        size = 10 ** dice.uniform(-8, 0)
        yield x, x + size, y, y + size * dice.random()


def boxes_over_the_antimeridian(dice):
    for _ in range(30):
        size, y = 10 ** dice.uniform(-6, 1.5), dice.uniform(-90, 80)
        yield 180 - size, -180 + size * dice.random(), y, y + dice.uniform(0, 10)


def boxes_anywhere(dice):
    for _ in range(25):
        south, north = sorted((dice.uniform(-90, 90), dice.uniform(-90, 90)))
        yield dice.uniform(-180, 180), dice.uniform(-180, 180), south, north


def boxes_on_the_edges_of_faces(dice):
    for _ in range(25):
        west, east = dice.choice(GRID), dice.choice(GRID)
        south, north = sorted(dice.choice((-90, -45, -35.264389682754654, 0, 45, 90)) for _ in "ab")
        if (west, east) != (180, -180):
            yield west, east, south, north


def points(dice):
    for _ in range(20):
        x, y = dice.choice([*GRID, dice.uniform(-180, 180)]), dice.choice([-90, 0, 45.5, 90])
        yield x, x, y, y


@pytest.mark.parametrize(
    "boxes",
    [
        boxes_of_all_sizes,
        boxes_over_the_antimeridian,
        boxes_anywhere,
        boxes_on_the_edges_of_faces,
        points,
    ],
)
def test_coverings_equal_the_library(boxes):
    for box in boxes(random.Random(20_261_123)):  # noqa: S311 (test data)
        assert covered(*box) == by_the_library(*box), box


@pytest.mark.parametrize("levels", [(0, 0), (3, 3), (2, 5), (4, 12), (6, 30), (30, 30)])
def test_coverings_between_resolutions_equal_the_library(levels):
    dice = random.Random(sum(levels))  # noqa: S311 (test data)
    for _ in range(12):
        x, y = dice.uniform(-180, 179), dice.uniform(-85, 85)
        size = dice.uniform(0.2, 4) * 60 / 2 ** levels[0]
        box = (x, min(180, x + size), y, min(90, y + size))
        found = covered(*box, levels)
        assert found == by_the_library(*box, levels)
        assert all(levels[0] <= cell_id(cell).level() <= levels[1] for cell in found)


@given(
    st.floats(-180, 180), st.floats(-180, 180), st.floats(-90, 90), st.floats(-90, 90),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_a_covering_holds_every_point_of_its_box(west, east, one, other, across, up):
    south, north = sorted((one, other))
    span = east - west if east >= west else east - west + 360
    x, y = west + span * across, south + (north - south) * up
    x = x - 360 if x > 180 else x
    cells = covered(west, east, south, north)
    assert 1 <= len(cells) <= 8
    leaf = cell_id(cell_at(x, y, 30))
    assert any(cell_id(cell).contains(leaf) for cell in cells)


def test_180_and_minus_180_are_one_meridian():
    meridian = covered(180, 180, -10, 10)
    assert covered(180, -180, -10, 10) == meridian
    assert covered(-180, -180, -10, 10) == meridian
    assert len(covered(-180, 180, -90, 90)) == 6


def test_resolutions_are_all_by_default():
    box = tuple(map(degrees, (-3.72, -3.68, 40.4, 40.43)))
    assert arrays("__S2_POLYFILL_BBOX", box, box) == arrays(
        "__S2_POLYFILL_BBOX", (*box, 0, 30), (*box, 0, 30)
    )


def test_ids_are_signed():
    box = tuple(map(degrees, (-74.1, -73.9, 40.6, 40.8)))
    (found,) = arrays("__S2_POLYFILL_BBOX", (*box, 8, 12))
    assert found == sorted(found)
    assert max(found) < 0


def test_polyfill_bbox_latitudes_the_wrong_way_round_are_an_error():
    box = tuple(map(degrees, (0, 1, 10, 5)))
    message = error("__S2_POLYFILL_BBOX", (*box, 0, 30))
    assert "Maximum latitude (5.0) must be equal or greater than minimum latitude (10.0)" in message


@pytest.mark.parametrize(
    ("box", "levels", "reason"),
    [
        ((0, 1, 0, 1), (5, 4), "Maximum resolution (4) must be equal or greater than minimum resolution (5)"),
        ((0, 1, 0, 1), (-1, 4), "Resolution must be between 0 and 30, got -1"),
        ((0, 1, 0, 1), (0, 31), "Resolution must be between 0 and 30, got 31"),
        ((0, 181, 0, 1), (0, 30), "Longitude must be between -180 and 180, got 181.0"),
        ((-180.5, 1, 0, 1), (0, 30), "Longitude must be between -180 and 180, got -180.5"),
        ((0, 1, 0, 90.5), (0, 30), "Latitude must be between -90 and 90, got 90.5"),
    ],
)  # fmt: skip
def test_arguments_out_of_range_are_errors(box, levels, reason):
    good = (0, 0, 0, 0, 0, 30)
    message = error("__S2_POLYFILL_BBOX", good, (*map(degrees, box), *levels))
    assert f"Error processing row 1: {reason}" in message


def test_a_covering_that_is_too_large_is_refused():
    with pytest.raises(TooManyCellsError):
        cover(Box.of_degrees(-10, 10, -10, 10), 12, 30, 1000)
    with pytest.raises(TooManyCellsError):
        cover(Box.of_degrees(-180, 180, -90, 90), 9, 9, 1000)


def test_a_large_covering_is_split_to_the_coarsest_resolution():
    (answered,) = arrays("__S2_POLYFILL_BBOX", (*map(degrees, (-180, 180, -90, 90)), 3, 4))
    found = covered(-180, 180, -90, 90, (3, 4))
    assert [cell % 2**64 for cell in answered] == [cell % 2**64 for cell in found]
    assert len(found) == len(set(found)) == 6 * 4**3
    assert {cell_id(cell).level() for cell in found} == {3}
