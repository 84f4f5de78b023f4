"""The two ends of a link: EIRP and G/T of handsets, and how a payload's gain falls off its best direction."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import REFERENCE_TEMPERATURE_K
from d2c.scenario.systems import Beam, Handset
from d2c.units import from_db, to_db


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

    A steered beam is aimed at the handset and loses what its array loses by scanning.
    """
    off_nadir = np.asarray(off_nadir_deg, dtype=float)
    exponent = beam.scan_loss_exponent
    if exponent is None:
        return np.zeros(off_nadir.shape)
    return np.asarray(-exponent.value * to_db(np.cos(np.radians(off_nadir))))
