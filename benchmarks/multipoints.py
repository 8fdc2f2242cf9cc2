"""MultiPoints as Redshift sends them, the same every time."""

from __future__ import annotations

import random
import struct


def multipoints(count: int, points: int, seed: int = 13) -> list[str]:
    """Return `count` MultiPoints of `points` random points in a box of a degree each, as hex EWKB (SRID 4326)."""
    dice = random.Random(seed)  # noqa: S311 - repeatable test data
    made = []
    for _ in range(count):
        west, south = dice.uniform(-170, 170), dice.uniform(-80, 80)
        head = struct.pack("<BIII", 1, 0x20000004, 4326, points)
        body = b"".join(
            struct.pack("<BIdd", 1, 1, west + dice.random(), south + dice.random())
            for _ in range(points)
        )
        made.append((head + body).hex().upper())
    return made
