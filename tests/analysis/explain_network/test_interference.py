"""Interference beside a serving beam: closed forms of few beams, and what the outcomes add up to."""

import numpy as np
import pytest

from d2c.analysis.explain_network.beam_levels import BeamList
from d2c.analysis.explain_network.far_beams import FarBeams
from d2c.analysis.explain_network.interference import (
    InterferenceRules,
    interference_of,
    no_interference,
    outcomes_of,
)

EXACT = 1e-12
ONE_COLOUR = InterferenceRules(np.ones((1, 1)), np.zeros(9, int), np.zeros((9, 0), int))


def beams(lit, satellite, *, few=False, alight=4.0):
    """Return beams over cells 0, 1, ... at one step, of the satellites 0 and 1."""
    lit, satellite = np.array(lit, float), np.array(satellite)
    return BeamList(
        pair=satellite,
        cell=np.arange(len(lit)),
        share=lit,
        lit=lit,
        step=np.zeros(2, int),
        serving=np.arange(2),
        satellite=np.array([10, 11]),
        satellite_m=np.zeros((2, 3)),
        alight=np.full(2, alight),
        few=np.full(2, few),
        spare=np.array([(lit * (1 - lit))[satellite == k].sum() for k in range(2)]),
        number=np.bincount(satellite, minlength=2),
    )


NOTHING_ELSEWHERE = FarBeams(*np.zeros((4, 2)))


def beside(listed, level, server=0, *, far=NOTHING_ELSEWHERE, around=True, rules=ONE_COLOUR):
    return interference_of(
        listed, far, np.array(level, float), server, around=np.full(len(level), around), rules=rules
    )


def test_independent_beams():
    one = beside(beams([0.5, 0.2, 0.3], [0, 0, 1]), [100.0, 10.0, 20.0])
    np.testing.assert_allclose(one.level, [0, 10, 20])
    np.testing.assert_allclose(one.chance, [0.5, 0.2, 0.3])
    assert one.mean == pytest.approx(0.2 * 10 + 0.3 * 20, abs=EXACT)
    np.testing.assert_allclose(one.coin_level, [20, 10, 0, 0])
    np.testing.assert_allclose(one.coin_chance, [0.3, 0.2, 0, 0])
    assert (one.rest_mean, one.rest_variance) == (0, 0)


def test_beams_far_away_are_no_coins():
    one = beside(beams([0.5, 0.2, 0.3], [0, 0, 1]), [100.0, 10.0, 20.0], around=False)
    assert one.coin_level.sum() == 0
    assert one.rest_mean == pytest.approx(8.0, abs=EXACT)
    # of a coin: q (1 - q) P^2
    assert one.rest_variance == pytest.approx(0.16 * 100 + 0.21 * 400, abs=EXACT)


def test_a_satellite_that_always_has_as_many_beams_alight():
    """Of four cells two are alight, each as often: another one with the chance (2 - 1) / 4 / (1 - 1 / 4) = 1 / 3."""
    listed = beams([0.5, 0.5, 0.5, 0.5], [0, 0, 0, 0], few=True, alight=2.0)
    one = beside(listed, [100.0, 6.0, 6.0, 6.0], around=False)
    np.testing.assert_allclose(one.chance[1:], 1 / 3)
    assert one.mean == pytest.approx(6.0, abs=EXACT)
    # q (1 - q) [sum P^2 - (sum P)^2 (q (1 - q)) / spare], spare = 4 * 0.25 with the server's cell in it
    assert one.rest_variance == pytest.approx(2 / 9 * (108 - 18**2 * 2 / 9), abs=1e-9)


def test_another_satellite_does_not_know_of_the_server():
    one = beside(beams([0.5, 0.5, 0.5], [0, 1, 1], few=True, alight=1.0), [100.0, 6.0, 6.0])
    np.testing.assert_allclose(one.chance[1:], 0.5)


def test_other_colours_and_isolated_cells():
    rules = InterferenceRules(
        coupling=np.array([[1.0, 0.1], [0.1, 1.0]]),
        colour=np.array([0, 0, 1, 0]),
        isolated=np.array([[3, -1], [-1, -1], [-1, -1], [0, -1]]),
    )
    one = beside(beams([0.5] * 4, [0, 0, 1, 1]), [100.0, 10.0, 20.0, 40.0], rules=rules)
    np.testing.assert_allclose(one.level, [0, 10, 2, 0])
    assert one.mean == pytest.approx(6.0, abs=EXACT)


