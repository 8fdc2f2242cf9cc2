"""Geodesics of the WGS84 ellipsoid for whole columns: azimuth and length between points, and points along the way.

The series are those of C. F. F. Karney, Algorithms for geodesics, J. Geodesy 87, 43-55 (2013),
https://doi.org/10.1007/s00190-012-0578-z, equations 15 to 25. The inverse problem is solved as Vincenty did, by
repeating the longitude on the auxiliary sphere (with Karney's series for it); the few pairs for which that does not
converge, which are nearly antipodal, by bisecting the azimuth. Angles are in radians, lengths in meters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EQUATOR_M = 6378137.0
FLATTENING = 1 / 298.257223563
POLE_M = EQUATOR_M * (1 - FLATTENING)

_N = FLATTENING / (2 - FLATTENING)
_EP2 = FLATTENING * (2 - FLATTENING) / (1 - FLATTENING) ** 2
_CLOSE = 1e-11
_ITERATIONS = 12
_BISECTIONS = 60
_ANTIPODAL = 1e-9
_TINY = 1e-200

_C1 = (
    (-1 / 2, 0.0, 3 / 16, 0.0, -1 / 32, 0.0),
    (-1 / 16, 0.0, 1 / 32, 0.0, -9 / 2048),
    (-1 / 48, 0.0, 3 / 256, 0.0),
    (-5 / 512, 0.0, 3 / 512),
    (-7 / 1280, 0.0),
)
_C1P = (
    (1 / 2, 0.0, -9 / 32, 0.0, 205 / 1536, 0.0),
    (5 / 16, 0.0, -37 / 96, 0.0, 1335 / 4096),
    (29 / 96, 0.0, -75 / 128, 0.0),
    (539 / 1536, 0.0, -2391 / 2560),
    (3467 / 7680, 0.0),
)
_C3 = (
    (
        (1 - _N) / 4,
        (1 - _N**2) / 8,
        (3 + 3 * _N - _N**2) / 64,
        (5 + 2 * _N) / 128,
        3 / 128,
    ),
    (
        (2 - 3 * _N + _N**2) / 32,
        (3 - 2 * _N - 3 * _N**2) / 64,
        (3 + _N) / 128,
        5 / 256,
    ),
    ((5 - 9 * _N + 5 * _N**2) / 192, (9 - 10 * _N) / 384, 7 / 512),
    ((7 - 14 * _N) / 512, 7 / 512),
    (21 / 2560,),
)
"""Coefficients of the Fourier series: the first of row l belongs to the expansion parameter to the power of l."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Geodesics, one per row: where they start, at which azimuth, and how long they are."""

    latitude: Floats
    longitude: Floats
    azimuth: Floats
    length: Floats


