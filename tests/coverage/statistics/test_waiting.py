"""How long somebody waits: against a count over all moments to start at, and in its limits."""

import itertools
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from coverage_twin import of_flags, of_phones, runs_of
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c.coverage.engine.accumulator import process_window
from d2c.coverage.statistics.coverage import merge
from d2c.coverage.statistics.waiting import (
    COLUMN_WAITS_S,
    WAITS_S,
    add_waiting,
    gap_edges,
    served_within,
    waiting_sums,
)

steps_us = st.sampled_from([1_000_000, 7_500_000, 30_000_000, 60_000_000, 100_000_000, 3_600_000_000])
flags = st.lists(st.booleans(), min_size=1, max_size=60)
# long runs too, so that gaps reach into the bins of hours
runs = st.lists(st.tuples(st.booleans(), st.integers(1, 2000)), min_size=1, max_size=8).map(
    lambda parts: [flag for flag, count in parts for _ in range(count)]
)


def of_one_cell(served, step_us):
    return served_within(of_flags(served, step_us), step_us=step_us)[:, 0, 0]


def share_of_starts(served, wait_us, step_us):
    """Return the share of all moments of the span from which the next served step is no further than the wait.

    From the part of step k that lies the wait or less before the end of its gap; exact, as a fraction.
    """
    if not any(served):
        return Fraction(0)
    reach = Fraction(wait_us, step_us)  # in steps
    whole, end = Fraction(0), len(served)
    for k in range(len(served) - 1, -1, -1):
        if served[k]:
            end = k
            whole += 1
        else:
            whole += min(max(k + 1 - max(Fraction(k), end - reach), 0), 1)
    return whole / len(served)


def test_by_hand():
    """Ten steps of 30 s, two gaps: 60 s inside, 120 s to the end; of 300 s, 120 s are served.

    Within 30 s: all but 30 s of the first and 90 s of the second, 180 of 300. Within 60 s: all but
    60 s. Within 2 min: all.
    """
    served = [bool(int(flag)) for flag in "1100110000"]
    found = dict(zip(WAITS_S, of_one_cell(served, 30_000_000), strict=True))
    assert [found[t] for t in (0, 30, 60, 120, 28800)] == [0.4, 0.6, 0.8, 1.0, 1.0]


@given(served=flags | runs, step_us=steps_us)
@settings(deadline=None)
def test_share_of_all_moments_to_start_at(served, step_us):
    found = of_one_cell(served, step_us)
    wanted = [float(share_of_starts(served, wait_s * 1_000_000, step_us)) for wait_s in WAITS_S]
    # one rounding here and one there
    np.testing.assert_allclose(found, wanted, rtol=1e-15, atol=0)


@given(
    phones=st.integers(1, 60).flatmap(
        lambda steps: st.lists(
            st.lists(st.booleans(), min_size=steps, max_size=steps), min_size=1, max_size=5
        )
    ),
    step_us=steps_us,
)
def test_of_several_phones_it_is_the_mean(phones, step_us):
    """Those that are never served wait for ever, though others of their cell are served."""
    found = served_within(of_phones(phones, step_us), step_us=step_us)[:, 0, 0]
    alone = np.mean([of_one_cell(served, step_us) for served in phones], axis=0)
    np.testing.assert_allclose(found, alone, rtol=1e-14, atol=1e-16)
    never = np.mean([not any(served) for served in phones])
    assert found[-1] <= 1 - never + 1e-12


@given(served=flags | runs, step_us=steps_us)
def test_rises_from_the_availability(served, step_us):
    found = of_one_cell(served, step_us)
    assert found[0] == sum(served) / len(served)
    assert (np.diff(found) >= 0).all()
    assert found[-1] <= 1
    longest = max((run for run in (*runs_of(served)[:2], *runs_of(served)[2])), default=0)
    for wait_s, share in zip(WAITS_S, found, strict=True):
        if any(served) and longest * step_us <= wait_s * 1_000_000:
            assert share == 1.0


@pytest.mark.parametrize(("flag", "share"), [(True, 1.0), (False, 0.0)])
def test_always_and_never(flag, share):
    assert (of_one_cell([flag] * 2880, 30_000_000) == share).all()


def test_edges_are_the_last_whole_steps_of_a_wait():
    """By hand: 30 s hold no whole step of 60 s; 5 min hold three of 100 s, and 60 min thirty-six."""
    assert gap_edges(60_000_000).tolist() == [0, 0, 1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480]
    assert gap_edges(100_000_000)[[4, 9]].tolist() == [3, 36]
    assert set(COLUMN_WAITS_S.values()) <= set(WAITS_S)


@given(served=runs, step_us=steps_us, data=st.data())
@settings(deadline=None)
def test_cuts_change_nothing(served, step_us, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(served)), max_size=6)) | {0, len(served)})
    parts = [of_flags(served[a:b], step_us) for a, b in itertools.pairwise(cuts)]
    merged, whole = reduce(merge, parts), of_flags(served, step_us)
    np.testing.assert_array_equal(merged.gap_count, whole.gap_count)
    np.testing.assert_array_equal(merged.gap_steps, whole.gap_steps)
    found = served_within(merged, step_us=step_us)[:, 0, 0]
    np.testing.assert_array_equal(found, of_one_cell(served, step_us))


def test_region_is_the_weighted_mean_of_its_cells(watch_case):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    seen, *_ = process_window(np.ascontiguousarray(position_m[:60]), tiled, kernel_link)
    within = served_within(seen, step_us=30_000_000)
    cells = within.shape[2]
    people = np.arange(cells, dtype=float)  # nobody in the first cell
    weights = np.array([np.ones(cells), people])
    shares = waiting_sums(seen, weights, step_us=30_000_000).shares()
    np.testing.assert_allclose(shares[0], within.mean(axis=2), rtol=1e-12)
    np.testing.assert_allclose(shares[1], np.average(within, axis=2, weights=people), rtol=1e-12)


def test_sums_of_some_cells_and_others_add_up(watch_case):
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    seen, *_ = process_window(np.ascontiguousarray(position_m[:60]), tiled, kernel_link)
    cells = seen.served.shape[-1]
    weights = np.arange(1.0, cells + 1)[None]
    some = np.where(np.arange(cells) % 3 == 0, weights, 0.0)
    parts = [waiting_sums(seen, part, step_us=30_000_000) for part in (some, weights - some)]
    whole = waiting_sums(seen, weights, step_us=30_000_000)
    np.testing.assert_allclose(add_waiting(*parts).shares(), whole.shares(), rtol=1e-12)
    assert np.isnan(waiting_sums(seen, 0 * weights, step_us=30_000_000).shares()).all()
