"""Ionospheric scintillation loss (TR 38.811) and Faraday rotation (ITU-R P.618, P.531)."""

from typing import Any

import numpy as np

from d2c.propagation.model_range import check_range
from d2c.propagation.table import read_table


def scintillation_loss_db(*, frequency_hz: Any, latitude_deg: Any) -> Any:
    """Return the loss by ionospheric scintillation, inputs broadcast.

    Zero above 20 and up to 60 deg of latitude, north and south, and from 6 GHz up. Up to 20 deg: 1.1 dB
    peak to peak at 4 GHz, scaled by frequency to the power of -1.5, over the root of 2 (2.2 dB at 2 GHz).
    ModelRangeError beyond 60 deg, where the report gives no figure, below 0.5 GHz and above 100 GHz. The
    limits at 20 and 60 deg are marked `assumed` in the table. Source: 3GPP TR 38.811 V15.4.0, 6.6.6.1.
    """
    table = read_table("tr38811_ionospheric_scintillation")
    frequency_ghz, latitude = np.broadcast_arrays(
        np.asarray(frequency_hz, dtype=float) / 1e9, np.abs(np.asarray(latitude_deg, dtype=float))
    )
    check_range(
        name="latitude",
        value=np.asarray(latitude_deg, dtype=float),
        low=-table["highest_latitude_deg"][0],
        high=table["highest_latitude_deg"][0],
        unit="deg",
        document=table.name,
    )
    check_range(
        name="frequency",
        value=frequency_ghz,
        low=table["lowest_frequency_ghz"][0],
        high=table["highest_frequency_ghz"][0],
        unit="GHz",
        document=table.name,
    )
    peak_to_peak = table["peak_to_peak_db"][0] * (frequency_ghz / table["reference_frequency_ghz"][0]) ** -1.5
    affected = (latitude <= table["equatorial_latitude_deg"][0]) & (
        frequency_ghz < table["felt_below_ghz"][0]
    )
    loss = np.where(affected, peak_to_peak / np.sqrt(2.0), 0.0)
    return np.where(np.isnan(frequency_ghz + latitude), np.nan, loss)[()]


def faraday_rotation_deg(*, frequency_hz: Any, electron_content_m2: Any = 1e18) -> Any:
    """Return the Faraday rotation of a linear polarisation on one passage, inputs broadcast.

    108 deg at 1 GHz for an electron content of 1e18 per square metre (high: low latitude, daytime, active
    Sun) and 30 deg elevation; in proportion to the electron content and to frequency to the power of -2.
    ModelRangeError outside 0.1 to 12 GHz. Source: ITU-R P.618-14, table 1; range: ITU-R P.531-16, scope.
    """
    table = read_table("p618_faraday")
    frequency_ghz = np.asarray(frequency_hz, dtype=float) / 1e9
    check_range(
        name="frequency", value=frequency_ghz, low=0.1, high=12.0, unit="GHz", document="ITU-R P.531-16"
    )
    row = 1  # 1 GHz; the other printed rows scale from it
    at_printed_content = table["rotation_deg"][row] * (table["frequency_ghz"][row] / frequency_ghz) ** 2
    return (
        at_printed_content * np.asarray(electron_content_m2, dtype=float) / table["electron_content_m2"][row]
    )
