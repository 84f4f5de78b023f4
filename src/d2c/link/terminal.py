"""EIRP, G/T and noise of handsets, and the scan and off-axis losses of satellite beams."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.antenna.patterns import scan_loss_db
from d2c.constants import REFERENCE_TEMPERATURE_K
from d2c.library.models import Beam, Handset
from d2c.units import from_db, to_db

MAX_OFF_AXIS_LOSS_DB = 100.0


def eirp_dbw(handset: Handset) -> float:
    """Return the EIRP of a handset in its direction of maximum gain."""
    return handset.tx_power_dbm.value - 30 + handset.tx_gain_dbi.value


def g_over_t_db_k(handset: Handset) -> float:
    """Return the receive figure of merit G/T of a handset.

    Source: 3GPP TR 38.821 V16.1.0, 6.1.3.1 (noise figure referred to 290 K, plus the antenna temperature).
    """
    noise_figure = handset.noise_figure_db.value
    antenna_excess = handset.antenna_temperature_k.value - REFERENCE_TEMPERATURE_K
    temperature_k = REFERENCE_TEMPERATURE_K + antenna_excess * float(from_db(-noise_figure))
    return handset.rx_gain_dbi.value - noise_figure - float(to_db(temperature_k))


def system_noise_temperature_db_k(handset: Handset) -> float:
    """Return the system noise temperature of a handset at its receiver input, 10 log10(T / 1 K): gain less G/T."""
    return handset.rx_gain_dbi.value - g_over_t_db_k(handset)


def beam_loss_db(beam: Beam, *, off_nadir_deg: Any, frequency_hz: float) -> NDArray[np.float64]:
    """Return the loss of a beam relative to its peak gain towards a handset, same shape as the angle.

    A steered beam points at the handset and has scan loss; a fixed beam points to the nadir and has off-axis loss.
    """
    off_nadir = np.asarray(off_nadir_deg, dtype=float)
    if beam.steering == "fixed-nadir":
        return off_axis_loss_db(beam, off_axis_deg=off_nadir, frequency_hz=frequency_hz)
    if beam.scan_loss_exponent is None:
        return np.zeros(off_nadir.shape)
    return np.asarray(scan_loss_db(scan_angle_deg=off_nadir, exponent=beam.scan_loss_exponent.value))


def off_axis_loss_db(beam: Beam, *, off_axis_deg: Any, frequency_hz: float) -> NDArray[np.float64]:
    """Return the off-axis loss of a beam's pattern, same shape as the angle; at most 100 dB.

    That of a planar array is that of the square array of the same area, in a plane along a side.
    """
    gain = beam.off_axis_gain_db(off_axis_deg=off_axis_deg, frequency_hz=frequency_hz)
    # ideal apertures have nulls of -inf dB, which lookup tables cannot hold
    return np.asarray(np.minimum(-np.asarray(gain), MAX_OFF_AXIS_LOSS_DB))
