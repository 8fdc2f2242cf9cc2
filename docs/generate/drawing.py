"""Draws GeoJSON on a simple map as an SVG: the same text for the same geometries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 640
MARGIN = 0.06
"""Around what is drawn, as a part of its larger side."""

STYLE = """
  rect { fill: #eef3f6 }
  .land { fill: #fbf7ee; stroke: #c9bfa8 }
  .lines { fill: none; stroke: #dbe3e8 }
  .cells { fill: #2f80c3; fill-opacity: .25; stroke: #2f80c3 }
  .origin { fill: #d9480f; fill-opacity: .45; stroke: #d9480f }
  .area { fill: #d9480f; fill-opacity: .12; stroke: #d9480f; stroke-width: 2 }
  .line { fill: none; stroke: #d9480f; stroke-width: 2 }
  .input { fill: #d9480f; stroke: #fff }
  .points { fill: #2f80c3; stroke: #fff }
  text { font: 12px sans-serif; text-anchor: middle; fill: #243746 }
  .dot { fill: #7b6f57 }
  .place { fill: #7b6f57; font-size: 11px; text-anchor: start }
"""
_POINT_RADIUS = {"input": 5, "points": 4}

# Outlines as [longitude, latitude], drawn by hand from an atlas, to a tenth of a degree or so.
LAND = (
    """-1.8 43.4 -3 43.4 -3.8 43.5 -5.7 43.6 -7.1 43.6 -7.9 43.8 -8.4 43.4 -9.3 42.9 -8.9 42.1 -8.9 41.9 -8.7 41.2
    -8.9 40.2 -9.4 39.4 -9.5 38.8 -9.2 38.4 -8.8 38 -9 37 -7.9 37 -7.4 37.2 -7 37.1 -6.4 36.8 -6.3 36.5 -5.6 36
    -5.3 36.2 -4.4 36.7 -3.5 36.7 -2.2 36.7 -1.6 37.4 -.7 37.6 -.7 38.2 .2 38.7 -.3 39.5 .9 40.7 1.2 41.1 2.2 41.4
    3.2 41.9 3.3 42.3 3.2 42.4 1.7 42.5 .7 42.8 -.5 42.8 -1.4 43.1 -1.8 43.4""",
)
PLACES = (
    ("Madrid", -3.7, 40.42),
    ("Barcelona", 2.17, 41.39),
    ("Lisboa", -9.14, 38.72),
    ("Sevilla", -5.98, 37.39),
    ("Valencia", -0.38, 39.47),
    ("Bilbao", -2.93, 43.26),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A GeoJSON geometry in longitudes and latitudes, how it looks (a class of `STYLE`), and what is written on it."""

    geometry: dict[str, Any]
    style: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """The part of the Earth that is shown, in degrees: longitudes are as long as they are in its middle."""

    west: float
    south: float
    east: float
    north: float

    @property
    def scale(self) -> float:
        """Pixels for a degree of longitude."""
        return WIDTH / (self.east - self.west)

    @property
    def stretch(self) -> float:
        """How much longer a degree of latitude is."""
        return 1 / math.cos(math.radians((self.south + self.north) / 2))

    @property
    def height(self) -> int:
        """Of the picture, in pixels."""
        return round((self.north - self.south) * self.scale * self.stretch)

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """In pixels from the upper left corner."""
        x = (longitude - self.west) * self.scale
        return x, (self.north - latitude) * self.scale * self.stretch


def draw(shapes: list[Shape], title: str) -> str:
    """The picture of all shapes, those that come later on top."""
    view = _view(shapes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {view.height}" width="{WIDTH}">',
        f"<title>{_escaped(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{view.height}"/>',
        *_map(view),
        *(line for shape in shapes for line in _drawn(shape, view)),
        *(_label(shape, view) for shape in shapes if shape.label),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _view(shapes: list[Shape]) -> View:
    points = [p for shape in shapes for line in _lines(shape.geometry) for p in line]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    margin = MARGIN * max(east - west, north - south)
    return View(west - margin, south - margin, east + margin, north + margin)


def _map(view: View) -> Iterator[str]:
    for text in LAND:
        numbers = [float(number) for number in text.split()]
        ring = list(zip(numbers[::2], numbers[1::2], strict=True))
        yield f'<path class="land" d="{_path(ring, view)}Z"/>'
    yield f'<path class="lines" d="{"".join(_graticule(view))}"/>'
    for name, longitude, latitude in PLACES:
        if view.west < longitude < view.east and view.south < latitude < view.north:
            x, y = view.place(longitude, latitude)
            yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
            yield f'<text class="place" x="{x + 5:.1f}" y="{y + 12:.1f}">{name}</text>'


def _graticule(view: View) -> Iterator[str]:
    """Lines of longitude and latitude, up to ten of each."""
    wide = max(view.east - view.west, view.north - view.south)
    step = next(s for s in (1e-4, 1e-3, 0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60) if wide / s <= 10)
    for number in range(math.ceil(view.west / step), math.floor(view.east / step) + 1):
        yield _path([(number * step, view.south), (number * step, view.north)], view)
    for number in range(math.ceil(view.south / step), math.floor(view.north / step) + 1):
        yield _path([(view.west, number * step), (view.east, number * step)], view)


def _drawn(shape: Shape, view: View) -> Iterator[str]:
    kind = shape.geometry["type"]
    if kind.endswith("Point"):
        for [point] in _lines(shape.geometry):
            x, y = view.place(*point[:2])
            radius = _POINT_RADIUS.get(shape.style, 4)
            yield f'<circle class="{shape.style}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
        return
    closing = "Z" if kind.endswith("Polygon") else ""
    path = "".join(_path(line, view) + closing for line in _lines(shape.geometry))
    yield f'<path class="{shape.style}" fill-rule="evenodd" d="{path}"/>'


def _label(shape: Shape, view: View) -> str:
    points = [view.place(*p[:2]) for line in _lines(shape.geometry) for p in line[:-1] or line]
    x = sum(p[0] for p in points) / len(points)
    y = sum(p[1] for p in points) / len(points)
    return f'<text x="{x:.1f}" y="{y + 4:.1f}">{_escaped(shape.label)}</text>'


def _path(points: list[Any], view: View) -> str:
    return "M" + "L".join("{:.1f} {:.1f}".format(*view.place(*point[:2])) for point in points)


def _lines(geometry: dict[str, Any]) -> list[list[Any]]:
    """The coordinates of a geometry of any kind as lists of points."""
    if geometry["type"] == "GeometryCollection":
        return [line for part in geometry["geometries"] for line in _lines(part)]
    depth = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiPolygon": 3}.get(
        geometry["type"], 2
    )
    coordinates = geometry["coordinates"]
    if depth == 0:
        return [[coordinates]]
    if geometry["type"] == "MultiPoint":
        return [[point] for point in coordinates]
    for _ in range(depth - 2):
        coordinates = [ring for part in coordinates for ring in part]
    return [coordinates] if depth == 1 else coordinates


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
