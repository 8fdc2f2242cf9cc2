"""The coordinates of arrays of GeoJSON geometries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from carto_at_runtime.wkb_points import LARGEST, NOT_FINITE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DEEPEST = 64


def positions(text: str) -> NDArray[np.float64]:
    """Return the x, y of all coordinates of a JSON array of GeoJSON objects, or of texts that hold them: shape (n, 2).

    NULL members are skipped, and Z is dropped. Raises ValueError for what is not such an array.
    """
    members = orjson.loads(text)
    if not isinstance(members, list):
        raise ValueError("geojsons should be an array")  # noqa: TRY004 - a value of the SQL argument
    found: list[list[Any]] = []
    for member in members:
        if member is not None:
            _collect(orjson.loads(member) if isinstance(member, str) else member, found, 0)
    try:
        table = np.array([position[:2] for position in found], np.float64).reshape(-1, 2)
    except (ValueError, TypeError):
        raise ValueError("a coordinate is not a number") from None
    if not (np.abs(table) <= LARGEST).all():
        raise ValueError(NOT_FINITE)
    return table


def _collect(value: Any, found: list[list[Any]], depth: int) -> None:
    """Gather the positions of a GeoJSON object."""
    if depth > _DEEPEST:
        raise ValueError(f"GeoJSON is nested more than {_DEEPEST} deep")
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise ValueError("an element is not a GeoJSON object")  # noqa: TRY004 - as above
    if value["type"] == "Feature":
        if value.get("geometry") is not None:
            _collect(value["geometry"], found, depth + 1)
        return
    members = value.get("features", value.get("geometries"))
    if members is not None:
        for member in members:
            _collect(member, found, depth + 1)
        return
    _positions(value.get("coordinates"), found, depth + 1)


def _positions(value: Any, found: list[list[Any]], depth: int) -> None:
    if depth > _DEEPEST or not isinstance(value, list):
        raise ValueError("an element has no coordinates")
    if value and not isinstance(value[0], list):
        if len(value) < 2:
            raise ValueError("a position has fewer than two numbers")
        found.append(value)
        return
    for member in value:
        _positions(member, found, depth + 1)
