"""The clustering module row by row. Geometries come and go as GeoJSON texts."""

from __future__ import annotations

import geojson

Point = tuple[float, float]


def _nearest(point: Point, centres: list[Point]) -> int:
    x, y = point
    return min(
        range(len(centres)),
        key=lambda number: (x - centres[number][0]) ** 2 + (y - centres[number][1]) ** 2,
    )


def _mean(points: list[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def cluster(text: str, count: int) -> str:
    """Answer __CLUSTERKMEANS."""
    points = list(geojson.utils.coords(geojson.loads(text)))
    centres = list(dict.fromkeys(points))[:count]
    labels: list[int] = []
    while True:
        before, labels = labels, [_nearest(point, centres) for point in points]
        if labels == before:
            break
        members: list[list[Point]] = [[] for _ in centres]
        for point, label in zip(points, labels, strict=True):
            members[label].append(point)
        centres = [
            _mean(some) if some else centre for some, centre in zip(members, centres, strict=True)
        ]
    return geojson.dumps(
        [
            {"cluster": label, "geom": geojson.Point(point, precision=15)}
            for point, label in zip(points, labels, strict=True)
        ]
    )


FUNCTIONS = {"__clusterkmeans": cluster}
