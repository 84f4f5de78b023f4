"""Antenna gain patterns as a function of the off-axis angle, and the scan loss of planar arrays."""

import math
from typing import Any

import numpy as np

from d2c.antenna.bessel import ZEROS_OF_J1, j1
from d2c.constants import SPEED_OF_LIGHT_M_S
from d2c.errors import ModelRangeError
from d2c.propagation.model_range import check_range
from d2c.units import to_db

# Levels printed in S.1528, and the -35 dB of System 4 in ITU-R WP 4C (4C/356 Annex 7)
NEAR_SIDE_LOBES_DB = (-15.0, -20.0, -25.0, -30.0, -35.0)

_APERTURE = "3GPP TR 38.811 V15.4.0, 6.4.1"
_S1528 = "ITU-R S.1528-0"
_PLANAR_ARRAY = "a planar array"
# x at which 20 log10 (2 J1(x) / x) = -3, not half power: TR 38.821 defines its beamwidths so
_THREE_DB_KA_SINE = 1.613741196370


def isotropic_gain_db(*, off_axis_deg: Any) -> Any:
    """Return the gain of an isotropic antenna relative to its peak: zeros, same shape."""
    return np.zeros_like(np.asarray(off_axis_deg, dtype=float))[()]


def circular_aperture_gain_db(*, off_axis_deg: Any, diameter_m: float, frequency_hz: float) -> Any:
    """Return the gain of a uniformly illuminated circular aperture relative to its peak, same shape; -inf in a null.

    ModelRangeError beyond 90 deg off the axis. Source: 3GPP TR 38.811 V15.4.0, 6.4.1, 4 |J1(x) / x|^2,
    x = ka sin.
    """
    sine = _sine_off_axis(off_axis_deg, _APERTURE)
    return 2.0 * to_db(np.abs(_airy_field(_electrical_radius_rad(diameter_m, frequency_hz) * sine)))


def circular_aperture_beamwidth_deg(*, diameter_m: float, frequency_hz: float) -> float:
    """Return the full -3 dB beamwidth of a uniformly illuminated circular aperture.

    Source: 3GPP TR 38.811 V15.4.0, 6.4.1; prints as TR 38.821's 4.4127 deg for 2 m at 2 GHz.
    """
    sine = _THREE_DB_KA_SINE / _electrical_radius_rad(diameter_m, frequency_hz)
    if sine > 1:
        raise ModelRangeError(
            f"an aperture of {diameter_m:g} m at {frequency_hz / 1e9:g} GHz has no -3 dB point within 90 deg "
            f"({_APERTURE})"
        )
    return 2.0 * math.degrees(math.asin(sine))


def s1528_gain_dbi(
    *, off_axis_deg: Any, peak_gain_dbi: float, beamwidth_deg: float, near_side_lobe_db: float
) -> Any:
    """Return the absolute gain of the S.1528 reference pattern for a circular beam, same shape.

    `beamwidth_deg` is the full width between the -3 dB points, `near_side_lobe_db` one of NEAR_SIDE_LOBES_DB.
    ModelRangeError for any other level, a peak gain below its magnitude, or an angle outside 0 to 180 deg.
    Source: ITU-R S.1528-0, recommends 1.2.
    """
    if near_side_lobe_db not in NEAR_SIDE_LOBES_DB:
        allowed = ", ".join(f"{level:g}" for level in NEAR_SIDE_LOBES_DB)
        raise ModelRangeError(
            f"side-lobe level {near_side_lobe_db:g} dB is not one of {allowed} dB ({_S1528}, 1.2)"
        )
    far_dbi, b = 0.0, 6.32
    _check_peak_gain(peak_gain_dbi, far_dbi - near_side_lobe_db, "1.2")
    off_axis = _checked_angle_deg(off_axis_deg, 180, _S1528)
    ratio = off_axis / (beamwidth_deg / 2.0)
    far_ratio = b * 10.0 ** (0.04 * (peak_gain_dbi + near_side_lobe_db - far_dbi))
    back_dbi = max(0.0, 15.0 + near_side_lobe_db + 0.25 * peak_gain_dbi)
    plateau_dbi = peak_gain_dbi + near_side_lobe_db
    gain = np.where(off_axis <= 90, far_dbi, back_dbi)
    roll_off_dbi = plateau_dbi - 2.5 * to_db(np.maximum(ratio, b) / b)
    gain = np.where((ratio <= far_ratio) & (off_axis <= 90), roll_off_dbi, gain)
    gain = np.where(ratio <= b, plateau_dbi, gain)
    gain = np.where(ratio <= 2.58, peak_gain_dbi - 3.0 * ratio**1.5, gain)
    return np.where(np.isnan(off_axis), np.nan, gain)[()]


