"""GeoJSON texts (RFC 7946) from arrays of coordinates, without a Python object for each number."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import orjson

from carto_processing.sites import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray


def multi_line_string(lines: NDArray[np.float64]) -> str:
    """Write lines of shape (n, vertices, 2)."""
    return _text("MultiLineString", _numbers(lines))


def multi_polygon(rings: NDArray[np.float64]) -> str:
    """Write polygons of one closed ring each, of shape (n, vertices, 2)."""
    return _text("MultiPolygon", _numbers(rings[:, None]))


def ragged_multi_polygon(coordinates: NDArray[np.float64], offsets: NDArray[np.int64]) -> str:
    """Write polygons of one closed ring each: ring i is `coordinates[offsets[i]:offsets[i + 1]]`, none is empty."""
    pairs = _numbers(coordinates)[2:-2].split("],[")
    bounds = offsets.tolist()
    rings = ("],[".join(pairs[start:end]) for start, end in pairwise(bounds))
    return _text("MultiPolygon", f"[[[[{']]],[[['.join(rings)}]]]]")


def _numbers(values: NDArray[np.float64]) -> str:
    contiguous = np.ascontiguousarray(rounded(values))
    return orjson.dumps(contiguous, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _text(kind: str, coordinates: str) -> str:
    return f'{{"type":"{kind}","coordinates":{coordinates}}}'
