"""What a handset sees of one satellite: geometry, delay, Doppler, and what compensation at the beam's centre leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy as ellipsoid
from d2c.constants import SPHERE_RADIUS_M
from d2c.errors import ModelRangeError
from d2c.library.models import Payload
from d2c.link.geometry import (
    LookAngles,
    delay_s,
    doppler,
    doppler_on_sphere,
    doppler_rate_on_sphere,
    elevation_nearby_deg,
    footprint_radius_m,
    look_angles,
    look_angles_on_sphere,
)
from d2c.link.terminal import off_axis_loss_db
from d2c.orbit.constellation import Constellation
from d2c.orbit.ephemeris import Ephemeris, propagate

Array = NDArray[np.float64]

_HALF_POWER_DB = 3.0
_UNIFORM_APERTURE = 1.6163  # 2 J1(u) / u = 1 / sqrt(2), half power of the pattern of TR 38.811, eq. (6.4.1-1)
_SIDE_US = 100_000  # of the central difference: its error is 2e-6 of the rate at 360 km, rounding 1e-9 of it


@dataclass(frozen=True, eq=False, slots=True)
class SatelliteGeometry:
    """One satellite seen from one place, arrays of one shape.

    `altitude_m` is above the sphere of 6,371 km. `doppler` is the relative frequency shift, positive while the
    satellite comes nearer, `doppler_rate` its change per second. The residuals are what is left of both where the
    satellite compensates the shift at the centre of its beam, and that centre is `beam_radius_m` away from the
    handset along the ground track, on the worse side; without a sign, NaN without a beam radius.
    """

    look: LookAngles
    altitude_m: Array
    delay_s: Array
    doppler: Array
    doppler_rate: Array
    beam_radius_m: float
    residual_doppler: Array
    residual_doppler_rate: Array


@dataclass(frozen=True, slots=True)
class Footprint:
    """Half the angle between a beam's -3 dB directions, and how it is known."""

    half_beamwidth_deg: float
    source: str
    assumed: str = ""

    def radius_m(self, *, altitude_m: float) -> float:
        """Return the radius on the ground of the beam to the nadir; NaN where it reaches past the horizon."""
        return float(footprint_radius_m(altitude_m=altitude_m, half_beamwidth_deg=self.half_beamwidth_deg))


def footprint(payload: Payload) -> Footprint | None:
    """Return the -3 dB beam of a payload; None where neither its pattern nor its gain gives one."""
    beam, frequency_hz = payload.beam, payload.downlink.frequency_mhz.value * 1e6
    if beam.pattern == "isotropic":
        sine = _UNIFORM_APERTURE / 10 ** (beam.peak_gain_dbi.value / 20)
        why = (
            "radius of the -3 dB footprint to the nadir; the source has no beamwidth, so it is that of a "
            "uniform circular aperture with the peak gain"
        )
        return Footprint(float(np.degrees(np.arcsin(sine))), "", why) if sine < 1 else None
    angle = np.linspace(0, 90, 90_001)
    below = off_axis_loss_db(beam, off_axis_deg=angle, frequency_hz=frequency_hz) >= _HALF_POWER_DB
    if not below.any():
        return None
    shape = (beam.aperture_m, beam.beamwidth_deg, beam.side_lobe_ratio_db, beam.secondary_lobes)
    return Footprint(
        float(angle[np.argmax(below)]),
        f"radius of the -3 dB footprint to the nadir, pattern {beam.pattern}",
        "; ".join(dict.fromkeys(figure.assumed for figure in shape if figure and figure.assumed)),
    )


def geometry_on_sphere(
    *, altitude_m: float, elevation_deg: Any, beam_radius_m: float = np.nan
) -> SatelliteGeometry:
    """Return the sight of a satellite that rises in the plane of its circular orbit, the worst pass.

    On a sphere of 6,371 km that does not turn (3GPP TR 38.811 V15.4.0, eq. (6.6-3)); the shape is that of the
    elevation. ModelRangeError outside 0 to 90 deg.
    """
    at = {"altitude_m": altitude_m, "elevation_deg": np.asarray(elevation_deg, dtype=float)}
    look = look_angles_on_sphere(**at)
    shift, rate = doppler_on_sphere(**at), doppler_rate_on_sphere(**at)
    residuals = []
    for toward_m in (beam_radius_m, -beam_radius_m):
        centre = elevation_nearby_deg(**at, toward_m=toward_m)
        with np.errstate(invalid="ignore"):
            centre = np.where((centre >= 0) & (centre <= 180), centre, np.nan)
        folded = np.minimum(centre, 180 - centre)  # the rate is the same before and after the zenith
        residuals.append(
            (
                shift - doppler_on_sphere(altitude_m=altitude_m, elevation_deg=centre),
                rate - doppler_rate_on_sphere(altitude_m=altitude_m, elevation_deg=folded),
            )
        )
    return SatelliteGeometry(
        look=look,
        altitude_m=np.full(look.slant_range_m.shape, altitude_m),
        delay_s=delay_s(slant_range_m=look.slant_range_m),
        doppler=shift,
        doppler_rate=rate,
        beam_radius_m=beam_radius_m,
        residual_doppler=_worse([shift for shift, _ in residuals]),
        residual_doppler_rate=_worse([rate for _, rate in residuals]),
    )


