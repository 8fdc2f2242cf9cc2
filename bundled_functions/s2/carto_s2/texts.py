"""Well-known text and binary from arrays of coordinates, without a Python object per number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

from carto_at_runtime import JoinedTexts

if TYPE_CHECKING:
    from carto_s2.hilbert import Floats

_COMMA = ord(",")
_SPACE = ord(" ")
_VERTEX = b"V"
_RING = b"R"
_POINT = b"\x01\x01\x00\x00\x20\xe6\x10\x00\x00"  # little-endian, point with SRID, 4326


def polygons(rings: Floats) -> JoinedTexts:
    """Return `POLYGON ((x y, x y, ...))` for closed rings: array (polygons, vertices, 2)."""
    count, vertices, _ = rings.shape
    numbers = orjson.dumps(rings.reshape(-1), option=orjson.OPT_SERIALIZE_NUMPY)
    text = np.frombuffer(bytearray(numbers), np.uint8)
    commas = np.flatnonzero(text == _COMMA)
    text[commas[0::2]] = _SPACE
    text[commas[1::2]] = ord(_VERTEX)
    text[commas[2 * vertices - 1 :: 2 * vertices]] = ord(_RING)
    joined = text[1:-1].tobytes().replace(_VERTEX, b", ").replace(_RING, b"))RPOLYGON ((")
    return JoinedTexts(b"POLYGON ((%b))" % joined, _RING, count)


def points(longitudes: Floats, latitudes: Floats) -> JoinedTexts:
    """Return points as hex EWKB with SRID 4326."""
    record = np.dtype([("head", "V9"), ("x", "<f8"), ("y", "<f8")])
    table = np.empty(len(longitudes), record)
    table["head"] = np.void(_POINT)
    table["x"], table["y"] = longitudes, latitudes
    return JoinedTexts(table.tobytes().hex(",", record.itemsize).encode(), b",", len(table))
