"""A run that cannot fit in memory is refused before it starts, with the number."""

import pytest

from d2c.coverage import memory
from d2c.coverage.inputs import read_inputs
from d2c.coverage.run import run_coverage
from d2c.coverage.statistics.coverage import Timeline
from d2c.coverage.statistics.fields import allocate, bytes_of
from d2c.errors import ScenarioError
from d2c.scenario.load import read_scenario
from d2c.scenario.resolve import resolve


def test_the_estimate_counts_what_is_allocated():
    arrays = allocate(Timeline, T=7, S=3, V=2)
    assert bytes_of(Timeline, T=7, S=3, V=2) == sum(array.nbytes for array in arrays.values())


def test_a_year_in_tenths_of_a_second_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "memory_bytes", lambda: 32 * 10**9)
    long = read_scenario("molise", overrides=["time.step_s=0.1", "time.duration_h=8784", "network=false"])
    # 316,224,000 steps of 80 + 2 x 8 + 2 x 2 x 8 bytes, twice: 80.95 GB, and the hours of 30 cells.
    with pytest.raises(
        ScenarioError, match=r"316,224,000 steps .* need at least 81\.0 GB .* there are 32\.0 GB"
    ):
        run_coverage(long)


def test_a_day_fits():
    scenario = resolve(read_scenario("molise", overrides=["network=false"]))
    assert memory.needed_bytes(scenario, read_inputs(scenario)) < 10e6
