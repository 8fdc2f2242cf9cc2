"""What a picture of the documentation consists of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """Geometries in one style, a class of `drawing.STYLE`: cells, origin, area, line, input, points.

    `sql` returns a GeoJSON text in each row, with a label in a second column if there are any.
    """

    sql: str
    style: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Layers, the last on top, that show what a function answers; `modules` are installed for their queries."""

    function: str
    file: str
    caption: str
    modules: tuple[str, ...]
    layers: tuple[Layer, ...]
