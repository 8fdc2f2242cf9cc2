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


def outlines(
    points: NDArray[np.float64], corners: NDArray[np.int64], offsets: NDArray[np.int64], kind: str
) -> list[str]:
    """Write a MultiLineString or a MultiPolygon of each row's triangles.

    Row i has `corners[offsets[i]:offsets[i + 1]]`, numbers of points, of shape (n, 3). Each point's text is made once,
    though a point is a corner of six triangles on average.
    """
    opening, closing = ("[", "]") if kind == "MultiLineString" else ("[[", "]]")
    texts = _numbers(points).decode()[2:-2].split("],[") if len(points) else []
    ends = [f"{text}]{closing},{opening}[" for text in texts]
    texts = [f"{text}],[" for text in texts]
    found = []
    for start, end in pairwise(offsets.tolist()):
        rows = corners[start:end].tolist()
        parts = [texts[a] + texts[b] + texts[c] + ends[a] for a, b, c in rows]
        inner = "".join(parts)[: -(len(opening) + 2)]
        found.append(_text(kind, f"[{opening}[{inner}]" if parts else "[]"))
    return found


def ragged_multi_polygons(
    coordinates: NDArray[np.float64], rings: NDArray[np.int64], rows: NDArray[np.int64]
) -> list[str]:
    """Write a MultiPolygon for each row, of polygons of one closed ring each; no ring and no row is empty.

    Ring i is `coordinates[rings[i]:rings[i + 1]]`, row j has the rings from `rows[j]` to before `rows[j + 1]`.
    """
    text = bytearray(_numbers(coordinates))
    marks = np.frombuffer(text, np.uint8)
    # The commas between the numbers are every second one; those that end a ring or a row are marked by other bytes.
    between = np.flatnonzero(marks == _COMMA)[1::2]
    marks[between[rings[1:-1] - 1]] = ord("R")
    marks[between[rings[rows[1:-1]] - 1]] = ord("S")
    del marks
    parts = bytes(text)[1:-1].replace(b"R", b"]],[[").decode().split("S")
    return [_text("MultiPolygon", f"[[[{part}]]]") for part in parts]


def split(values: NDArray[np.float64], offsets: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Cut an array into those of each row."""
    return [values[start:end] for start, end in pairwise(offsets.tolist())]


def _numbers(values: NDArray[np.float64]) -> bytes:
    return orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)


def _text(kind: str, coordinates: str) -> str:
    return f'{{"type":"{kind}","coordinates":{coordinates}}}'
