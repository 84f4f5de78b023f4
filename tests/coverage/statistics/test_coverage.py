"""Statistics are a monoid over windows: any cutting of the span gives the same bits."""

import dataclasses
from functools import reduce

import numpy as np
import pytest
from coverage_twin import of_flags, of_phones, runs_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from link_case import some_phones

from d2c.coverage.engine import accumulator
from d2c.coverage.engine.accumulator import CoverageAccumulator, process_window
from d2c.coverage.statistics.coverage import join_timelines, merge
from d2c.coverage.windows import Window


def assert_equal(a, b):
    assert a.samples == b.samples
    for field in dataclasses.fields(a)[1:]:
        np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name), err_msg=field.name)


@given(st.lists(st.booleans(), min_size=3, max_size=60), st.data())
def test_merging_any_cuts_equals_the_whole(served, data):
    cuts = sorted(data.draw(st.sets(st.integers(1, len(served) - 1), max_size=6)))
    parts = [of_flags(served[a:b]) for a, b in zip([0, *cuts], [*cuts, len(served)], strict=True)]
    assert_equal(reduce(merge, parts), of_flags(served))


several_phones = st.integers(3, 60).flatmap(
    lambda steps: st.lists(
        st.lists(st.booleans(), min_size=steps, max_size=steps).map(np.array), min_size=1, max_size=5
    )
)


@given(several_phones, st.data())
def test_merging_any_cuts_of_several_phones_equals_the_whole(phones, data):
    steps = len(phones[0])
    cuts = sorted(data.draw(st.sets(st.integers(1, steps - 1), max_size=6)))
    parts = [
        of_phones([served[a:b] for served in phones]) for a, b in zip([0, *cuts], [*cuts, steps], strict=True)
    ]
    assert_equal(reduce(merge, parts), of_phones(phones))


@given(several_phones)
def test_figures_of_a_cell_are_those_of_its_phones(phones):
    """Squares and gaps are pooled; the longest gap is one that half of the phones do not exceed, and no shorter one."""
    together, alone = of_phones(phones), [of_flags(served) for served in phones]
    assert together.phones == len(phones)
    assert together.squared_gaps()[0, 0] == sum(one.squared_gaps()[0, 0] for one in alone)
    for pooled, parts in zip(
        together.gaps_of_served(), zip(*(one.gaps_of_served() for one in alone), strict=True), strict=True
    ):
        np.testing.assert_array_equal(pooled, sum(parts))
    longest = []
    for served in phones:
        head, tail, inner = runs_of(served)
        longest.append(max([head, tail, *inner]))
    median = together.longest_gap_of_median_phone()[0][0, 0]
    assert 2 * sum(gap <= median for gap in longest) >= len(phones)
    assert 2 * sum(gap < median for gap in longest) < len(phones)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_squared_gaps_are_the_mean_wait_of_a_random_start(served):
    # someone who starts inside step k waits from there to the next served step, or to the end of the span
    waits = []
    for k, flag in enumerate(served):
        run = next((j - k for j in range(k, len(served)) if served[j]), len(served) - k)
        waits.append(0.0 if flag else run - 0.5)  # the mean over the step
    wanted = sum(waits) / len(served)
    found = of_flags(served).squared_gaps()[0, 0] / (2 * len(served))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_a_figure_on_one_side_of_the_kernel_only_is_named(watch_case, monkeypatch):
    _, tiled, kernel_link, _ = watch_case(25.0)
    allocate = accumulator.allocate

    def begin(change):
        monkeypatch.setattr(accumulator, "allocate", lambda kind, **sizes: change(allocate(kind, **sizes)))
        CoverageAccumulator(tiled, kernel_link, Window(0, 1), clock=None)

    with pytest.raises(TypeError, match=r"AccumulatorState.* unexpected .*'forgotten'"):
        begin(lambda figures: figures | {"forgotten": np.zeros(1)})
    with pytest.raises(TypeError, match=r"AccumulatorState.* missing .*'visible_sum'"):
        begin(lambda figures: {name: figures[name] for name in figures if name != "visible_sum"})


@pytest.mark.parametrize("phones", [None, some_phones("mix", environment="urban")], ids=["alike", "phones"])
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_windows_of_the_kernel_merge_to_the_whole(watch_case, phones, data):
    position_m, tiled, kernel_link, _ = watch_case(25.0, phones=phones)
    whole, timeline, *_ = process_window(position_m, tiled, kernel_link)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(position_m) - 1), max_size=4)))
    parts = [
        process_window(np.ascontiguousarray(position_m[a:b]), tiled, kernel_link)
        for a, b in zip([0, *cuts], [*cuts, len(position_m)], strict=True)
    ]
    assert_equal(reduce(merge, [part for part, *_ in parts]), whole)
    joined = join_timelines([line for _, line, *_ in parts])
    for field_ in dataclasses.fields(timeline):
        np.testing.assert_array_equal(getattr(joined, field_.name), getattr(timeline, field_.name))
