"""BEZIERSPLINE and MAKEELLIPSE, whole invocations, against their formulas written out point by point."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from carto_at_runtime.limits import MAX_RESPONSE_BYTES
from carto_constructors import handler
from carto_constructors.bezier import sample_counts, sample_times
from tests.unit.handler_calls import BothWays, refusal, respond
from tests.unit.handler_calls import answer as answer_of

ASKED = BothWays(handler)

RADIUS_KM = 6371.0088


def hexed(text):
    return None if text is None else shapely.to_wkb(shapely.from_wkt(text), hex=True)


def answer(function, *rows):
    return respond(ASKED, f"__{function}", *rows)


def results(function, *rows):
    found = answer_of(ASKED, f"__{function}", *rows)
    return [None if one is None else shapely.from_wkb(one) for one in found]


def error(function, *rows):
    return refusal(ASKED, f"__{function}", *rows)


def ellipse(center, x, y, angle=0, units="kilometers", steps=64):
    return hexed(center), str(x), str(y), str(angle), units, steps


# --- ellipses ---------------------------------------------------------------------------------------------------------


def on_ellipse(shape, center, a, b, angle=0.0):
    """How far (x/a)^2 + (y/b)^2 is from 1 at the vertices, turned back counter-clockwise."""
    x, y = (shapely.get_coordinates(shape) - center).T
    turn = math.radians(angle)
    u, v = x * math.cos(turn) - y * math.sin(turn), y * math.cos(turn) + x * math.sin(turn)
    return np.abs((u / a) ** 2 + (v / b) ** 2 - 1).max()


def test_ellipses_in_degrees_are_ellipses():
    [shape] = results("MAKEELLIPSE", ellipse("POINT(10 20)", 3, 2, 30, "degrees"))
    assert on_ellipse(shape, (10, 20), 3, 2, 30) < 1e-12
    assert shape.geom_type == "Polygon"
    assert len(shape.exterior.coords) == 65
    assert shapely.get_srid(shape) == 4326


def test_ellipses_in_lengths_have_their_axes_on_the_sphere():
    [shape, miles, meters] = results(
        "MAKEELLIPSE",
        ellipse("POINT(10 60)", 500, 200),
        ellipse("POINT(10 60)", 500 * 0.621371192, 200 * 0.621371192, 0, "miles"),
        ellipse("POINT(10 60)", 500_000, 200_000, 0, "meters"),
    )
    east = math.degrees(500 / RADIUS_KM) / math.cos(math.radians(60))
    north = math.degrees(200 / RADIUS_KM)
    assert on_ellipse(shape, (10, 60), east, north) < 1e-12
    assert shape.exterior.coords[0] == pytest.approx((10 + east, 60), rel=1e-12)
    for other in (miles, meters):
        assert shapely.get_coordinates(other) == pytest.approx(
            shapely.get_coordinates(shape), rel=1e-12
        )


def test_a_turned_ellipse_keeps_its_center():
    """The reference turns around the mean of the ring with its closing vertex, 1/65 of an axis off."""
    [shape] = results("MAKEELLIPSE", ellipse("POINT(-73.9385 40.6643)", 5, 3, 30))
    corners = shapely.get_coordinates(shape)[:-1]
    scale = math.cos(math.radians(40.6643))
    opposite = (corners[:32] + corners[32:]) / 2
    # Opposite vertices have the centre half way, but for the curvature of rhumb lines.
    assert np.abs(opposite - (-73.9385, 40.6643)).max() < 2e-5
    flat = (corners - (-73.9385, 40.6643)) * (scale, 1)
    assert np.hypot(*flat.T).max() == pytest.approx(math.degrees(5 / RADIUS_KM), rel=1e-3)


def test_a_positive_angle_turns_clockwise():
    [flat, rhumb] = results(
        "MAKEELLIPSE",
        ellipse("POINT(0 0)", 3, 1, 30, "degrees"),
        ellipse("POINT(0 0)", 300, 100, 30),
    )
    for shape in (flat, rhumb):
        x, y = shape.exterior.coords[0]
        assert math.degrees(math.atan2(y, x)) == pytest.approx(-30, abs=0.05)


def test_null_units_and_steps_are_the_defaults_and_other_nulls_give_null():
    rows = [
        ellipse("POINT(0 0)", 5, 3, 10, None, None),
        ellipse("POINT(0 0)", 5, 3, 10),
        ellipse(None, 5, 3),
        (hexed("POINT(0 0)"), None, "3", "0", "miles", 64),
        (hexed("POINT(0 0)"), "5", "3", None, "miles", 64),
        ellipse("POINT EMPTY", 5, 3),
    ]
    found = results("MAKEELLIPSE", *rows)
    assert found[0].equals_exact(found[1], 0)
    assert found[2:] == [None] * 4


def test_axis_of_zero_has_a_clear_error():
    assert "row 1: Invalid axis: should not be 0" in error(
        "MAKEELLIPSE", ellipse("POINT(0 0)", 1, 1), ellipse("POINT(0 0)", 0, 1)
    )


@pytest.mark.parametrize("steps", [0, 1, 2, -5])
def test_too_few_steps_have_a_clear_error(steps):
    assert "Invalid steps" in error("MAKEELLIPSE", ellipse("POINT(0 0)", 1, 1, steps=steps))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ellipse("POINT(0 0)", 1, 1, 0, "parsecs"), "non valid units"),
        (ellipse("LINESTRING(0 0, 1 1)", 1, 1), "center should be a Point"),
        (ellipse("POINT(0 80)", 5, 1200), "the ellipse reaches a pole"),
        (ellipse("POINT(0 80)", 5, 1200, 45), "the ellipse reaches a pole"),
        (ellipse("POINT(0 -80)", 1200, 5, 90), "the ellipse reaches a pole"),
        (ellipse("POINT(0 88)", 3, 1, 90, "degrees"), "the ellipse reaches a pole"),
        (ellipse("POINT(0 0)", 30_000, 5), "the ellipse reaches around the world"),
        (ellipse("POINT(0 91)", 1, 1), "latitude should be between -90 and 90"),
        (ellipse("POINT(0 0)", "1e999", 1), "is not a finite number"),
    ],
)
def test_other_impossible_ellipses_name_their_row(row, message):
    good = ellipse("POINT(0 0)", 1, 1, 0, "degrees", 5)
    found = error("MAKEELLIPSE", good, good, row, row)
    assert "row 2: " in found
    assert message in found


def test_the_first_bad_row_is_named_among_other_steps():
    good, bad = ellipse("POINT(0 0)", 1, 1, steps=9), ellipse("POINT(0 89.99)", 9, 9, steps=70)
    assert "row 2:" in error("MAKEELLIPSE", good, ellipse("POINT(0 0)", 1, 1), bad, bad, good)


def test_an_ellipse_across_the_antimeridian_is_cut_there():
    [shape] = results("MAKEELLIPSE", ellipse("POINT(179.9 10)", 50, 30))
    [whole] = results("MAKEELLIPSE", ellipse("POINT(0 10)", 50, 30))
    assert shape.geom_type == "MultiPolygon"
    assert shape.is_valid
    assert shape.area == pytest.approx(whole.area, rel=1e-9)
    assert shape.bounds[0] == -180
    assert shape.bounds[2] == 180


def test_results_that_cannot_be_returned_are_refused_before_they_are_made():
    message = error("MAKEELLIPSE", ellipse("POINT(0 0)", 1, 1, steps=2_000_000_000))
    assert (
        "row 0: the result would have 2000000001 vertices, which are 64000000032 bytes" in message
    )
    message = error("BEZIERSPLINE", (hexed("LINESTRING(0 0, 1 1)"), 2_000_000_000, "0.85"))
    assert "more than the 65535 that Redshift can take as text" in message


def test_the_largest_results_that_redshift_can_take():
    largest = answer("MAKEELLIPSE", ellipse("POINT(0 0)", 1, 1, steps=2045))
    assert len(largest) <= 65_535
    assert "2047 vertices" in error("MAKEELLIPSE", ellipse("POINT(0 0)", 1, 1, steps=2046))
    # Cut into two polygons, it has a few vertices more.
    assert "ask for fewer steps" in error("MAKEELLIPSE", ellipse("POINT(180 0)", 1, 1, steps=2045))


@given(
    st.lists(
        st.tuples(
            st.floats(-180, 180), st.floats(-80, 80), st.floats(0.1, 100), st.floats(0.1, 100),
            st.sampled_from([0.0, 30.0, -75.5, 400.0]), st.sampled_from(["miles", "degrees", None]),
            st.sampled_from([3, 10, None]),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_a_row_does_not_depend_on_its_batch(rows):
    made = [
        ellipse(f"POINT({lon!r} {lat!r})", x / 50, y / 50, angle, units, steps)
        for lon, lat, x, y, angle, units, steps in rows
    ]
    together = answer("MAKEELLIPSE", *made)["results"]
    assert together == [answer("MAKEELLIPSE", row)["results"][0] for row in made]


# --- splines ----------------------------------------------------------------------------------------------------------


def spline_by_definition(points, duration, sharpness):
    """turf.js's spline, one sample after the other."""
    centers = [tuple((a + b) / 2 for a, b in zip(p, q, strict=True)) for p, q in pairwise(points)]
    controls = [(points[0], points[0])]
    for i in range(len(centers) - 1):
        shift = [points[i + 1][k] - (centers[i][k] + centers[i + 1][k]) / 2 for k in (0, 1)]
        controls.append(
            tuple(
                tuple(
                    (1 - sharpness) * points[i + 1][k] + sharpness * (centers[j][k] + shift[k])
                    for k in (0, 1)
                )
                for j in (i, i + 1)
            )
        )
    controls.append((points[-1], points[-1]))
    found = []
    for time in range(0, duration, 10):
        if time // 100 % 2:
            continue
        place = (len(points) - 1) * (time / duration)
        n = int(place)
        t = place - n
        found.append(
            tuple(
                points[n + 1][k] * t**3
                + controls[n + 1][0][k] * 3 * t * t * (1 - t)
                + controls[n][1][k] * 3 * t * (1 - t) ** 2
                + points[n][k] * (1 - t) ** 3
                for k in (0, 1)
            )
        )
    return found