def inverse(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Lines:
    """Return the shortest geodesics between points.

    Longitudes may have any number of turns: the way is the shorter one around the world.
    """
    turn = np.remainder(lon2 - lon1 + np.pi, 2 * np.pi) - np.pi
    east = np.where(turn < 0, -1.0, 1.0)
    beta1, beta2 = _reduced(lat1), _reduced(lat2)
    azimuth, arc, hard = _by_iteration(beta1, beta2, np.abs(turn))
    if hard.any():
        azimuth[hard], arc[hard] = _by_bisection(beta1[hard], beta2[hard], np.abs(turn)[hard])
    return Lines(lat1, lon1, east * azimuth, _length(beta1, azimuth, arc))


def positions(lines: Lines, distance: Floats) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes at distances from the start: `distance` and the results have shape (rows, n).

    Longitudes are continuous along a line, and so may go beyond pi.
    """
    beta = _angles(_reduced(lines.latitude))
    sin_a0, cos_a0, sigma1 = _node(beta, lines.azimuth)
    eps = _expansion(cos_a0)
    # At a pole the angle alone no longer tells where the geodesic leads.
    start = _direction(beta.sin, np.cos(lines.azimuth) * beta.cos)
    tau1 = sigma1 + _series(_terms(_C1, eps), start)
    tau = tau1[:, None] + distance / (POLE_M * _a1(eps))[:, None]
    sigma = tau + _series([term[:, None] for term in _terms(_C1P, eps)], _angles(tau))
    here = _angles(sigma)
    sine, cosine = np.abs(sin_a0)[:, None], cos_a0[:, None]
    across = np.hypot(sine, cosine * here.cos)
    latitude = np.arctan2(cosine * here.sin, (1 - FLATTENING) * across)
    terms = _terms(_C3, eps)
    along = sigma - sigma1[:, None]
    ripple = _series([term[:, None] for term in terms], here) - _series(terms, start)[:, None]
    passed = along + _lead(sine, here) - _lead(np.abs(sin_a0), start)[:, None]
    passed -= FLATTENING * sine * _a3(eps)[:, None] * (along + ripple)
    east = np.where(sin_a0 < 0, -1.0, 1.0)[:, None]
    return latitude, lines.longitude[:, None] + east * passed


@dataclass(frozen=True, slots=True)
class _Angles:
    sin: Floats
    cos: Floats


def _angles(angle: Floats) -> _Angles:
    return _Angles(np.sin(angle), np.cos(angle))


def _direction(sine: Floats, cosine: Floats) -> _Angles:
    size = np.hypot(sine, cosine)
    size = np.where(size == 0, 1.0, size)
    return _Angles(sine / size, np.where((sine == 0) & (cosine == 0), 1.0, cosine / size))


def _lead(sine: Floats, sigma: _Angles) -> Floats:
    """The longitude on the sphere from the node, less the arc from the node: it never makes a turn."""
    return np.arctan2(
        (sine - 1) * sigma.sin * sigma.cos, sigma.cos * sigma.cos + sine * sigma.sin * sigma.sin
    )


def _reduced(latitude: Floats) -> Floats:
    return np.arctan2((1 - FLATTENING) * np.sin(latitude), np.cos(latitude))


def _node(beta: _Angles, azimuth: Floats) -> tuple[Floats, Floats, Floats]:
    """Sine and cosine of the azimuth at the node, where the geodesic crosses the equator, and the arc from there."""
    sine, cosine = np.sin(azimuth), np.cos(azimuth)
    return (
        sine * beta.cos,
        np.hypot(cosine, sine * beta.sin),
        np.arctan2(beta.sin, cosine * beta.cos),
    )


def _expansion(cos_a0: Floats) -> Floats:
    k2 = _EP2 * cos_a0 * cos_a0
    return k2 / (2 * (1 + np.sqrt(1 + k2)) + k2)


def _a1(eps: Floats) -> Floats:
    square = eps * eps
    return (1 + square * (1 / 4 + square * (1 / 64 + square / 256))) / (1 - eps)


def _a3(eps: Floats) -> Floats:
    return 1 - eps * (
        (1 - _N) / 2
        + eps
        * (
            (2 + _N - 3 * _N**2) / 8
            + eps * ((1 + 3 * _N + _N**2) / 16 + eps * ((3 + 2 * _N) / 64 + eps * 3 / 128))
        )
    )


def _terms(coefficients: Sequence[Sequence[float]], eps: Floats) -> list[Floats]:
    found = []
    power = eps
    for row in coefficients:
        value = np.zeros_like(eps)
        for coefficient in reversed(row):
            value = value * eps + coefficient
        found.append(value * power)
        power = power * eps
    return found


def _series(terms: Sequence[Floats], angle: _Angles) -> Floats:
    """Sum `terms[l - 1] * sin(2 l angle)`, by Clenshaw's method."""
    twice = 2 * (angle.cos - angle.sin) * (angle.cos + angle.sin)
    before, last = np.zeros_like(terms[0]), terms[-1]
    for term in terms[-2::-1]:
        before, last = last, term + twice * last - before
    return last * (2 * angle.sin * angle.cos)


def _length(beta1: Floats, azimuth: Floats, arc: Floats) -> Floats:
    _, cos_a0, sigma1 = _node(_angles(beta1), azimuth)
    eps = _expansion(cos_a0)
    terms = _terms(_C1, eps)
    ripple = _series(terms, _angles(sigma1 + arc)) - _series(terms, _angles(sigma1))
    return POLE_M * _a1(eps) * (arc + ripple)


def _lag(sin_a0: Floats, cos_a0: Floats, sigma1: Floats, arc: Floats) -> Floats:
    """How much less longitude the ellipsoid has than the auxiliary sphere, over an arc."""
    eps = _expansion(cos_a0)
    terms = _terms(_C3, eps)
    ripple = _series(terms, _angles(sigma1 + arc)) - _series(terms, _angles(sigma1))
    return FLATTENING * sin_a0 * _a3(eps) * (arc + ripple)


def _by_iteration(
    beta1: Floats, beta2: Floats, lam: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Azimuth at the first point, arc, and the rows where these were not found; `lam` is from 0 to pi."""
    one, two = _angles(beta1), _angles(beta2)
    difference = np.sin(beta2 - beta1)
    omega, before, missed_before = lam, lam, lam
    open_rows = np.ones(len(lam), np.bool_)
    for step in range(_ITERATIONS):
        azimuth, arc = _on_sphere(one, two, difference, omega)
        missed = lam + _lag(*_node(one, azimuth), arc) - omega
        # Every repetition gains three digits; the secant through two of them doubles the digits that there are.
        change = missed - missed_before
        usable = open_rows & (change != 0) & (step > 0)
        slope = np.where(usable, (omega - before) / np.where(usable, change, 1.0), -1.0)
        before, missed_before = omega, missed
        # A row that has converged stays as it is, so that it does not depend on the others.
        omega = np.where(open_rows, omega - missed * slope, omega)
        # From a step this short, the next repetition would gain the last digits: the row has just made it.
        open_rows &= ~(np.abs(missed) <= _CLOSE)
        if not open_rows.any():
            break
    azimuth, arc = _on_sphere(one, two, difference, omega)
    # Beyond half a turn, or between antipodal points, the equations have another solution than the shortest way.
    return azimuth, arc, open_rows | ~(omega <= np.pi) | (np.pi - arc < _ANTIPODAL)


def _on_sphere(
    one: _Angles, two: _Angles, difference: Floats, omega: Floats
) -> tuple[Floats, Floats]:
    """Azimuth and arc between points on the auxiliary sphere that are `omega` of longitude apart."""
    y = two.cos * np.sin(omega)
    x = difference + 2 * one.sin * two.cos * np.sin(omega / 2) ** 2
    arc = np.arctan2(np.hypot(x, y), one.sin * two.sin + one.cos * two.cos * np.cos(omega))
    return np.arctan2(y, x), arc


def _by_bisection(beta1: Floats, beta2: Floats, lam: Floats) -> tuple[Floats, Floats]:
    """Solve Karney's equation for the azimuth at the point farther from the equator, taken to be southern."""
    swap = np.abs(beta1) < np.abs(beta2)
    far, near = np.where(swap, beta2, beta1), np.where(swap, beta1, beta2)
    flip = np.where(far > 0, -1.0, 1.0)
    far, near = far * flip, near * flip
    low, high = np.zeros_like(lam), np.full_like(lam, np.pi)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        short = _reached(far, near, middle)[0] < lam
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    azimuth = (low + high) / 2
    _, arc, azimuth2 = _reached(far, near, azimuth)
    sine = np.where(swap, np.sin(azimuth2), np.sin(azimuth))
    cosine = np.where(swap, -np.cos(azimuth2), np.cos(azimuth)) * flip
    return np.arctan2(sine, cosine), arc


def _reached(far: Floats, near: Floats, azimuth: Floats) -> tuple[Floats, Floats, Floats]:
    """Longitude, arc and azimuth where a geodesic from latitude `far` next has latitude `near`, going north."""
    one, two, at = _angles(far), _angles(near), _angles(azimuth)
    sin1 = np.minimum(one.sin, -_TINY)
    sin_a0 = at.sin * one.cos
    cos2 = np.sqrt((at.cos * one.cos) ** 2 + (sin1 - two.sin) * (sin1 + two.sin))
    sigma1 = np.arctan2(sin1, at.cos * one.cos)
    arc = np.maximum(np.arctan2(two.sin, cos2) - sigma1, 0)
    omega = np.arctan2(sin_a0 * two.sin, cos2) - np.arctan2(sin_a0 * sin1, at.cos * one.cos)
    cos_a0 = np.hypot(at.cos, at.sin * one.sin)
    return omega - _lag(sin_a0, cos_a0, sigma1, arc), arc, np.arctan2(sin_a0, cos2)