def satellite_geometry(
    constellation: Constellation,
    satellite: int,
    *,
    utc: np.datetime64,
    latitude_deg: float,
    longitude_deg: float,
    beam_radius_m: float = np.nan,
) -> SatelliteGeometry:
    """Return the sight, shape (), of a satellite of a constellation from a place at rest on the ellipsoid.

    The Doppler rate is a central difference over 0.2 s. ModelRangeError where SGP4 has no position then.
    """
    around = utc.astype("datetime64[us]") + np.array([-_SIDE_US, 0, _SIDE_US]).astype("timedelta64[us]")
    states = propagate(constellation.take(np.array([satellite])), around)
    if np.isnan(states.position_m).any():
        raise ModelRangeError(
            f"satellite '{constellation.name[satellite]}' has no position at {utc}Z: SGP4 says it has decayed; "
            "choose a time near the epoch of its elements"
        )
    here = _position(latitude_deg, longitude_deg)
    satellite_m = states.position_m[1, 0]
    up = ellipsoid.up(latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg))
    look = look_angles(satellite_m, handset_m=here, up=up)
    shift, rate = _doppler_and_rate(states, here)
    track = states.velocity_m_s[1, 0] - np.sum(states.velocity_m_s[1, 0] * up) * up
    centres = [
        _doppler_and_rate(states, _moved(latitude_deg, longitude_deg, track, distance_m))
        for distance_m in (beam_radius_m, -beam_radius_m)
    ]
    return SatelliteGeometry(
        look=look,
        altitude_m=np.asarray(np.linalg.norm(satellite_m) - SPHERE_RADIUS_M),
        delay_s=delay_s(slant_range_m=look.slant_range_m),
        doppler=shift,
        doppler_rate=rate,
        beam_radius_m=beam_radius_m,
        residual_doppler=_worse([shift - there for there, _ in centres]),
        residual_doppler_rate=_worse([rate - there for _, there in centres]),
    )


def next_in_view_utc(
    constellation: Constellation,
    satellite: int,
    *,
    utc: np.datetime64,
    latitude_deg: float,
    longitude_deg: float,
) -> np.datetime64 | None:
    """Return the next whole minute, within a day, with the satellite above the horizon; None without one."""
    minutes = utc.astype("datetime64[m]") + np.arange(1, 24 * 60 + 1).astype("timedelta64[m]")
    position_m = propagate(constellation.take(np.array([satellite])), minutes).position_m[:, 0]
    up = ellipsoid.up(latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg))
    look = look_angles(position_m, handset_m=_position(latitude_deg, longitude_deg), up=up)
    above = np.flatnonzero(look.elevation_deg > 0)
    return minutes[above[0]] if len(above) else None


def _doppler_and_rate(states: Ephemeris, handset_m: Array) -> tuple[Array, Array]:
    """Return the shift at the middle of three states and its change per second."""
    shifts = doppler(
        satellite_m=states.position_m[:, 0], velocity_m_s=states.velocity_m_s[:, 0], handset_m=handset_m
    )
    return shifts[1], (shifts[2] - shifts[0]) / (2 * _SIDE_US / 1e6)


def _moved(latitude_deg: float, longitude_deg: float, direction: Array, distance_m: float) -> Array:
    """Return the place so far away in a horizontal direction; angles as on the sphere of 6,371 km."""
    up = ellipsoid.up(latitude_deg=np.array(latitude_deg), longitude_deg=np.array(longitude_deg))
    angle = distance_m / SPHERE_RADIUS_M
    normal = up * np.cos(angle) + direction / np.linalg.norm(direction) * np.sin(angle)
    return _position(np.degrees(np.arcsin(normal[2])), np.degrees(np.arctan2(normal[1], normal[0])))


def _position(latitude_deg: float, longitude_deg: float) -> Array:
    place = {"latitude_deg": np.array(latitude_deg), "longitude_deg": np.array(longitude_deg)}
    return ellipsoid.position_m(**place, height_m=np.array(0.0))


def _worse(residuals: Sequence[Array]) -> Array:
    """Return the larger of the sizes, NaN only where all are."""
    worse: Array = np.fmax(*np.abs(residuals))
    return worse
