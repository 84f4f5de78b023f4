"""heyoka's SGP4 against Vallado's in python-sgp4: states, errors, deep space, and bit equality over windows."""

from dataclasses import replace
from importlib import util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sgp4
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c.errors import ScenarioError
from d2c.orbit.catalogue import read_elements, select
from d2c.orbit.ephemeris import propagate, step_positions
from d2c.orbit.heyoka_engine import require_heyoka
from d2c.shipped import shipped_folder

WITHIN_M, WITHIN_M_S = 0.01, 1e-5
MINUTE = np.timedelta64(60_000_000, "us")
SECOND_US = 1_000_000
NOMINAL_START = np.datetime64("2026-08-22T18:00:00", "us")
SAMPLE_START = np.datetime64("2026-09-20T00:00:00", "us")
VALLADO_START = np.datetime64("2006-06-25T00:00:00.25", "us")

needs_heyoka = pytest.mark.skipif(
    util.find_spec("heyoka") is None, reason="heyoka is not installed: pip install 'd2c[heyoka]'"
)


@pytest.fixture(scope="module")
def nominal():
    return read_elements(shipped_folder("tles") / "starlink-d2c-2026-08.tle")


@pytest.fixture(scope="module")
def sample():
    return read_elements(shipped_folder("tles") / "starlink-sample-2026-09.tle")


@pytest.fixture(scope="module")
def vallado():
    """Orbits of every kind: low, geostationary, Molniya, lunar distance, decaying."""
    return read_elements(Path(sgp4.__file__).parent / "SGP4-VER.TLE")


def assert_same_states(constellation, utc):
    """Return the states by heyoka; assert that they match sgp4 within tolerance and have the same NaN."""
    expected = propagate(constellation, utc)
    states = propagate(replace(constellation, engine="heyoka"), utc)
    assert np.array_equal(np.isnan(states.position_m), np.isnan(expected.position_m))
    assert np.array_equal(np.isnan(states.velocity_m_s), np.isnan(expected.velocity_m_s))
    assert np.nanmax(np.abs(states.position_m - expected.position_m)) < WITHIN_M
    assert np.nanmax(np.abs(states.velocity_m_s - expected.velocity_m_s)) < WITHIN_M_S
    return states


@needs_heyoka
def test_the_nominal_set_over_a_day(nominal):
    states = assert_same_states(nominal, NOMINAL_START + np.arange(0, 1441, 7) * MINUTE)
    assert np.isfinite(states.position_m).all()


@needs_heyoka
def test_real_satellites_over_a_day(sample):
    assert_same_states(sample, SAMPLE_START + np.arange(0, 1441, 7) * MINUTE)


@needs_heyoka
def test_every_kind_of_orbit(vallado):
    deep = np.array([record.method == "d" for record in vallado.records])
    assert deep.any()
    assert not deep.all()
    for i in range(len(vallado)):
        assert_same_states(
            vallado.take(np.array([i])), vallado.epoch_utc[i] + np.arange(0, 1440, 20) * MINUTE
        )
    # all together: deep-space satellites stay with sgp4, so their bits are the same
    utc = VALLADO_START + np.arange(0, 1440, 20) * MINUTE
    states = assert_same_states(vallado, utc)
    assert np.array_equal(
        states.position_m[:, deep], propagate(vallado, utc).position_m[:, deep], equal_nan=True
    )


@needs_heyoka
def test_decayed_satellites_are_nan(vallado):
    # 29141 of Vallado's file, in the last stage of decay: his program prints its last state for 420 min.
    decaying = replace(select(vallado, norad_id=(29141,)), engine="heyoka")
    utc = decaying.epoch_utc[0] + np.arange(0, 1440, 20) * MINUTE
    position_m = propagate(decaying, utc).position_m[:, 0]
    assert np.isfinite(position_m[0]).all()
    assert np.isnan(position_m[440 // 20 :]).all()


@needs_heyoka
@settings(deadline=None, max_examples=30)
@given(
    step_us=st.integers(100_000, 200 * SECOND_US),
    cuts=st.lists(st.integers(1, 119), max_size=5, unique=True),
    offset=st.integers(0, 5_000),
)
def test_any_division_into_windows_gives_the_same_bits(vallado, nominal, step_us, cuts, offset):
    few = nominal.take(np.arange(0, 639, 60))
    for satellites, start in ((few, NOMINAL_START), (vallado, VALLADO_START)):
        by_heyoka = replace(satellites, engine="heyoka")

        def window(first, count, by_heyoka=by_heyoka, start=start):
            return step_positions(by_heyoka, start=start, step_us=step_us, first=first, count=count)

        whole = window(offset, 120)
        edges = [0, *sorted(cuts), 120]
        parts = [window(offset + a, b - a) for a, b in pairwise(edges)]
        assert np.array_equal(np.concatenate(parts), whole, equal_nan=True)


def test_a_selection_keeps_its_engine(nominal):
    assert replace(nominal, engine="heyoka").take(np.arange(2)).engine == "heyoka"


@needs_heyoka
def test_heyoka_is_found():
    require_heyoka()


def test_error_without_heyoka_names_the_remedy(monkeypatch):
    monkeypatch.setattr("d2c.orbit.heyoka_engine.find_spec", lambda name: None)
    with pytest.raises(ScenarioError, match=r"pip install 'd2c\[heyoka\]', or use engine = 'sgp4'"):
        require_heyoka()
