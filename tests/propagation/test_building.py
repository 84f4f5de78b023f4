"""Building entry loss (P.2109) against another program and by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError, ScenarioError
from d2c.propagation.building import BUILDINGS, building_entry_loss_db

FIGURES = Path(__file__).parents[2].parent / "shared" / "figures" / "itu_checks.json"
PRINTED_DB = 0.5e-3 + 1e-9


@pytest.mark.skipif(not FIGURES.is_file(), reason="the figures of another program are not here")
@pytest.mark.parametrize("building", BUILDINGS)
def test_values_of_another_program(building):
    """Crc-covlib is within 8e-8 dB of the MATLAB that Study Group 3 approved: 60 values for each building."""
    by_frequency = json.loads(FIGURES.read_text())["P.2109-2"]["values"]["value"][building.replace("-", "_")]
    checked = 0
    for ghz, by_elevation in by_frequency.items():
        for elevation, by_percentage in by_elevation.items():
            for percentage, expected in by_percentage.items():
                got = building_entry_loss_db(
                    frequency_hz=float(ghz) * 1e9,
                    elevation_deg=float(elevation),
                    building=building,
                    probability=float(percentage) / 100,
                )
                assert got == pytest.approx(expected, abs=PRINTED_DB)
                checked += 1
    assert checked == 60


def test_median_at_2_ghz_by_hand():
    """At the median A = Lh + Le, B = w + x log f, C = -3 dB, added as powers.

    log10 2 = 0.30103. Traditional: Lh = 12.64 + 3.72 * 0.30103 + 0.96 * 0.09062 = 13.8468;
    B = 9.1 - 0.9031 = 8.1969. Horizontal: 24.2484 + 6.6022 + 0.5012 = 31.3518 = 14.963 dB.
    Thermally efficient: Lh = 28.19 - 0.90309 + 0.76846 = 28.0554; B = 27.8 - 0.8730 = 26.9270;
    638.99 + 492.83 + 0.50 = 1132.32 = 30.540 dB.
    """
    at = {"frequency_hz": 2e9, "elevation_deg": 0.0, "probability": 0.5}
    assert building_entry_loss_db(building="traditional", **at) == pytest.approx(14.963, abs=1e-3)
    assert building_entry_loss_db(building="thermally-efficient", **at) == pytest.approx(30.540, abs=1e-3)


@given(st.sampled_from(BUILDINGS), st.floats(0.08e9, 100e9), st.floats(0, 90), st.floats(0.001, 0.99))
def test_rises_with_probability_and_elevation(building, frequency_hz, elevation_deg, probability):
    def loss(elevation_deg, probability):
        return building_entry_loss_db(
            frequency_hz=frequency_hz, elevation_deg=elevation_deg, building=building, probability=probability
        )

    here = loss(elevation_deg, probability)
    assert loss(elevation_deg, probability + 0.005) > here
    assert loss(-elevation_deg, probability) == here
    assert loss(elevation_deg / 2, probability) <= here


def test_inputs_broadcast():
    got = building_entry_loss_db(
        frequency_hz=np.array([[1e9], [2e9]]),
        elevation_deg=np.array([0.0, 30.0, 60.0]),
        building="traditional",
        probability=0.5,
    )
    assert got.shape == (2, 3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"frequency_hz": 0.05e9},
            ModelRangeError,
            r"frequency 0\.05 GHz is outside the 0\.08 to 100 GHz that ITU-R P\.2109-2",
        ),
        ({"elevation_deg": 91.0}, ModelRangeError, "elevation 91 deg is outside the -90 to 90 deg"),
        ({"probability": 1.0}, ModelRangeError, "probability 1 is not between 0 and 1"),
        ({"probability": math.nan}, ModelRangeError, "probability nan"),
        ({"building": "traditionel"}, ScenarioError, "did you mean 'traditional'"),
    ],
)
def test_out_of_range_inputs_are_errors(change, error, message):
    good = {"frequency_hz": 2e9, "elevation_deg": 30.0, "building": "traditional", "probability": 0.5}
    with pytest.raises(error, match=message):
        building_entry_loss_db(**(good | change))
