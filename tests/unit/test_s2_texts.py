"""Texts made for all rows at once, among rows that are NULL."""

from __future__ import annotations

import json

import numpy as np
import shapely

from carto_at_runtime import Invocation, JoinedTexts, Registry, int64
from carto_s2.texts import points, polygons


def test_polygons_read_back_the_same():
    rings = np.random.default_rng(3).uniform(-180, 180, (50, 5, 2))
    rings[7] = 1e-17
    rings[8] = 90.0
    rings[:, 4] = rings[:, 0]
    made = polygons(rings)
    texts = made.text.split(made.mark)
    assert len(texts) == len(made) == 50
    found = np.array([shapely.get_coordinates(shapely.from_wkt(text.decode())) for text in texts])
    assert (found == rings).all()


def test_points_read_back_the_same():
    longitudes, latitudes = np.array([0.1, -180.0, 1e-300]), np.array([90.0, -0.3, 2.5])
    made = points(longitudes, latitudes)
    found = shapely.from_wkb([text.decode() for text in made.text.split(made.mark)])
    assert shapely.get_srid(found).tolist() == [4326] * 3
    assert shapely.get_x(found).tolist() == longitudes.tolist()
    assert shapely.get_y(found).tolist() == latitudes.tolist()


def test_joined_texts_are_results_of_a_function_with_and_without_nulls():
    registry = Registry()

    @registry.external_function("words", int64("number"))
    def words(numbers):
        return JoinedTexts(b"|".join(b"<%d>" % number for number in numbers), b"|", len(numbers))

    handle = Invocation(registry)
    for rows, expected in (
        ([[1], [2]], ["<1>", "<2>"]),
        ([[1], [None], [3]], ["<1>", None, "<3>"]),
        ([[None]], [None]),
    ):
        event = {"external_function": "words", "num_records": len(rows), "arguments": rows}
        assert json.loads(handle(event))["results"] == expected
