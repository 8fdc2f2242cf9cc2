"""Whole invocations of the S2 handlers, and what the s2sphere library answers."""

from __future__ import annotations

import json

import s2sphere

from carto_s2 import handler
from tests.unit.handler_calls import BothWays, refusal
from tests.unit.handler_calls import answer as answer_of

ASKED = BothWays(handler)

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


def results(function, *rows):
    return answer_of(ASKED, function, *rows)


def arrays(function, *rows):
    return [json.loads(result) for result in results(function, *rows)]


def error(function, *rows):
    return refusal(ASKED, function, *rows)
