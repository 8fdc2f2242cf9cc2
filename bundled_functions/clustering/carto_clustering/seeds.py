"""The centres that k-means starts from.

For the function: the first different points of a row, as the reference toolbox does, so that clusters have the same
numbers. For tables, whose rows have no order: k-means++ (Arthur and Vassilvitskii 2007) with fixed dice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plus_plus(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    count: int,
    dice: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw `count` different points, far from each other, as centres of shape (count, 2).

    The first is drawn by weight, each further one by weight times the square of its distance to the nearest one drawn.
    There have to be at least `count` different points of positive weight.
    """
    chosen = [_drawn(weights, dice)]
    squares = np.full(len(points), np.inf)
    for _ in range(count - 1):
        away = points - points[chosen[-1]]
        squares = np.minimum(squares, away[:, 0] * away[:, 0] + away[:, 1] * away[:, 1])
        chosen.append(_drawn(weights * squares, dice))
    return points[chosen]


def _drawn(chances: NDArray[np.float64], dice: np.random.Generator) -> int:
    sums = np.cumsum(chances)
    place = int(np.searchsorted(sums, dice.random() * sums[-1], side="right"))
    # Rounding may lead past the last chance that is not 0.
    return min(place, int(np.flatnonzero(chances)[-1]))
