"""The box of all coordinates in an array of GeoJSON geometries."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

_DEEPEST = 64


def envelope(text: str) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of a JSON array of GeoJSON objects, or of texts that hold them.

    None when there is no coordinate. Raises ValueError for what is not such an array.
    """
    members = orjson.loads(text)
    if not isinstance(members, list):
        raise ValueError("geojsons should be an array")  # noqa: TRY004 - a value of the SQL argument
    found: list[list[Any]] = []
    for member in members:
        if member is not None:
            _collect(orjson.loads(member) if isinstance(member, str) else member, found, 0)
    if not found:
        return None
    try:
        x, y = np.array([position[:2] for position in found], np.float64).T
    except (ValueError, TypeError):
        raise ValueError("a coordinate is not a number") from None
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a coordinate is not a finite number")
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


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
