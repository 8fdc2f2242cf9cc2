"""Lines along geodesics, cut where they cross the antimeridian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carto_at_runtime.antimeridian import crossed_once, cut_line, snapped
from carto_at_runtime.wkb_results import hex_lines, hex_linestrings, hex_split_lines
from carto_transformations.geodesic import inverse, positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def same_place(start: Floats, end: Floats) -> NDArray[np.bool_]:
    """Whether points of shape (rows, 2), in degrees, are one: the same meridian or the same pole."""
    apart = np.remainder(end[:, 0] - start[:, 0], 360) != 0
    poles = np.abs(start[:, 1]) == 90
    return (start[:, 1] == end[:, 1]) & (~apart | poles)


def great_circles(start: Floats, end: Floats, count: int) -> list[str]:
    """Return hex EWKB of the lines from `start` to `end` with `count` vertices, equal distances apart.

    Points have shape (rows, 2): degrees of longitude and latitude. The first and last vertex are the given points.
    """
    west = start[:, 0] - 360 * np.round(start[:, 0] / 360)
    turn = np.radians(end[:, 0] - start[:, 0])
    lines = inverse(
        np.radians(start[:, 1].copy()), np.zeros(len(start)), np.radians(end[:, 1].copy()), turn
    )
    share = np.arange(count) / (count - 1)
    latitude, longitude = positions(lines, lines.length[:, None] * share)
    table = np.stack((west[:, None] + np.degrees(longitude), np.degrees(latitude)), axis=2)
    table[:, 0] = np.stack((west, start[:, 1]), axis=1)
    turns = np.round((table[:, -1, 0] - end[:, 0]) / 360)
    table[:, -1] = np.stack((end[:, 0] + 360 * turns, end[:, 1]), axis=1)
    texts = hex_linestrings(table)
    crossing = np.flatnonzero((np.abs(table[:, :, 0]) > 180).any(axis=1))
    far = table[crossing]
    far[:, :, 0] = snapped(far[:, :, 0])
    simple, cut = crossed_once(far)
    pairs = hex_split_lines(cut.lines, cut.lengths, (cut.ends, cut.starts))
    for row, text in zip(crossing[simple].tolist(), pairs, strict=True):
        texts[row] = text
    for row, line in zip(crossing[~simple].tolist(), far[~simple], strict=True):
        texts[row] = hex_lines(cut_line(line))
    return texts
