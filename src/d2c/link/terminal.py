"""The two ends of a link: EIRP and G/T of handsets, and how a payload's gain falls off its best direction."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import REFERENCE_TEMPERATURE_K
from d2c.library.models import Beam, Figure, Handset
from d2c.link.antenna import (
    circular_aperture_gain_db,
    isotropic_gain_db,
    s1528_gain_dbi,
    s1528_leo_gain_dbi,
    s1528_taylor_gain_db,
    scan_loss_db,
)
from d2c.units import from_db, to_db

DEEPEST_NULL_DB = 100.0


def eirp_dbw(handset: Handset) -> float:
    """Return what a handset radiates in its best direction."""
    return handset.tx_power_dbm.value - 30 + handset.tx_gain_dbi.value


def g_over_t_db_k(handset: Handset) -> float:
    """Return the figure of merit of a handset as a receiver.

    Source: 3GPP TR 38.821 V16.1.0, 6.1.3.1 (noise figure at 290 K, antenna temperature behind it).
    """
    noise_figure = handset.noise_figure_db.value
    antenna_excess = handset.antenna_temperature_k.value - REFERENCE_TEMPERATURE_K
    temperature_k = REFERENCE_TEMPERATURE_K + antenna_excess * float(from_db(-noise_figure))
    return handset.rx_gain_dbi.value - noise_figure - float(to_db(temperature_k))


def beam_loss_db(beam: Beam, *, off_nadir_deg: Any, frequency_hz: float) -> NDArray[np.float64]:
    """Return what a beam loses against its peak gain towards a handset, same shape as the angle.

    A steered beam is aimed at the handset and loses what its array loses by scanning; a fixed one points to the nadir.
    """
    off_nadir = np.asarray(off_nadir_deg, dtype=float)
    if beam.steering == "fixed-nadir":
        return off_axis_loss_db(beam, off_axis_deg=off_nadir, frequency_hz=frequency_hz)
    if beam.scan_loss_exponent is None:
        return np.zeros(off_nadir.shape)
    return np.asarray(scan_loss_db(scan_angle_deg=off_nadir, exponent=beam.scan_loss_exponent.value))


def off_axis_loss_db(beam: Beam, *, off_axis_deg: Any, frequency_hz: float) -> NDArray[np.float64]:
    """Return what a beam loses off its axis by its own pattern, same shape as the angle; at most 100 dB."""
    match beam.pattern:
        case "isotropic":
            gain = isotropic_gain_db(off_axis_deg=off_axis_deg)
        case "aperture":
            gain = circular_aperture_gain_db(
                off_axis_deg=off_axis_deg, diameter_m=_value(beam.aperture_m), frequency_hz=frequency_hz
            )
        case "s1528":
            peak = beam.peak_gain_dbi.value
            gain = (
                s1528_gain_dbi(
                    off_axis_deg=off_axis_deg,
                    peak_gain_dbi=peak,
                    beamwidth_deg=_value(beam.beamwidth_deg),
                    near_side_lobe_db=_value(beam.near_side_lobe_db),
                )
                - peak
            )
        case "s1528-leo":
            peak = beam.peak_gain_dbi.value
            width = _value(beam.beamwidth_deg)
            gain = (
                s1528_leo_gain_dbi(off_axis_deg=off_axis_deg, peak_gain_dbi=peak, beamwidth_deg=width) - peak
            )
        case "s1528-taylor":
            gain = s1528_taylor_gain_db(
                off_axis_deg=off_axis_deg,
                diameter_m=_value(beam.aperture_m),
                frequency_hz=frequency_hz,
                side_lobe_ratio_db=_value(beam.side_lobe_ratio_db),
                secondary_lobes=int(_value(beam.secondary_lobes)),
            )
    # nulls of minus infinity are a thing of ideal apertures; and tables cannot hold them
    return np.asarray(np.minimum(-np.asarray(gain), DEEPEST_NULL_DB))


def _value(figure: Figure | None) -> float:
    assert figure is not None  # the beam's own check
    return figure.value
