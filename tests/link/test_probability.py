"""Closing probability against printed values of the normal distribution, Monte Carlo and limiting cases."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from d2c.link.probability import normal_cdf, service_probability

ROUNDING = 1e-12


def test_normal_distribution_printed_values():
    """Abramowitz and Stegun, table 26.1."""
    probability = normal_cdf(np.array([0.0, 1.0, 2.0, -3.0]))
    np.testing.assert_allclose(
        probability, [0.5, 0.841344746068543, 0.977249868051821, 0.001349898031630], atol=1e-15
    )


@given(st.floats(-30, 30))
def test_normal_distribution_equals_the_standard_library(x):
    assert normal_cdf(x) == pytest.approx(NormalDist().cdf(x), abs=ROUNDING)


def test_by_hand():
    """Half with line of sight (margin 6 dB, sigma 3: 0.97725), half 20 dB lower (-14 dB, sigma 7: 0.02275)."""
    probability = service_probability(
        margin_db=6.0,
        line_of_sight_probability=0.5,
        sigma_los_db=3.0,
        sigma_nlos_db=7.0,
        clutter_loss_db=20.0,
    )
    assert probability == pytest.approx(0.5 * 0.977249868 + 0.5 * 0.022750132, abs=1e-9)


@pytest.mark.parametrize(
    "channel",
    [
        {
            "margin_db": 4.0,
            "line_of_sight_probability": 0.493,
            "sigma_los_db": 4.0,
            "sigma_nlos_db": 6.0,
            "clutter_loss_db": 29.0,
        },
        {
            "margin_db": 15.0,
            "line_of_sight_probability": 0.398,
            "sigma_los_db": 2.9,
            "sigma_nlos_db": 12.4,
            "clutter_loss_db": 29.0,
        },
        {
            "margin_db": -1.0,
            "line_of_sight_probability": 0.919,
            "sigma_los_db": 1.14,
            "sigma_nlos_db": 8.78,
            "clutter_loss_db": 18.42,
        },
        {
            "margin_db": 3.0,
            "line_of_sight_probability": 0.6,
            "sigma_los_db": 0.0,
            "sigma_nlos_db": 8.0,
            "clutter_loss_db": 5.0,
        },
    ],
)
def test_against_monte_carlo(channel):
    """TR 38.811 channel: random line of sight, then lognormal shadowing. Within four standard errors."""
    rng = np.random.default_rng(38811)
    trials = 1_000_000
    line_of_sight = rng.random(trials) < channel["line_of_sight_probability"]
    shadowing_db = rng.standard_normal(trials) * np.where(
        line_of_sight, channel["sigma_los_db"], channel["sigma_nlos_db"]
    )
    margin_db = channel["margin_db"] - shadowing_db - np.where(line_of_sight, 0.0, channel["clutter_loss_db"])
    closes = np.mean(margin_db >= 0)
    expected = service_probability(**channel)
    assert abs(closes - expected) < 4 * np.sqrt(expected * (1 - expected) / trials)


channels = st.fixed_dictionaries(
    {
        "line_of_sight_probability": st.floats(0, 1),
        "sigma_los_db": st.one_of(st.just(0.0), st.floats(0.1, 20)),
        "sigma_nlos_db": st.one_of(st.just(0.0), st.floats(0.1, 20)),
        "clutter_loss_db": st.floats(0, 50),
    }
)


@given(channels, st.floats(-60, 60), st.floats(0, 30))
def test_probability_rises_with_the_margin(channel, margin_db, more_db):
    low = service_probability(margin_db=margin_db, **channel)
    assert 0 <= low <= service_probability(margin_db=margin_db + more_db, **channel) + ROUNDING
    assert low <= 1 + ROUNDING


@given(channels, st.floats(-60, 60), st.floats(0, 30))
def test_probability_falls_with_the_clutter_loss(channel, margin_db, more_db):
    more_clutter = channel | {"clutter_loss_db": channel["clutter_loss_db"] + more_db}
    assert (
        service_probability(margin_db=margin_db, **more_clutter)
        <= service_probability(margin_db=margin_db, **channel) + ROUNDING
    )


@given(channels, st.floats(-60, 60))
def test_zero_sigma_is_the_limit_of_small_sigma(channel, margin_db):
    assume(abs(margin_db) > 1e-3)
    assume(abs(margin_db - channel["clutter_loss_db"]) > 1e-3)
    zero_sigma = service_probability(
        margin_db=margin_db, **(channel | {"sigma_los_db": 0.0, "sigma_nlos_db": 0.0})
    )
    small_sigma = service_probability(
        margin_db=margin_db, **(channel | {"sigma_los_db": 1e-5, "sigma_nlos_db": 1e-5})
    )
    assert zero_sigma == pytest.approx(small_sigma, abs=ROUNDING)


def test_zero_margin_closes():
    probability = service_probability(
        margin_db=np.array([-1e-9, 0.0, 1e-9]),
        line_of_sight_probability=1.0,
        sigma_los_db=0.0,
        sigma_nlos_db=0.0,
        clutter_loss_db=0.0,
    )
    assert probability.tolist() == [0, 1, 1]


def test_inputs_broadcast_and_nan_propagates():
    probability = service_probability(
        margin_db=np.array([[0.0], [np.nan]]),
        line_of_sight_probability=np.array([0.2, 1.0]),
        sigma_los_db=np.array([0.0, 3.0]),
        sigma_nlos_db=6.0,
        clutter_loss_db=30.0,
    )
    assert probability.shape == (2, 2)
    assert np.isfinite(probability[0]).all()
    assert np.isnan(probability[1]).all()
