"""The areas that points are drawn from: polygons in degrees, and how much of their bounding boxes they fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from carto_at_runtime import reject
from carto_at_runtime.shapes import read_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NOT_A_POLYGON = "Invalid geometry: it should be a Polygon or a MultiPolygon"
_LATITUDE = "Invalid geometry: latitudes should be between -90 and 90"
_POLYGON, _MULTIPOLYGON = shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON


@dataclass(frozen=True, slots=True)
class Regions:
    """The polygons of a batch. `shapes` are valid Polygons and MultiPolygons, prepared; `bounds` has shape (n, 4).

    `share` estimates how many of the points drawn from the bounding box are kept (see `rejection`); it is 0 where a
    polygon has no area.
    """

    shapes: Any
    bounds: NDArray[np.float64]
    share: NDArray[np.float64]

    def normalized(self) -> Regions:
        """Return the same polygons, with rings and corners in an order that does not depend on how they were given."""
        shapes = shapely.normalize(self.shapes)
        shapely.prepare(shapes)
        return Regions(shapes, self.bounds, self.share)

    def texts(self) -> list[bytes]:
        """Return the well-known binary of each polygon."""
        return [*shapely.to_wkb(self.shapes, byte_order=1)]


def read_regions(hex_texts: Sequence[str]) -> Regions:
    """Read a Polygon or MultiPolygon in degrees per text. Rings that cross are repaired by the even-odd rule.

    Raises `RowError` for other geometries and for latitudes beyond the poles.
    """
    shapes = read_shapes(hex_texts)
    kinds = shapely.get_type_id(shapes)
    reject((kinds != _POLYGON) & (kinds != _MULTIPOLYGON), _NOT_A_POLYGON)
    shapes = _valid(shapely.force_2d(shapes))
    bounds = shapely.bounds(shapes)
    reject((bounds[:, 1] < -90) | (bounds[:, 3] > 90), _LATITUDE)
    shapely.prepare(shapes)
    return Regions(shapes, bounds, _share(shapes, bounds))


def _valid(shapes: Any) -> Any:
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    for row, made in zip(broken, shapely.make_valid(shapes[broken]), strict=True):
        parts = shapely.get_parts(shapely.get_parts(made))
        shapes[row] = shapely.multipolygons(parts[shapely.get_type_id(parts) == _POLYGON])
    return shapes


def _share(shapes: Any, bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate it by the cosine of the centroid's latitude, which stands for the mean of all cosines."""
    boxes = (bounds[:, 2] - bounds[:, 0]) * (bounds[:, 3] - bounds[:, 1])
    filled = ~shapely.is_empty(shapes)
    middle = np.zeros(len(shapes))
    middle[filled] = shapely.get_y(shapely.centroid(shapes[filled]))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = shapely.area(shapes) / boxes * cosine(middle) / steepest(bounds[:, 1], bounds[:, 3])
    return np.where(boxes > 0, np.nan_to_num(share), 0.0)


def cosine(latitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosine of latitudes in degrees: how much shorter a degree of longitude is than on the equator."""
    return np.cos(np.radians(latitudes))


def steepest(south: NDArray[np.float64], north: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest cosine of the latitudes between two, in degrees: that of the one nearest to the equator."""
    return cosine(np.clip(0.0, south, north))
