"""The rectangles that Voronoi diagrams are cut to: given by the caller, or made from the points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from carto_at_runtime import RowError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGIN = 0.5


@dataclass(frozen=True, slots=True)
class Envelope:
    """A rectangle that has an area."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float

    @property
    def corners(self) -> NDArray[np.float64]:
        """`[[min_x, min_y], [max_x, max_y]]`."""
        return np.array(((self.min_x, self.min_y), (self.max_x, self.max_y)))

    def covers(self, points: NDArray[np.float64]) -> bool:
        """Whether all points lie inside or on the rectangle's sides."""
        low, high = self.corners
        return bool((points >= low).all() and (points <= high).all())


def around(points: NDArray[np.float64]) -> Envelope | None:
    """Return the extent of points with a margin on every side: half of its shorter side that is not 0.

    None when there are no two different points, since one point has no extent.
    """
    if len(points) < 2:
        return None
    (min_x, min_y), (max_x, max_y) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    margin = _MARGIN * min(side for side in (max_x - min_x, max_y - min_y) if side > 0)
    return Envelope(min_x - margin, min_y - margin, max_x + margin, max_y + margin)


def read_envelope(row: int, text: str) -> Envelope | None:
    """Read a rectangle from the JSON text of `[min_x, min_y, max_x, max_y]`.

    None for anything but an array of four. Raises `RowError` for four that are no rectangle.
    """
    try:
        sides = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RowError(row, f"Invalid bounding box: {text[:80]}") from None
    if not isinstance(sides, list) or len(sides) != 4:
        return None
    if not all(_is_number(side) for side in sides):
        raise RowError(row, f"Invalid bounding box: {sides} should hold four numbers")
    envelope = Envelope(*(float(side) for side in sides))
    if envelope.min_x >= envelope.max_x or envelope.min_y >= envelope.max_y:
        raise RowError(
            row,
            f"Invalid bounding box: {sides} should be [min_x, min_y, max_x, max_y], each minimum below its maximum",
        )
    return envelope


def check_inside(row: int, points: NDArray[np.float64], envelope: Envelope) -> None:
    """Raise `RowError` unless all points are inside the rectangle."""
    if not envelope.covers(points):
        sides = envelope.corners.reshape(-1).tolist()
        raise RowError(
            row, f"Invalid operation: Points should be within the bounding box supplied {sides}"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
