"""Half-power beamwidth of a payload's beam, and the radius of its footprint straight below the satellite."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.library.models import Payload
from d2c.link.geometry import footprint_radius_m
from d2c.link.terminal import off_axis_loss_db

HALF_POWER_DB = 3.0
_UNIFORM_APERTURE = 1.6163  # 2 J1(u) / u = 1 / sqrt(2), half power of the pattern of TR 38.811, eq. (6.4.1-1)
_STEP_DEG = 0.01  # narrower than any lobe of the patterns
_HALVINGS = 40


def half_power_angle_deg(payload: Payload) -> float:
    """Return the first angle off the axis at which the downlink pattern has lost 3 dB; NaN if none within 90 deg.

    For a planar array it is that of the square array of the same area: the geometric mean of its two half widths.
    """
    return angle_at_loss_deg(payload, loss_db=HALF_POWER_DB)


def angle_at_loss_deg(payload: Payload, *, loss_db: float) -> float:
    """Return the first angle off the axis at which the downlink pattern has such a loss; NaN if none within 90 deg."""
    frequency_hz = payload.downlink.frequency_mhz.value * 1e6

    def pattern_loss_db(off_axis_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        return off_axis_loss_db(payload.beam, off_axis_deg=off_axis_deg, frequency_hz=frequency_hz)

    off_axis_deg = np.linspace(0.0, 90.0, round(90.0 / _STEP_DEG) + 1)
    beyond = np.flatnonzero(pattern_loss_db(off_axis_deg) >= loss_db)
    if not beyond.size:
        return np.nan
    low, high = off_axis_deg[max(beyond[0] - 1, 0)], off_axis_deg[beyond[0]]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if pattern_loss_db(np.array([middle]))[0] >= loss_db else (middle, high)
    return float(high)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Half of a beam's -3 dB beamwidth, with its source or assumption."""

    half_beamwidth_deg: float
    source: str
    assumed: str = ""

    def radius_m(self, *, altitude_m: float) -> float:
        """Return the footprint radius of the nadir-pointing beam; NaN where the beam edge misses the Earth."""
        return float(footprint_radius_m(altitude_m=altitude_m, half_beamwidth_deg=self.half_beamwidth_deg))


def footprint(payload: Payload) -> Footprint | None:
    """Return the -3 dB beam of a payload; None where neither its pattern nor its gain gives one."""
    beam = payload.beam
    if beam.pattern == "isotropic":
        sine = _UNIFORM_APERTURE / 10 ** (beam.peak_gain_dbi.value / 20)
        why = (
            "radius of the -3 dB footprint to the nadir; the source has no beamwidth, so it is that of a "
            "uniform circular aperture with the peak gain"
        )
        return Footprint(float(np.degrees(np.arcsin(sine))), "", why) if sine < 1 else None
    angle_deg = half_power_angle_deg(payload)
    if np.isnan(angle_deg):
        return None
    shape = (
        beam.aperture_m,
        beam.beamwidth_deg,
        beam.side_lobe_ratio_db,
        beam.secondary_lobes,
        beam.length_along_m,
        beam.length_across_m,
    )
    of_equal_area = " of the square array of equal area" if beam.pattern == "planar-array" else ""
    return Footprint(
        angle_deg,
        f"radius of the -3 dB footprint to the nadir, pattern {beam.pattern}{of_equal_area}",
        "; ".join(dict.fromkeys(figure.assumed for figure in shape if figure and figure.assumed)),
    )