def s1528_leo_gain_dbi(*, off_axis_deg: Any, peak_gain_dbi: float, beamwidth_deg: float) -> Any:
    """Return the absolute gain of the S.1528 reference pattern for LEO satellites, same shape.

    `beamwidth_deg` is the full width between the -3 dB points. ModelRangeError for a peak gain below 11.75
    dBi or an angle outside 0 to 180 deg. Source: ITU-R S.1528-0, recommends 1.3, low Earth orbit.
    """
    near_db, far_dbi = -6.75, 5.0
    _check_peak_gain(peak_gain_dbi, far_dbi - near_db, "1.3")
    ratio = _checked_angle_deg(off_axis_deg, 180, _S1528) / (beamwidth_deg / 2.0)
    near_ratio = math.sqrt(-near_db / 3.0)
    far_ratio = near_ratio * 10.0 ** (0.04 * (peak_gain_dbi + near_db - far_dbi))
    roll_off_dbi = peak_gain_dbi + near_db - 2.5 * to_db(np.maximum(ratio, near_ratio) / near_ratio)
    gain = np.where(ratio <= far_ratio, roll_off_dbi, far_dbi)
    gain = np.where(ratio <= near_ratio, peak_gain_dbi - 3.0 * ratio**2, gain)
    return np.where(np.isnan(ratio), np.nan, gain)[()]


def s1528_taylor_gain_db(
    *,
    off_axis_deg: Any,
    diameter_m: float,
    frequency_hz: float,
    side_lobe_ratio_db: float,
    secondary_lobes: int,
) -> Any:
    """Return the gain of a circular Taylor illumination relative to its peak, same shape; -inf in a null.

    `diameter_m` is l_r = l_t of the Recommendation; up to `secondary_lobes` lobes are kept near the side-lobe ratio.
    ModelRangeError beyond 90 deg off the axis, and unless there are 1 to 10 lobes. Source: ITU-R S.1528-0,
    recommends 1.4.
    """
    if not 1 <= secondary_lobes <= len(ZEROS_OF_J1):
        raise ModelRangeError(
            f"secondary_lobes = {secondary_lobes} is not 1 to {len(ZEROS_OF_J1)} ({_S1528}, 1.4)"
        )
    u = _electrical_radius_rad(diameter_m, frequency_hz) * _sine_off_axis(off_axis_deg, _S1528)
    a, sigma = taylor_parameters(side_lobe_ratio_db=side_lobe_ratio_db, secondary_lobes=secondary_lobes)
    zeros = ZEROS_OF_J1[: secondary_lobes - 1]
    for zero in zeros:
        # 0/0 at the displaced zeros; an offset of 1e-6 changes the gain there by less than 1e-4 dB
        u = np.where(np.abs(u - zero) < 1e-6 * zero, zero * (1 + 1e-6), u)
    field = _airy_field(u)
    for i, zero in enumerate(zeros, start=1):
        displaced = (np.pi * sigma) ** 2 * (a**2 + (i - 0.5) ** 2)
        field = field * (1.0 - u**2 / displaced) / (1.0 - (u / zero) ** 2)
    return 2.0 * to_db(np.abs(field))


