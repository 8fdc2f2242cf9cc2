"""Calls a module's Lambda handler as Redshift does, with geometries as hex EWKB."""

import json

import pytest
import shapely


def hexewkb(wkt, srid=None, **flags):
    """A geometry, or its WKT, as Redshift sends it."""
    shape = shapely.from_wkt(wkt) if isinstance(wkt, str) else wkt
    if srid is not None:
        shape = shapely.set_srid(shape, srid)
    return shapely.to_wkb(shape, hex=True, include_srid=srid is not None, **flags)


def multipoint(points):
    return hexewkb(shapely.MultiPoint([tuple(point) for point in points]))


def answer(handler, function, *rows):
    """The results of a batch; the test fails when the batch does."""
    response = respond(handler, function, *rows)
    assert response["success"], response["error_msg"]
    assert len(response["results"]) == len(rows)
    return response["results"]


def refusal(handler, function, *rows):
    """The error of a batch that must fail."""
    response = respond(handler, function, *rows)
    if response["success"]:
        pytest.fail(f"no error: {response['results']}")
    assert response["results"] == []
    return response["error_msg"]


def respond(handler, function, *rows):
    event = {
        "external_function": f"carto.{function}",
        "num_records": len(rows),
        "arguments": [list(row) for row in rows],
    }
    return json.loads(json.loads(handler.respond(json.dumps(event).encode())))


class BothWays:
    """A handler that is asked with the bytes of an event and with the event read already: the answers are the same."""

    def __init__(self, handler):
        self._handler = handler

    def respond(self, event):
        posted = self._handler.respond(event)
        assert self._handler(json.loads(event), None) == json.loads(posted)
        return posted