POINTS = st.lists(
    st.tuples(st.floats(-180, 180, width=32), st.floats(-90, 90, width=32)), min_size=2, max_size=9
)


@given(
    st.lists(
        st.tuples(POINTS, st.sampled_from([11, 50, 1000, 3333]), st.floats(0, 1, width=16)),
        min_size=1,
        max_size=5,
    )
)
def test_splines_are_those_of_the_definition(rows):
    made = [
        (shapely.to_wkb(shapely.linestrings(points), hex=True), duration, repr(sharpness))
        for points, duration, sharpness in rows
    ]
    for (points, duration, sharpness), shape in zip(
        rows, results("BEZIERSPLINE", *made), strict=True
    ):
        expected = spline_by_definition(points, duration, sharpness)
        assert np.abs(shapely.get_coordinates(shape) - expected).max() < 1e-11


def test_the_default_spline_has_five_hundred_vertices():
    [shape] = results("BEZIERSPLINE", (hexed("LINESTRING(0 0, 1 2, 3 0)"), 10_000, "0.85"))
    assert len(shape.coords) == 500
    assert shape.coords[0] == (0, 0)


@given(st.integers(1, 5000))
def test_samples_are_counted_without_making_them(resolution):
    assert sample_counts(np.array([resolution]))[0] == len(sample_times(resolution))


