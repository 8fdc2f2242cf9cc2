"""What the tile grids check alike of their arguments, in the reference toolbox's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_runtime import ROOM, int32, int64, null_error, reject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ORIGIN = "Invalid input origin"
_SIZE = "Invalid input size"

RING = (
    int64("origin", on_null=null_error(_ORIGIN)),
    int32("size", on_null=null_error(_SIZE)),
    ROOM,
)
"""The arguments of functions that answer the cells around a cell."""


def check_ring(is_origin: NDArray[np.bool_], size: NDArray[np.int64]) -> None:
    """Raise `RowError` for a row whose origin is none, or whose size is below 0."""
    reject(~is_origin, _ORIGIN)
    reject(size < 0, _SIZE)


def check_resolution(resolutions: NDArray[np.int64], finest: int) -> None:
    """Raise `RowError` for a row whose resolution the grid does not have."""
    outside = (resolutions < 0) | (resolutions > finest)
    reject(outside, f"Invalid resolution, should be between 0 and {finest}")
