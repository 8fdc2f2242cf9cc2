"""Triangulations and diagrams of more points than one text holds, in parts that each fit into one.

Redshift passes texts of up to 64 KB, but 32 of them: so a step of the procedures sends all points in one row, as the
hexadecimal digits of their coordinates, and asks for one part of the result after the other. An instance keeps the
results that it was asked about last, since it is asked for the parts of one result in a row.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime import RowError
from carto_at_runtime.wkb_points import LARGEST, NOT_FINITE
from carto_processing import voronoi
from carto_processing.delaunay import triangulate
from carto_processing.envelopes import around, check_inside, read_envelope
from carto_processing.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TEXTS = 29
"""In how many texts the points come: with the kind, the box and the part, these are Redshift's 32 arguments."""

_POLYGON = bytes.fromhex("010300000001000000").hex()
_LINE = bytes.fromhex("0102000000").hex()
_VERTEX_DIGITS = 32
_PART_BYTES = 60_000
_MOST_DIGITS = 64_000


@lru_cache(maxsize=2)
def parts(kind: str, box: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return all parts of a result: JSON texts of `[{"p": number, "g": hexadecimal well-known binary}, ...]`.

    Numbers are those of points for `cells`, else they count the shapes. `texts` are little-endian x, y pairs in
    hexadecimal digits, of points that are all different. Raises `RowError` of row 0.
    """
    points = _read(texts)
    sites = Sites(points, np.array([0, len(points)]))
    shapes = {"triangles": _triangles, "edges": _edges, "cells": _cells, "lines": _lines}.get(kind)
    if shapes is None:
        raise RowError(0, f"unknown kind {kind[:20]!r}")
    return tuple(_grouped(shapes(sites, box)))


def _read(texts: tuple[str, ...]) -> Floats:
    try:
        points = np.frombuffer(bytes.fromhex("".join(texts)), "<f8").reshape(-1, 2)
    except ValueError:
        raise RowError(0, "the points are not pairs of hexadecimal doubles") from None
    if not (np.abs(points) <= LARGEST).all():
        raise RowError(0, f"Invalid geometry: {NOT_FINITE}")
    return points + 0.0


def _grouped(shapes: Iterable[str]) -> Iterable[str]:
    group: list[str] = []
    size = 0
    for number, shape in enumerate(shapes):
        if len(shape) > _MOST_DIGITS:
            vertices = len(shape) // _VERTEX_DIGITS
            raise RowError(
                0, f"a shape has {vertices} vertices, more than Redshift can take as text"
            )
        if group and size + len(shape) > _PART_BYTES:
            yield f"[{','.join(group)}]"
            group, size = [], 0
        group.append(f'{{"p":{number},"g":"{shape}"}}')
        size += len(group[-1])
    if group:
        yield f"[{','.join(group)}]"


def _triangles(sites: Sites, _box: str) -> Iterable[str]:
    corners = triangulate(sites).corners[:, [0, 1, 2, 0]]
    return _hex(_POLYGON, sites.points[corners])


def _edges(sites: Sites, _box: str) -> Iterable[str]:
    corners = triangulate(sites).corners
    pairs = np.sort(corners[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    return _hex(_LINE, sites.points[np.unique(pairs, axis=0)])


def _cells(sites: Sites, box: str) -> Iterable[str]:
    drawn = _drawn(sites, box)
    if drawn is None:
        return []
    coordinates, offsets = voronoi.cells(drawn)
    digits = coordinates.tobytes().hex()
    return (
        _POLYGON + _count(end - start) + digits[_VERTEX_DIGITS * start : _VERTEX_DIGITS * end]
        for start, end in pairwise(offsets.tolist())
    )


def _lines(sites: Sites, box: str) -> Iterable[str]:
    drawn = _drawn(sites, box)
    return [] if drawn is None else _hex(_LINE, drawn.lines()[0])


def _drawn(sites: Sites, box: str) -> voronoi.Diagrams | None:
    envelope = read_envelope(0, box) if box else around(sites.points)
    if envelope is None and box:
        raise RowError(0, "Invalid bounding box: it should be an array of four numbers")
    if envelope is None or not len(sites.points):
        return None
    check_inside(0, sites.points, envelope)
    return voronoi.diagrams(sites, triangulate(sites), envelope.corners[None])


def _hex(head: str, table: Floats) -> Iterable[str]:
    """Write shapes of shape (n, vertices, 2)."""
    digits = np.ascontiguousarray(table, "<f8").tobytes().hex()
    width = _VERTEX_DIGITS * table.shape[1]
    head += _count(table.shape[1])
    return (head + digits[start : start + width] for start in range(0, len(digits), width))


def _count(number: int) -> str:
    return number.to_bytes(4, "little").hex()
