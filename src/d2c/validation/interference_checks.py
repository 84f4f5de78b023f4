"""Checks of what the beams of one satellite do to each other."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from d2c.constants import SPHERE_RADIUS_M
from d2c.library import models as systems
from d2c.link.antenna import circular_aperture_beamwidth_deg
from d2c.link.geometry import look_angles_on_sphere
from d2c.link.terminal import off_axis_loss_db
from d2c.units import from_db, to_db
from d2c.validation.case import Check

_TIERS = 2  # of beams around the one in the middle: 19 in all
_USERS = 181  # on each side of the square that holds the layout

Floats = NDArray[np.float64]


def beam_layout_c_i(*, payload: str, altitude_km: float, elevation_deg: float, reuse: Literal[1, 3]) -> float:
    """Return the mean C/I in dB over users who stand evenly, as the satellite sees them, in the 19 beams of a payload.

    Beam centres are sqrt(3) sin(half the -3 dB width) apart in the plane of the direction's sines, the middle one at
    the elevation given (TR 38.821, 6.1.1.1); those that miss the Earth are dark. All send the same power.
    """
    beam = systems.payload(payload).beam
    frequency_hz = systems.payload(payload).downlink.frequency_mhz.value * 1e6
    assert beam.aperture_m is not None  # the layout is defined by an aperture's pattern
    width_deg = circular_aperture_beamwidth_deg(diameter_m=beam.aperture_m.value, frequency_hz=frequency_hz)
    spacing = np.sqrt(3) * np.sin(np.radians(width_deg / 2))
    steps = np.arange(-_TIERS, _TIERS + 1)
    i, j = (axis.ravel() for axis in np.meshgrid(steps, steps, indexing="ij"))
    inside = np.abs(i + j) <= _TIERS
    i, j = i[inside], j[inside]
    nadir = np.sin(
        np.radians(
            look_angles_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=elevation_deg).off_nadir_deg
        )
    )
    centre = np.stack([nadir + spacing * (i + j / 2), spacing * j * np.sqrt(3) / 2], axis=-1)
    limb = SPHERE_RADIUS_M / (SPHERE_RADIUS_M + altitude_km * 1e3)
    lit = np.linalg.norm(centre, axis=-1) < limb
    centre, colour = centre[lit], ((i - j) % reuse)[lit]
    user = _users(centre, spacing=spacing, limb=limb, middle=np.array([nadir, 0.0]))
    own = np.argmin(np.linalg.norm(user[:, None] - centre, axis=-1), axis=1)
    cosine = np.clip(_direction(user) @ _direction(centre).T, -1.0, 1.0)
    loss_db = off_axis_loss_db(beam, off_axis_deg=np.degrees(np.arccos(cosine)), frequency_hz=frequency_hz)
    heard = from_db(-loss_db) * (colour == colour[own][:, None])
    wanted = np.take_along_axis(heard, own[:, None], axis=1)[:, 0]
    return float(to_db(wanted / (heard.sum(axis=1) - wanted)).mean())


def _users(centre: Floats, *, spacing: float, limb: float, middle: Floats) -> Floats:
    """Return users on an even lattice, in a beam and on the Earth, as two sines of their direction (N, 2)."""
    side = (_TIERS + 1) * spacing * np.linspace(-1.0, 1.0, _USERS)
    user = middle + np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    near = np.linalg.norm(user[:, None] - centre, axis=-1).min(axis=1) < spacing / np.sqrt(3)
    return np.asarray(user[near & (np.linalg.norm(user, axis=-1) < limb)])


def _direction(sines: Floats) -> Floats:
    """Return unit vectors (..., 3)."""
    down = np.sqrt(1.0 - np.sum(sines**2, axis=-1, keepdims=True))
    return np.concatenate([sines, down], axis=-1)


INTERFERENCE_CHECKS: Mapping[str, Check] = {"beam-layout-c-i": beam_layout_c_i}
