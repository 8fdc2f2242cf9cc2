"""Bezier splines through the vertices of lines, sampled as the reference toolbox does (and turf.js, from which it is).

Every two vertices that follow each other are joined by a cubic Bezier curve. Its two control points lie on the line
through the middles of the neighbouring segments, moved so that it passes through the vertex; `sharpness` 0 moves them
onto the vertices, which gives the line itself. See https://github.com/leszekr/spline (MIT), the origin of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

STEP_MS = 10
PEN_MS = 100


def sample_times(resolution: int) -> Integers:
    """The milliseconds at which a spline that takes `resolution` milliseconds is sampled.

    Every 10 ms, with the pen down for 100 ms and up for the next 100 ms.
    """
    times = np.arange(0, resolution, STEP_MS, dtype=np.int64)
    return times[times // PEN_MS % 2 == 0]


def sample_counts(resolution: Integers) -> Integers:
    """How many samples `sample_times` has, without making them."""
    strokes, rest = np.divmod(resolution, 2 * PEN_MS)
    return strokes * (PEN_MS // STEP_MS) + -(-np.minimum(rest, PEN_MS) // STEP_MS)


def splines(vertices: Floats, offsets: Integers, sharpness: Floats, resolution: int) -> Floats:
    """Sample the splines of lines: shape (lines, samples, 2).

    Line i has the vertices `vertices[offsets[i]:offsets[i + 1]]`, at least two, and `sharpness[i]`.
    """
    arriving, leaving = _control_points(vertices, offsets, sharpness)
    share = sample_times(resolution) / resolution
    segments = np.diff(offsets) - 1
    along = segments[:, None] * share
    passed = np.floor(along).astype(np.int64)
    t = (along - passed)[:, :, None]
    start = offsets[:-1, None] + passed
    rest = 1 - t
    return (
        vertices[start + 1] * (t * t * t)
        + arriving[start + 1] * (3 * t * t * rest)
        + leaving[start] * (3 * t * rest * rest)
        + vertices[start] * (rest * rest * rest)
    )


def _control_points(
    vertices: Floats, offsets: Integers, sharpness: Floats
) -> tuple[Floats, Floats]:
    """The control points before and after every vertex; both are the vertex itself at the ends of a line."""
    arriving, leaving = vertices.copy(), vertices.copy()
    inner = np.ones(len(vertices), np.bool_)
    inner[offsets[:-1]] = False
    inner[offsets[1:] - 1] = False
    places = np.flatnonzero(inner)
    sharp = np.repeat(sharpness, np.diff(offsets))[places, None]
    here = vertices[places]
    before = (vertices[places - 1] + here) / 2
    after = (here + vertices[places + 1]) / 2
    shift = here - (before + after) / 2
    arriving[places] = (1 - sharp) * here + sharp * (before + shift)
    leaving[places] = (1 - sharp) * here + sharp * (after + shift)
    return arriving, leaving
