"""The geometric median: the point whose distances to a set of points add up to the least.

It is found by Newton's method on the sum of distances, which is convex, with steps halved until they help, or by
Weiszfeld's step (Tohoku Math. J. 43, 1937) where none does. A point of the set is the median when the others pull on
it with less than its own weight (Vardi and Zhang, The multivariate L1-median, PNAS 97, 2000); such a point is looked
for at every step, so that an iterate at or near a point of the set does no harm. On a line the median is that of
numbers: for an even number of points, half way between the middle two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carto_transformations.vertices import Runs, means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]

_ITERATIONS = 100
_HALVINGS = 12
_FLAT = 1e-11
_CLOSE = 1e-9
_SAME = 1e-15
_EVEN = 1e-12


def medians(runs: Runs) -> tuple[Floats, Floats]:
    """Return x and y of the geometric median of each row's points."""
    center = means(runs)
    shifted_x, shifted_y = runs.x - runs.spread(center[0]), runs.y - runs.spread(center[1])
    size = np.maximum.reduceat(np.hypot(shifted_x, shifted_y), runs.starts)
    scale = np.where(size == 0, 1.0, size)
    scaled = Runs(
        shifted_x / runs.spread(scale), shifted_y / runs.spread(scale), runs.starts, runs.counts
    )
    x, y = np.zeros(len(size)), np.zeros(len(size))
    flat = _collinear(scaled)
    for solve, rows in ((_on_lines, flat), (_in_planes, ~flat)):
        places = np.flatnonzero(rows)
        if len(places):
            x[places], y[places] = solve(scaled.take(places))
    return center[0] + scale * x, center[1] + scale * y


def _principal(runs: Runs) -> tuple[Floats, Floats]:
    """The direction (cosine, sine) from the mean to the farthest point."""
    distance = np.hypot(runs.x, runs.y)
    longest = np.maximum.reduceat(distance, runs.starts)
    is_longest = np.flatnonzero(distance == runs.spread(longest))
    owner = np.searchsorted(runs.starts, is_longest, side="right") - 1
    first = is_longest[np.searchsorted(owner, np.arange(len(runs.starts)))]
    divisor = np.where(longest == 0, 1.0, longest)
    return runs.x[first] / divisor, runs.y[first] / divisor


def _collinear(runs: Runs) -> Booleans:
    cosine, sine = _principal(runs)
    across = np.abs(runs.y * runs.spread(cosine) - runs.x * runs.spread(sine))
    return np.maximum.reduceat(across, runs.starts) <= _FLAT


