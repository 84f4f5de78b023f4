"""Level steps: one of each interval, spread over it, whatever the windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.coverage.network.level_steps import LevelSteps


@given(st.integers(1, 50), st.integers(1, 400))
def test_each_interval_has_one_and_each_step_knows_the_last(every, steps):
    chosen = LevelSteps(every)
    step = np.arange(steps * every)
    among = chosen.among(step)
    np.testing.assert_array_equal(np.add.reduceat(among, np.arange(0, len(step), every)), 1)
    np.testing.assert_array_equal(chosen.number(step), np.cumsum(among) - 1)
    np.testing.assert_array_equal(chosen.step(np.arange(steps)), np.flatnonzero(among))
    assert among[0]


def test_shorter_steps_choose_the_same_instants():
    number = np.arange(500)
    np.testing.assert_array_equal(3 * LevelSteps(4).step(number), LevelSteps(12, 3).step(number))
    np.testing.assert_array_equal(6 * LevelSteps(4).step(number), LevelSteps(24, 6).step(number))


@pytest.mark.parametrize("every", [4, 12, 24])
def test_they_are_spread_over_their_interval(every):
    offset = LevelSteps(every).step(np.arange(30 * every)) % every
    counts = np.bincount(offset, minlength=every)
    assert counts.min() >= 28
    assert counts.max() <= 32