def test_z_is_dropped_and_null_gives_null():
    flat, deep, nothing = results(
        "BEZIERSPLINE",
        (hexed("LINESTRING(0 0, 1 2, 3 0)"), 100, "0.5"),
        (hexed("LINESTRING Z(0 0 5, 1 2 5, 3 0 5)"), 100, "0.5"),
        (None, 100, "0.5"),
    )
    assert flat.equals_exact(deep, 0)
    assert nothing is None


@pytest.mark.parametrize(
    "text",
    ["POINT(0 0)", "POLYGON((0 0, 1 0, 1 1, 0 0))", "LINESTRING EMPTY", "MULTIPOINT(0 0, 1 1)",
     "MULTILINESTRING((0 0, 1 1), (2 2, 3 3))"],
)  # fmt: skip
def test_splines_of_what_is_no_line_have_a_clear_error(text):
    good = (hexed("LINESTRING(0 0, 1 2)"), 100, "0.5")
    message = error("BEZIERSPLINE", good, (hexed(text), 100, "0.5"), good)
    assert "row 1: linestring should be a LineString" in message


@pytest.mark.parametrize("resolution", [0, -1, 10])
def test_resolution_of_zero_has_a_clear_error(resolution):
    row = (hexed("LINESTRING(0 0, 1 2)"), resolution, "0.5")
    assert "Invalid resolution: should be more than 10" in error("BEZIERSPLINE", row)


@pytest.mark.thorough
def test_full_batches_at_the_limits_fit_into_a_response():
    spline = (hexed("LINESTRING(0 0, 1 2, 3 0)"), 40_000, "0.85")
    drawn = ellipse("POINT(0 0)", 1, 1, steps=2000)
    cut = ellipse("POINT(180 10)", 50, 30, 45)[:5]
    for function, row, rows in (
        ("BEZIERSPLINE", spline, 95), ("MAKEELLIPSE", drawn, 95), ("MAKEELLIPSE_64", cut, 2400)
    ):  # fmt: skip
        document = {
            "external_function": f"__{function}",
            "num_records": rows,
            "arguments": [row] * rows,
        }
        posted = handler(json.dumps(document).encode(), None)
        assert json.loads(json.loads(posted))["success"]
        assert MAX_RESPONSE_BYTES * 0.85 < len(posted) <= MAX_RESPONSE_BYTES
