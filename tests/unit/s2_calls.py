"""Whole invocations of the S2 handlers, and what the s2sphere library answers."""

from __future__ import annotations

import json

import s2sphere

from carto_s2 import handler

LEVELS = range(31)


def signed(number):
    return number - 2**64 if number >= 2**63 else number


def cell_id(number):
    return s2sphere.CellId(number % 2**64)


def cell_at(longitude, latitude, level):
    point = s2sphere.LatLng.from_degrees(latitude, longitude)
    return signed(s2sphere.CellId.from_lat_lng(point).parent(level).id())


def degrees(value):
    """As the SQL wrappers send degrees: in units of 2**-52."""
    return round(value * 2**52)


def answer(function, *rows):
    document = {
        "external_function": f"carto.{function}",
        "num_records": len(rows),
        "arguments": [list(row) for row in rows],
    }
    text = handler(document, None)
    assert json.loads(handler(json.dumps(document).encode(), None)) == text
    return json.loads(text)


def results(function, *rows):
    document = answer(function, *rows)
    assert document["success"], document["error_msg"]
    return document["results"]


def arrays(function, *rows):
    return [json.loads(result) for result in results(function, *rows)]


def error(function, *rows):
    document = answer(function, *rows)
    assert document["success"] is False
    assert document["results"] == []
    return document["error_msg"]
