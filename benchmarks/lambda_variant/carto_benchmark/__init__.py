"""Functions that the toolbox has in plain SQL, as a Lambda function: for the comparison only, not part of the toolbox.

QUADBIN_FROMLONGLAT is vectorised like the toolbox's own Lambda functions, the others go row by row.
"""

from __future__ import annotations

import json
import math

import h3
import numpy as np
import shapely

from carto_at_runtime import NULL_RESULT, external_function, float64, int32
from carto_at_runtime import handler as vectorised
from carto_quadbin.grid import project, tiles_to_cells

__all__ = ["from_longitude_latitude", "handler"]

_RADIUS = 6371.0088


def quadint(longitude, latitude, zoom):
    """Answer QUADINT_FROMLONGLAT."""
    sine = math.sin(math.radians(float(latitude)))
    side = 1 << zoom
    x = int((float(longitude) / 360 + 0.5) * side) % side
    y = int((0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * side)
    return y << (zoom + 5) | x << 5 | zoom


def s2_token(number):
    """Answer S2_TOTOKEN."""
    return f"{number % 2**64:016x}".rstrip("0")


def h3_cell(longitude, latitude, resolution):
    """Answer H3_FROMLONGLAT."""
    return h3.latlng_to_cell(float(latitude), float(longitude), resolution)


_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
_WORDS = "prn pre f4nny f4nne tw4t tw4e ngr ngu dck dce vjn vju fck fce pns pne sht she kkk kke fgt fgu dyk dye bch bce"


def placekey(cell):
    """Answer PLACEKEY_FROMH3, of cells of resolution 10."""
    number = (int(cell, 16) + (1 << 45) & (1 << 52) - 1) >> 9
    code = ""
    while number:
        number, digit = divmod(number, 28)
        code = _ALPHABET[digit] + code
    code = code.rjust(9, "a")
    words = _WORDS.split()
    for word, replacement in zip(words[::2], words[1::2], strict=True):
        code = code.replace(word, replacement)
    return f"@{code[:3]}-{code[3:6]}-{code[6:]}"


def envelope(west, south, east, north):
    """Answer ST_MAKEENVELOPE."""
    return shapely.to_wkb(
        shapely.box(float(west), float(south), float(east), float(north)), hex=True
    )


def destination(longitude, latitude, kilometres, bearing):
    """Answer ST_DESTINATION."""
    x, y, angle = (math.radians(float(value)) for value in (longitude, latitude, bearing))
    far = float(kilometres) / _RADIUS
    north = math.asin(math.sin(y) * math.cos(far) + math.cos(y) * math.sin(far) * math.cos(angle))
    east = x + math.atan2(
        math.sin(angle) * math.sin(far) * math.cos(y), math.cos(far) - math.sin(y) * math.sin(north)
    )
    return shapely.to_wkb(shapely.Point(math.degrees(east), math.degrees(north)), hex=True)


ROWS = {
    "__benchmark_quadint": quadint,
    "__benchmark_s2_token": s2_token,
    "__benchmark_h3": h3_cell,
    "__benchmark_placekey": placekey,
    "__benchmark_envelope": envelope,
    "__benchmark_destination": destination,
}


def handler(event, context):
    """Answer row by row, or leave it to the vectorised function."""
    document = json.loads(event) if isinstance(event, (bytes, bytearray, memoryview)) else event
    function = ROWS.get(document["external_function"].rpartition(".")[2].lower())
    if function is None:
        return vectorised(event, context)
    results = [function(*row) for row in document["arguments"]]
    answer = json.dumps({"success": True, "num_records": len(results), "results": results})
    return answer if event is document else json.dumps(answer).encode()


@external_function(
    "__BENCHMARK_FROMLONGLAT",
    float64("longitude", on_null=NULL_RESULT),
    float64("latitude", on_null=NULL_RESULT),
    int32("resolution", on_null=NULL_RESULT),
)
def from_longitude_latitude(longitude, latitude, resolution):
    """The cell of each point, as the SQL function computes it."""
    z = resolution.astype(np.int64)
    x, y = project(np.clip(longitude, -180, 180), np.clip(latitude, -89, 89), z)
    last = np.left_shift(1, z) - 1
    column = np.floor(x).astype(np.int64) & last
    row = np.clip(np.floor(y).astype(np.int64), 0, last)
    return tiles_to_cells(column, row, z)
