"""Centres and corners of many cells at once, on the planes of the icosahedron's faces.

On a face's plane (a gnomonic projection), the cells of a resolution are a regular lattice, whose spacing shrinks by
the root of 7 from one resolution to the next, and which turns by `_TURN` one way and back the other way. So the centre
of a cell and that of one of its children, which libh3 tells, are enough to know those of all of its descendants: as
long as they stay on one face, and away from pentagons, around which the lattice is cut. Positions on a plane are
complex numbers.
The construction of the grid: https://h3geo.org/docs/core-library/coordsystems
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations
from typing import TYPE_CHECKING

import h3.api.memview_int as h3
import numpy as np

from carto_h3.cells import is_pentagon, resolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carto_h3.cells import Booleans, Integers

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

_TURN = float(np.arctan(np.sqrt(3) / 5))
_SIXTH = np.exp(1j * np.pi / 3)
_STEPS = np.array([0, *_SIXTH ** np.array([4, 2, 3, 0, 5, 1])])
"""Where the child of each digit is, in steps to the child 4."""

_CORNERS = _SIXTH ** (np.arange(6) + 0.5) / np.sqrt(3)
_SPACING = (3 - np.sqrt(5)) / 2
"""Of neighbours' centres at resolution 0, on a plane."""

REACH = 1.2
"""No part of a cell's descendants is farther from its centre than this, in spacings of its resolution: the centres are
within 0.61, and the cells themselves within 0.58 of their own spacing."""


def _faces() -> tuple[Floats, Floats, Floats, Complexes]:
    """Return the middles of the faces, the axes of their planes (20, 3 each), and their corners (20, 3)."""
    degrees = np.array([h3.cell_to_latlng(cell) for cell in h3.get_pentagons(0)])
    vertices = vectors(degrees[:, 1], degrees[:, 0])
    near = vertices @ vertices.T > np.cos(np.radians(64))
    corners = np.array([t for t in combinations(range(12), 3) if near[np.ix_(t, t)].all()])
    middles = vertices[corners].sum(axis=1)
    middles /= np.linalg.norm(middles, axis=1)[:, None]
    first = vertices[corners[:, 0]]
    across = first - (first * middles).sum(axis=1)[:, None] * middles
    across /= np.linalg.norm(across, axis=1)[:, None]
    upwards = np.cross(middles, across)
    spots = [_flat(vertices[corners[:, k]], middles, across, upwards) for k in range(3)]
    return middles, across, upwards, np.stack(spots, axis=1)


def vectors(longitudes: Floats, latitudes: Floats) -> Floats:
    """Return unit vectors (n, 3) of positions in degrees."""
    x, y = np.radians(longitudes), np.radians(latitudes)
    return np.stack((np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)), axis=1)


def _flat(points: Floats, middles: Floats, across: Floats, upwards: Floats) -> Complexes:
    one, two = (points * across).sum(axis=1), (points * upwards).sum(axis=1)
    flat: Complexes = (one + 1j * two) / (points * middles).sum(axis=1)
    return flat


_MIDDLES, _ACROSS, _UPWARDS, _SPOTS = _faces()
_AXES = np.concatenate((_MIDDLES.T, _ACROSS.T, _UPWARDS.T))


def centres(cells: Integers) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes of the centres of any cells, as libh3 tells them."""
    pairs = chain.from_iterable(map(h3.cell_to_latlng, cells.tolist()))
    found = np.fromiter(pairs, np.float64, 2 * len(cells)).reshape(-1, 2)
    return found[:, 1], found[:, 0]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Cells of one resolution on the planes: the number of each one's face, its centre, and the step to its child 4."""

    face: Integers
    place: Complexes
    step: Complexes

    def take(self, chosen: Booleans | Integers) -> Lattice:
        """Return the chosen cells."""
        return Lattice(self.face[chosen], self.place[chosen], self.step[chosen])

    def children(self, finer: int) -> Lattice:
        """Return the seven children of each cell, in the order of their digits; `finer` is their resolution."""
        places = (self.place[:, None] + self.step[:, None] * _STEPS).reshape(-1)
        turned = np.exp(1j * _TURN * (-1 if finer % 2 else 1)) / np.sqrt(7)
        return Lattice(np.repeat(self.face, 7), places, np.repeat(self.step * turned, 7))

    def degrees(self) -> tuple[Floats, Floats]:
        """Return longitudes and latitudes of the centres."""
        return _degrees(self.face, self.place)

    def corners(self, own: int) -> Floats:
        """Return longitudes and latitudes of the corners, an array (n, 6, 2); `own` is the cells' resolution."""
        spacing = self.step * np.sqrt(7) * np.exp(-1j * _TURN * (-1 if own % 2 else 1))
        places = self.place[:, None] + spacing[:, None] * _CORNERS
        x, y = _degrees(np.repeat(self.face, 6), places.reshape(-1))
        return np.stack((x, y), axis=1).reshape(-1, 6, 2)


def _degrees(face: Integers, place: Complexes) -> tuple[Floats, Floats]:
    axes = _AXES[:, face]
    x, y, z = axes[:3] + place.real * axes[3:6] + place.imag * axes[6:]
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def fitted(cells: Integers, longitudes: Floats, latitudes: Floats) -> tuple[Booleans, Lattice]:
    """Return which cells have all descendants on one face, and the lattice of these.

    The cells are of one resolution, below 15, and are given with their centres.
    """
    points = vectors(longitudes, latitudes)
    face = np.argmax(points @ _MIDDLES.T, axis=1)
    place = _flat(points, _MIDDLES[face], _ACROSS[face], _UPWARDS[face])
    own = int(resolution(cells[:1])[0])
    spacing = _SPACING / np.sqrt(7) ** own
    regular = (_from_border(face, place) > 1.1 * REACH * spacing) & ~is_pentagon(cells)
    cells, face, place = cells[regular], face[regular], place[regular]
    shift = 45 - 3 * (own + 1)
    children = (cells & ~(15 << 52) & ~(7 << shift)) | (own + 1 << 52) | (4 << shift)
    points = vectors(*centres(children))
    moved = _flat(points, _MIDDLES[face], _ACROSS[face], _UPWARDS[face])
    return regular, Lattice(face, place, moved - place)


def _from_border(face: Integers, place: Complexes) -> Floats:
    """Return how far places on a plane are from the nearest side of the face, less than 0 outside."""
    corners = _SPOTS[face]
    sides = np.roll(corners, -1, axis=1) - corners
    away = (np.conj(sides) * (place[:, None] - corners)).imag / np.abs(sides)
    turn = np.sign((np.conj(sides[:, 0]) * (corners[:, 2] - corners[:, 0])).imag)
    nearest: Floats = (away * turn[:, None]).min(axis=1)
    return nearest