def _on_lines(runs: Runs) -> tuple[Floats, Floats]:
    cosine, sine = _principal(runs)
    along = runs.x * runs.spread(cosine) + runs.y * runs.spread(sine)
    order = np.lexsort((along, runs.spread(np.arange(len(runs.starts)))))
    low = order[runs.starts + (runs.counts - 1) // 2]
    high = order[runs.starts + runs.counts // 2]
    return (runs.x[low] + runs.x[high]) / 2, (runs.y[low] + runs.y[high]) / 2


@dataclass(frozen=True, slots=True)
class _Pull:
    """What the points of each row do to one place: the sum of their distances and what follows from it.

    `at` is how many points are at the place itself, which pull nowhere; `gx`, `gy` is the gradient without them,
    `hxx`, `hxy`, `hyy` its derivatives, `wx`, `wy` where Weiszfeld's step leads, `nearest` the closest point.
    """

    total: Floats
    at: Floats
    gx: Floats
    gy: Floats
    hxx: Floats
    hxy: Floats
    hyy: Floats
    wx: Floats
    wy: Floats
    nearest: Integers


def _pull(runs: Runs, x: Floats, y: Floats) -> _Pull:
    dx, dy = runs.x - runs.spread(x), runs.y - runs.spread(y)
    distance = np.sqrt(dx * dx + dy * dy)
    here = distance <= _SAME
    weight = np.where(here, 0.0, 1 / np.where(here, 1.0, distance))
    ux, uy = dx * weight, dy * weight
    sums = runs.sums
    total_weight = sums(weight)
    divisor = np.where(total_weight == 0, 1.0, total_weight)
    gx, gy, at = -sums(ux), -sums(uy), sums(here)
    # From a point of the set, Weiszfeld's step is shortened by the pull of the point itself (Vardi and Zhang).
    stay = at / np.maximum(np.maximum(np.hypot(gx, gy), at), _SAME)
    return _Pull(
        sums(distance),
        at,
        gx,
        gy,
        sums(uy * uy * weight),
        -sums(ux * uy * weight),
        sums(ux * ux * weight),
        x - gx / divisor * (1 - stay),
        y - gy / divisor * (1 - stay),
        _nearest(runs, distance),
    )


def _nearest(runs: Runs, distance: Floats) -> Integers:
    closest = np.flatnonzero(distance == runs.spread(np.minimum.reduceat(distance, runs.starts)))
    owner = np.searchsorted(runs.starts, closest, side="right") - 1
    return closest[np.searchsorted(owner, np.arange(len(runs.starts)))]


def _in_planes(runs: Runs) -> tuple[Floats, Floats]:
    """Medians of points that are not on a line, whose mean is the origin and whose size is 1."""
    rows = len(runs.starts)
    found = np.zeros((2, rows))
    open_rows = np.arange(rows)
    x, y = np.zeros(rows), np.zeros(rows)
    pull = _pull(runs, x, y)
    for _ in range(_ITERATIONS):
        corner_x, corner_y = runs.x[pull.nearest], runs.y[pull.nearest]
        corner = _pull(runs, corner_x, corner_y)
        settled = np.hypot(corner.gx, corner.gy) <= corner.at * (1 + _EVEN)
        next_x, next_y, pull, arrived = _step(runs, x, y, pull)
        found[:, open_rows] = np.where(settled, (corner_x, corner_y), (next_x, next_y))
        going = np.flatnonzero(~settled & ~arrived)
        if not len(going):
            break
        open_rows = open_rows[going]
        if len(going) < len(settled):
            runs = runs.take(going)
            pull = _pull(runs, next_x[going], next_y[going])
        x, y = next_x[going], next_y[going]
    return found[0], found[1]


def _step(runs: Runs, x: Floats, y: Floats, pull: _Pull) -> tuple[Floats, Floats, _Pull, Booleans]:
    """The next iterate, its pull, and whether Newton's method has arrived there."""
    determinant = pull.hxx * pull.hyy - pull.hxy * pull.hxy
    usable = (determinant > 0) & (pull.at == 0)
    divisor = np.where(usable, determinant, 1.0)
    next_x = np.where(usable, x - (pull.hyy * pull.gx - pull.hxy * pull.gy) / divisor, pull.wx)
    next_y = np.where(usable, y - (pull.hxx * pull.gy - pull.hxy * pull.gx) / divisor, pull.wy)
    next_pull = _pull(runs, next_x, next_y)
    # Steps this short are below what the sum of distances can tell.
    arrived = usable & (np.hypot(next_x - x, next_y - y) <= _CLOSE)
    worse = np.flatnonzero(usable & ~arrived & (next_pull.total > pull.total))
    if len(worse):
        share = _shortened(
            runs.take(worse),
            (x[worse], y[worse]),
            (next_x[worse], next_y[worse]),
            pull.total[worse],
        )
        short = share > 0
        next_x[worse] = np.where(short, x[worse] + share * (next_x - x)[worse], pull.wx[worse])
        next_y[worse] = np.where(short, y[worse] + share * (next_y - y)[worse], pull.wy[worse])
        next_pull = _pull(runs, next_x, next_y)
    return next_x, next_y, next_pull, arrived


def _shortened(
    runs: Runs, start: tuple[Floats, Floats], end: tuple[Floats, Floats], total: Floats
) -> Floats:
    """How much of a step to take so that the sum of distances gets less; 0 where it never does."""
    found = np.zeros(len(total))
    share = 1.0
    for _ in range(_HALVINGS):
        share /= 2
        x, y = (here + share * (there - here) for here, there in zip(start, end, strict=True))
        better = (_pull(runs, x, y).total < total) & (found == 0)
        found[better] = share
        if found.all():
            break
    return found
