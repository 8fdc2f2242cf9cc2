"""GeoJSON texts (RFC 7946) from arrays of coordinates, without a Python object for each number."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import orjson

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COMMA = ord(",")


def multi_line_string(lines: NDArray[np.float64]) -> str:
    """Write lines of shape (n, vertices, 2)."""
    return _text("MultiLineString", _numbers(lines).decode())


def multi_polygon(rings: NDArray[np.float64]) -> str:
    """Write polygons of one closed ring each, of shape (n, vertices, 2)."""
    return _text("MultiPolygon", _numbers(rings[:, None]).decode())


def ragged_multi_polygons(
    coordinates: NDArray[np.float64], rings: NDArray[np.int64], rows: NDArray[np.int64]
) -> list[str]:
    """Write a MultiPolygon for each row, of polygons of one closed ring each; no ring and no row is empty.

    Ring i is `coordinates[rings[i]:rings[i + 1]]`, row j has the rings from `rows[j]` to before `rows[j + 1]`.
    """
    text = bytearray(_numbers(coordinates))
    # The commas between the numbers are every second one; those that end a ring or a row are marked by other bytes.
    between = np.flatnonzero(np.frombuffer(text, np.uint8) == _COMMA)[1::2]
    marks = np.frombuffer(text, np.uint8)
    marks[between[rings[1:-1] - 1]] = ord("R")
    marks[between[rings[rows[1:-1]] - 1]] = ord("S")
    del marks
    parts = bytes(text)[2:-2].replace(b"]R[", b"]]],[[[").decode().split("]S[")
    return [_text("MultiPolygon", f"[[[[{part}]]]]") for part in parts]


def split(values: NDArray[np.float64], offsets: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Cut an array into those of each row."""
    return [values[start:end] for start, end in pairwise(offsets.tolist())]


def _numbers(values: NDArray[np.float64]) -> bytes:
    return orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)


def _text(kind: str, coordinates: str) -> str:
    return f'{{"type":"{kind}","coordinates":{coordinates}}}'