def test_beams_elsewhere_are_many_coins_in_all_colours():
    # 100 beams of 0.5, alight one time in ten, heard in two of four colours, there at 1 and 0.1
    far = FarBeams(*np.array([[5.0, 0.0], [2.5, 0.0], [0.25, 0.0], [0.5, 0.0]]))
    rules = InterferenceRules(
        coupling=np.array([[1.0, 0.1, 0.0, 0.0]] * 4), colour=np.zeros(9, int), isolated=np.zeros((9, 0), int)
    )
    one = beside(beams([0.5], [0]), [100.0], far=far, rules=rules)
    assert one.elsewhere == one.mean == pytest.approx(5.0 * 1.1 / 4, abs=EXACT)
    assert one.rest_variance == pytest.approx(0.9 * 2.5 * 1.01 / 4, abs=EXACT)
    # always as many alight: less while the server is
    listed = beams([0.5], [0], few=True, alight=16.0)
    assert beside(listed, [100.0], far=far).elsewhere == pytest.approx(5.0 * 15 / 15.5, abs=EXACT)


@pytest.mark.parametrize("few", [False, True])
def test_sums_of_far_beams_are_as_good_as_the_beams(few):
    """Two of four beams in the sums: of the mean and the variance nothing is lost, whatever their chances."""
    of_all = beams([0.5, 0.2, 0.4, 0.7], [0, 0, 0, 1], few=few)
    some = of_all.take(np.array([0, 1]))
    q, level = np.array([0.4, 0.7]), np.array([20.0, 30.0])  # each of one satellite
    sums = q * level, q * level**2, (q * level) ** 2, q**2 * level
    exact = beside(of_all, [100.0, 10.0, 20.0, 30.0], around=False)
    found = beside(some, [100.0, 10.0], around=False, far=FarBeams(*sums))
    assert found.mean == pytest.approx(exact.mean, abs=EXACT)
    assert found.rest_variance == pytest.approx(exact.rest_variance, rel=EXACT)
    assert found.elsewhere < found.mean


def test_the_variance_is_in_doubt_where_isolated_beams_are_taken_off():
    rules = InterferenceRules(np.ones((1, 1)), np.zeros(9, int), np.array([[1, -1]] + [[-1, -1]] * 8))
    one = beside(beams([0.5, 0.2, 0.3], [0, 0, 1]), [100.0, 10.0, 20.0], around=False, rules=rules)
    assert one.rest_variance == pytest.approx(0.21 * 400, abs=EXACT)
    assert one.rest_doubt == pytest.approx(2e-5 * 0.2 * 100, abs=EXACT)
    # those around are not in the sums
    assert beside(beams([0.5, 0.2, 0.3], [0, 0, 1]), [100.0, 10.0, 20.0], rules=rules).rest_doubt == 0
    assert beside(beams([0.5, 0.2, 0.3], [0, 0, 1]), [100.0, 10.0, 20.0], around=False).rest_doubt == 0


def test_outcomes_of_coins_alone():
    found = outcomes_of([beside(beams([0.5, 0.2, 0.3], [0, 0, 1]), [100.0, 10.0, 20.0]), no_interference()])
    assert found.weight.sum(axis=1) == pytest.approx(1.0, abs=EXACT)
    chances = {0.0: 0.7 * 0.8, 10.0: 0.7 * 0.2, 20.0: 0.3 * 0.8, 30.0: 0.3 * 0.2}
    for level, chance in chances.items():
        assert found.weight[0][found.level[0] == level].sum() == pytest.approx(chance, abs=EXACT)
    assert (found.level[1] == 0).all()


def test_outcomes_of_a_gamma_distribution():
    # 900 beams of 1 that are alight half of the time: normal, 450 +- 15
    many = beams([0.5] * 901, [0] * 901)
    rules = InterferenceRules(np.ones((1, 1)), np.zeros(901, int), np.zeros((901, 0), int))
    found = outcomes_of([beside(many, [100.0] + [1.0] * 900, around=False, rules=rules)])
    used = found.weight[0] > 0
    level = np.sort(found.level[0][used])
    assert level.mean() == pytest.approx(450, abs=0.5)
    # the middle of the highest of eight equal parts of a normal distribution: 1.534 standard deviations
    assert level[-1] - 450 == pytest.approx(1.534 * 15, abs=1.0)
