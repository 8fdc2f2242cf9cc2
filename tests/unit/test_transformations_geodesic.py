"""Geodesics of whole columns against geographiclib, which has the algorithms that are cited, point by point."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from carto_transformations.geodesic import inverse, positions

WGS84 = Geodesic.WGS84
SHARES = np.linspace(0, 1, 7)
METER = 1e-6


def anywhere(count):
    dice = random.Random(12)  # noqa: S311 - repeatable test data
    return [
        (dice.uniform(-90, 90), dice.uniform(-180, 180), dice.uniform(-90, 90), dice.uniform(-540, 540))
        for _ in range(count)
    ]  # fmt: skip


def nearly_antipodal(count):
    dice = random.Random(13)  # noqa: S311
    found = []
    for _ in range(count):
        latitude, longitude = dice.uniform(-89, 89), dice.uniform(-180, 180)
        found.append(
            (
                latitude,
                longitude,
                -latitude + dice.gauss(0, 0.3),
                longitude + 180 + dice.gauss(0, 0.3),
            )
        )
    return found


def close(count):
    dice = random.Random(14)  # noqa: S311
    found = []
    for _ in range(count):
        latitude, longitude, spread = (
            dice.uniform(-89, 89),
            dice.uniform(-180, 180),
            10 ** dice.uniform(-9, 0),
        )
        found.append(
            (
                latitude,
                longitude,
                latitude + dice.gauss(0, spread),
                longitude + dice.gauss(0, spread),
            )
        )
    return [case for case in found if abs(case[2]) <= 90]


SPECIAL = [
    (0, 0, 0, 170), (0, 0, 0, 179), (0, 0, 0, 179.9), (0, 0, 0, 180), (0, 0, 1, 180), (0, 0, 0.1, 179.9),
    (90, 0, 50, 30), (90, 77, -20, 13), (90, 0, -90, 0), (-90, 5, -90, 9), (-90, 0, 20, 40), (50, 30, 90, 0),
    (89.9999999, 0, 20, 100), (89.999, 10, 89.999, -170), (30, 0, -30, 180), (30, 0, -30, 179.9),
    (45, 10, 45, -170), (-45, 10, -45, -170), (10, 20, 40, 20), (40, 20, 10, 20), (10, 20, 10, 20),
]  # fmt: skip


@pytest.mark.parametrize(
    "cases", [anywhere(300), nearly_antipodal(150), close(150), SPECIAL],
    ids=["anywhere", "nearly antipodal", "close", "special"],
)  # fmt: skip
def test_lengths_and_places_are_those_of_geographiclib(cases):
    angles = np.radians(np.array(cases, float))
    lines = inverse(*angles.T)
    latitude, longitude = (
        np.degrees(part) for part in positions(lines, lines.length[:, None] * SHARES)
    )
    for row, case in enumerate(cases):
        assert lines.length[row] == pytest.approx(WGS84.Inverse(*case)["s12"], abs=METER)
        way = WGS84.Line(case[0], case[1], math.degrees(lines.azimuth[row]))
        for place, share in enumerate(SHARES):
            expected = way.Position(lines.length[row] * share)
            here = (float(latitude[row, place]), float(longitude[row, place]))
            assert WGS84.Inverse(*here, expected["lat2"], expected["lon2"])["s12"] < METER
        end = (float(latitude[row, -1]), float(longitude[row, -1]))
        assert WGS84.Inverse(*end, *case[2:])["s12"] < METER, case


def test_longitudes_do_not_jump():
    cases = np.radians(np.array(anywhere(200)))
    lines = inverse(*cases.T)
    _, longitude = positions(lines, lines.length[:, None] * np.linspace(0, 1, 2000))
    steps = np.abs(np.diff(longitude, axis=1)).max(axis=1)
    assert steps.max() < np.pi
    assert (np.abs(longitude - lines.longitude[:, None]) <= np.pi + 1e-9).all()


def test_a_line_does_not_depend_on_its_batch():
    cases = np.radians(np.array(anywhere(40) + nearly_antipodal(20) + close(20)))
    together = inverse(*np.ascontiguousarray(cases.T))
    for row, case in enumerate(cases):
        alone = inverse(*case[:, None].copy())
        assert alone.length[0] == together.length[row]
        assert alone.azimuth[0] == together.azimuth[row]
