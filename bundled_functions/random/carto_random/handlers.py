"""The external functions of the random module: what is checked, and what answers."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import orjson

from carto_at_runtime import check_items, check_texts, external_function, int32, int64, text
from carto_random import rejection, triangles
from carto_random.regions import read_regions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from carto_random.regions import Regions

_POINT_BYTES = 42
"""Of a point in a response, `[-3.7037901234567891,40.416775123456789],`."""

_MOST_POINTS = 1560
"""Of one row, so that its text fits into a VARCHAR."""


@external_function("__GENERATEPOINTS", text("geom"), int32("npoints"), text("room", default=""))
def generate_points(
    geom: list[str], npoints: NDArray[np.int64], _room: Sequence[str] = ()
) -> list[str | None]:
    """Answer ST_GENERATEPOINTS without a seed: other points with every call.

    `_room` is as long as the result, which bounds the batch (`geo.room` in sql/transformations/macros.sql).
    """
    dice = np.random.default_rng()
    return _generated(read_regions(geom), npoints, [dice] * len(geom))


@external_function(
    "__GENERATEPOINTS_SEEDED",
    text("geom"),
    int32("npoints"),
    int64("seed"),
    text("room", default=""),
)
def generate_points_seeded(
    geom: list[str],
    npoints: NDArray[np.int64],
    seed: NDArray[np.int64],
    _room: Sequence[str] = (),
) -> list[str | None]:
    """Answer ST_GENERATEPOINTS with a seed: the same points for the same polygon, number and seed."""
    regions = read_regions(geom).normalized()
    dice = [
        _dice(number, shape) for number, shape in zip(seed.tolist(), regions.texts(), strict=True)
    ]
    return _generated(regions, npoints, dice)


def _dice(seed: int, shape: bytes) -> np.random.Generator:
    # The polygon takes part, so that rows with one seed do not get points at the same places of their boxes.
    digest = sha256(seed.to_bytes(8, "little", signed=True) + shape).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


def _generated(
    regions: Regions, npoints: NDArray[np.int64], dice: Sequence[np.random.Generator]
) -> list[str | None]:
    counts = np.maximum(npoints, 0)
    check_items(counts, _POINT_BYTES, "points", _MOST_POINTS)
    found = rejection.draw(regions, counts, dice)
    texts = [
        _completed(shape, points, count, generator)
        for shape, points, count, generator in zip(
            regions.shapes, found, counts.tolist(), dice, strict=True
        )
    ]
    check_texts(texts, "ask for fewer points in one row")
    return texts


def _completed(
    shape: object, points: NDArray[np.float64], count: int, dice: np.random.Generator
) -> str | None:
    """Return the GeoJSON of a row's points, after drawing those that `rejection` left out; NULL without an area."""
    if len(points) < count:
        more = triangles.draw(shape, count - len(points), dice)
        if more is None:
            return None
        points = np.concatenate((points, more))
    if count == 1:
        return _geojson("Point", points[0])
    return _geojson("MultiPoint", points)


def _geojson(kind: str, coordinates: NDArray[np.float64]) -> str:
    numbers = orjson.dumps(coordinates + 0.0, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return f'{{"type":"{kind}","coordinates":{numbers}}}'
