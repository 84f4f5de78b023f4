"""Checks of co-channel interference between the beams of one satellite."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from d2c.antenna.patterns import circular_aperture_beamwidth_deg
from d2c.constants import SPHERE_RADIUS_M
from d2c.library import models
from d2c.link.geometry import look_angles_on_sphere
from d2c.link.terminal import off_axis_loss_db
from d2c.units import from_db, to_db
from d2c.validation.case import Check

_TIERS = 2  # of beams around the central one: 19 in all
_USERS = 181  # per side of the square around the layout

FloatArray = NDArray[np.float64]


def beam_layout_c_i(*, payload: str, altitude_km: float, elevation_deg: float, reuse: Literal[1, 3]) -> float:
    """Return the mean C/I in dB over users spread evenly, in the u-v plane, over the 19 beams of a payload.

    Beam centres are sqrt(3) sin(half the -3 dB width) apart in the u-v plane (direction cosines), the central one at
    the given elevation (TR 38.821, 6.1.1.1); beams off the Earth are inactive. All beams transmit the same power.
    """
    beam = models.read_payload(payload).beam
    frequency_hz = models.read_payload(payload).downlink.frequency_mhz.value * 1e6
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
    active = np.linalg.norm(centre, axis=-1) < limb
    centre, colour = centre[active], ((i - j) % reuse)[active]
    user = _user_directions(centre, spacing=spacing, limb=limb, middle=np.array([nadir, 0.0]))
    own = np.argmin(np.linalg.norm(user[:, None] - centre, axis=-1), axis=1)
    cosine = np.clip(_unit_vectors(user) @ _unit_vectors(centre).T, -1.0, 1.0)
    loss_db = off_axis_loss_db(beam, off_axis_deg=np.degrees(np.arccos(cosine)), frequency_hz=frequency_hz)
    received = from_db(-loss_db) * (colour == colour[own][:, None])
    carrier = np.take_along_axis(received, own[:, None], axis=1)[:, 0]
    return float(to_db(carrier / (received.sum(axis=1) - carrier)).mean())


def _user_directions(centre: FloatArray, *, spacing: float, limb: float, middle: FloatArray) -> FloatArray:
    """Return the u-v directions (N, 2) of users on a square lattice, inside a beam and on the Earth."""
    side = (_TIERS + 1) * spacing * np.linspace(-1.0, 1.0, _USERS)
    user = middle + np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    in_beam = np.linalg.norm(user[:, None] - centre, axis=-1).min(axis=1) < spacing / np.sqrt(3)
    return np.asarray(user[in_beam & (np.linalg.norm(user, axis=-1) < limb)])


def _unit_vectors(sines: FloatArray) -> FloatArray:
    """Return unit vectors (..., 3) of u-v directions (..., 2)."""
    down = np.sqrt(1.0 - np.sum(sines**2, axis=-1, keepdims=True))
    return np.concatenate([sines, down], axis=-1)


INTERFERENCE_CHECKS: Mapping[str, Check] = {"beam-layout-c-i": beam_layout_c_i}