def taylor_parameters(*, side_lobe_ratio_db: float, secondary_lobes: int) -> tuple[float, float]:
    """Return A and sigma of the Taylor pattern. Source: ITU-R S.1528-0, recommends 1.4."""
    a = math.acosh(10.0 ** (side_lobe_ratio_db / 20.0)) / math.pi
    last_zero = float(ZEROS_OF_J1[secondary_lobes - 1]) / math.pi
    return a, last_zero / math.hypot(a, secondary_lobes - 0.5)


def planar_array_gain_db(
    *,
    sine_along: Any,
    sine_across: Any,
    length_along_m: float,
    length_across_m: float,
    frequency_hz: float,
) -> Any:
    """Return the array factor of a uniformly illuminated rectangle relative to its peak; -inf in a null.

    `sine_along` and `sine_across` are the direction cosines along the two sides of the direction, less those of the
    steered direction; they broadcast. A steered beam so widens by itself. The element's factor is not in it: it is
    the scan loss of `scan_loss_db`, towards the direction. Derived: Fourier transform of the aperture.
    """
    per_wavelength = frequency_hz / SPEED_OF_LIGHT_M_S
    along = np.sinc(np.asarray(sine_along, dtype=float) * (length_along_m * per_wavelength))
    across = np.sinc(np.asarray(sine_across, dtype=float) * (length_across_m * per_wavelength))
    return 2.0 * to_db(np.abs(along * across))


def square_array_gain_db(*, off_axis_deg: Any, area_m2: float, frequency_hz: float) -> Any:
    """Return the broadside gain of a square array relative to its peak in a plane along a side, same shape.

    Where only an off-axis angle is given it stands for a rectangle of the same area. ModelRangeError beyond 90 deg.
    """
    side_m = math.sqrt(area_m2)
    return planar_array_gain_db(
        sine_along=_sine_off_axis(off_axis_deg, _PLANAR_ARRAY),
        sine_across=0.0,
        length_along_m=side_m,
        length_across_m=side_m,
        frequency_hz=frequency_hz,
    )


def scan_loss_db(*, scan_angle_deg: Any, exponent: float) -> Any:
    """Return the scan loss of a planar array steered off broadside, same shape: -10 n log10 cos.

    n = 1 is the projected aperture alone; the element pattern adds to it. ModelRangeError at 90 deg or more, and for
    n < 0. Derived: projected area of the array times an element pattern of the form cos^(n-1).
    """
    angle = np.asarray(scan_angle_deg, dtype=float)
    if ((np.abs(angle) >= 90) | (exponent < 0)).any():
        raise ModelRangeError(
            f"scan angle must be below 90 deg and exponent at least 0; got "
            f"{np.abs(angle).max():g} deg and {exponent:g}"
        )
    return -exponent * to_db(np.cos(np.radians(angle))) + 0.0  # adding zero avoids -0.0 at broadside


def _airy_field(x: Any) -> Any:
    """Return the Airy field pattern 2 J1(x) / x, 1 at zero."""
    safe = np.where(np.abs(x) < 1e-8, 1.0, x)
    return np.where(np.abs(x) < 1e-8, 1.0, 2.0 * j1(safe) / safe)


def _electrical_radius_rad(diameter_m: float, frequency_hz: float) -> float:
    """Return k a: the radius times the wave number."""
    return math.pi * diameter_m * frequency_hz / SPEED_OF_LIGHT_M_S


def _sine_off_axis(off_axis_deg: Any, document: str) -> Any:
    return np.sin(np.radians(_checked_angle_deg(off_axis_deg, 90, document)))


def _checked_angle_deg(off_axis_deg: Any, high: float, document: str) -> Any:
    """Return the magnitude of the off-axis angle; ModelRangeError above `high`."""
    check_range(
        name="off-axis angle", value=off_axis_deg, low=-high, high=high, unit="deg", document=document
    )
    return np.abs(np.asarray(off_axis_deg, dtype=float))


def _check_peak_gain(peak_gain_dbi: float, lowest_dbi: float, section: str) -> None:
    if peak_gain_dbi < lowest_dbi:
        raise ModelRangeError(
            f"peak gain {peak_gain_dbi:g} dBi is below the {lowest_dbi:g} dBi that {_S1528}, {section}, needs"
        )
