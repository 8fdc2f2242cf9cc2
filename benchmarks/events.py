"""Events as Redshift sends them, over made-up but lifelike data: the same bytes every time."""

from __future__ import annotations

import json
import math
import random
import struct
from typing import Any

CITIES = (
    (-3.7, 40.4),
    (-74.0, 40.7),
    (2.35, 48.85),
    (139.7, 35.7),
    (77.2, 28.6),
    (-46.6, -23.5),
    (151.2, -33.9),
    (3.4, 6.5),
)


def event(function: str, rows: list[list[Any]]) -> bytes:
    """Return the event for one batch of rows."""
    document = {
        "request_id": "23FF1F97-F28A-44AA-AB67-266ED976BF40",
        "cluster": "arn:aws:redshift:us-east-1:123456789012:cluster:warehouse",
        "user": "analyst",
        "database": "dev",
        "external_function": f"carto.{function}",
        "query_id": 5678234,
        "num_records": len(rows),
        "arguments": rows,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def points(count: int, seed: int = 7) -> list[tuple[float, float]]:
    """Return longitudes and latitudes: four of five around a city, the rest anywhere."""
    dice = random.Random(seed)  # noqa: S311 - repeatable test data
    made = []
    for _ in range(count):
        if dice.random() < 0.8:
            longitude, latitude = dice.choice(CITIES)
            made.append((longitude + dice.gauss(0, 0.5), latitude + dice.gauss(0, 0.5)))
        else:
            made.append((dice.uniform(-180, 180), dice.uniform(-80, 80)))
    return made


def star_polygon(
    longitude: float, latitude: float, radius: float, vertices: int, dice: random.Random
) -> str:
    """Return an irregular polygon around a point, as the hex EWKB that Redshift sends (SRID 4326)."""
    phases = [dice.uniform(0, 2 * math.pi) for _ in range(5)]
    ring = []
    for number in range(vertices):
        angle = 2 * math.pi * number / vertices
        waves = sum(0.25 / (k + 1) * math.sin((k + 2) * angle + phases[k]) for k in range(5))
        reach = radius * (1 + waves + dice.uniform(-0.03, 0.03))
        ring.append((longitude + reach * math.cos(angle), latitude + 0.8 * reach * math.sin(angle)))
    ring.append(ring[0])
    header = struct.pack("<BIIII", 1, 0x20000003, 4326, 1, len(ring))
    return (header + b"".join(struct.pack("<dd", *vertex) for vertex in ring)).hex().upper()


def polygons(count: int, radius: float, vertices: int, seed: int = 11) -> list[str]:
    """Return `star_polygon`s around the cities."""
    dice = random.Random(seed)  # noqa: S311 - repeatable test data
    made = []
    for _ in range(count):
        longitude, latitude = dice.choice(CITIES)
        centre = (longitude + dice.gauss(0, 0.3), latitude + dice.gauss(0, 0.3))
        made.append(star_polygon(*centre, radius, vertices, dice))
    return made
