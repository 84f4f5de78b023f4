"""Directivity of a pattern: 4 pi over the integral of its relative gain over all directions."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import SPEED_OF_LIGHT_M_S
from d2c.units import from_db, to_db

Floats = NDArray[np.float64]

_ANGLES = 16384  # of a radial pattern, dense near the axis
_LOBES = 32  # of a planar array, each integrated by itself; those beyond have 0.3 % of the power
_GAUSS = np.polynomial.legendre.leggauss(6)


def radial_directivity_dbi(gain_db: Callable[[Floats], Any], *, reach_deg: float) -> float:
    """Return the directivity of a gain by off-axis angle in deg, which radiates to `reach_deg` off the axis."""
    position = (np.arange(_ANGLES) + 0.5) / _ANGLES
    off_axis_rad = math.radians(reach_deg) * position**2
    width_rad = math.radians(reach_deg) * 2 * position / _ANGLES
    gain = from_db(gain_db(np.degrees(off_axis_rad)))
    return float(to_db(2.0 / (gain * np.sin(off_axis_rad) * width_rad).sum()))


def planar_array_directivity_dbi(
    *, length_along_m: float, length_across_m: float, frequency_hz: float, exponent: float
) -> float:
    """Return the directivity of `planar_array_gain_db` at broadside with elements of the form cos^exponent.

    With exponent 1 it is 4 pi A / lambda^2 of the aperture, and a little more: what the side lobes past the horizon
    would hold.
    """
    along = length_along_m * frequency_hz / SPEED_OF_LIGHT_M_S
    across = length_across_m * frequency_hz / SPEED_OF_LIGHT_M_S
    # direction cosines sin a and cos a sin b: no edge at the horizon
    a, width_a = (axis[:, None] for axis in _quarter_turn(along))
    b, width_b = _quarter_turn(across)
    element = np.cos(a) ** (exponent + 1.0) * np.cos(b) ** exponent
    gain = _lobes(along * np.sin(a)) * _lobes(across * (np.cos(a) * np.sin(b))) * element
    return float(to_db(math.pi / (gain * width_a * width_b).sum()))


def _quarter_turn(wavelengths: float) -> tuple[Floats, Floats]:
    """Return nodes and weights from 0 to pi / 2: a lobe of a side to an interval, beyond 32 ever wider intervals."""
    dense_rad = min(_LOBES / wavelengths, math.pi / 2)
    edges = np.linspace(0.0, dense_rad, max(math.ceil(dense_rad * wavelengths), 4) + 1)
    if dense_rad < math.pi / 2:
        edges = np.append(edges, np.geomspace(dense_rad, math.pi / 2, 9)[1:])
    half = np.diff(edges)[:, None] / 2
    nodes = (edges[:-1, None] + half) + half * _GAUSS[0]
    return nodes.ravel(), (half * _GAUSS[1]).ravel()


def _lobes(x: Floats) -> Floats:
    """Return sinc^2, beyond 32 lobes with the mean 1/2 of its sine squared."""
    far = np.maximum(x, _LOBES)
    return np.where(x <= _LOBES, np.sinc(x) ** 2, 0.5 / (math.pi * far) ** 2)
