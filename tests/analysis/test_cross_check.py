"""Agreement of stored figures with the exact formula: true ones pass, wrong ones are found."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.analysis.cross_check import Check, _gaps, _percentile, kernel_checks, service_checks, stored_checks
from d2c.analysis.explain import explain_instant, explain_span, lowest_margin_sample
from d2c.analysis.phone_margins import PhoneMargins
from d2c.coverage.kernels.link_curves import percentile_db
from d2c.coverage.run import run_coverage
from d2c.results.layers.cells import cells_frame
from d2c.scenario.load import read_scenario

CELL = 5


@pytest.fixture(scope="module")
def case():
    """A constellation with gaps over Sicily, in a town: row, span, scenario and services of one cell."""
    scenario = read_scenario(
        "italy",
        overrides=[
            "network=false",
            "constellation.walker='53:240/12/1'",
            "constellation.altitude_km=525",
            "region.area=sicilia",
            "grid.resolution=4",
            "time.start='2026-08-22T18:00:00Z'",
            "time.duration_h=3",
            "link.environment=urban",
        ],
    )
    result = run_coverage(scenario)
    frame = cells_frame(result.columns(), result.inputs.grid.boundary)
    row = frame.drop(columns="geometry").iloc[CELL].to_dict()
    span = explain_span(scenario, result.inputs, CELL)
    return scenario, result.inputs, row, span


def test_a_run_agrees(case):
    scenario, inputs, row, span = case
    checks = stored_checks(row, span, scenario, list(inputs.services))
    names = [check.name for check in checks]
    assert all(check.agrees for check in checks), [check for check in checks if not check.agrees]
    for column in (
        "visible_fraction",
        "c_n_p50_db",
        "text_availability",
        "voice_longest_gap_s",
        "voice_within_15min",
    ):
        assert column in names


@pytest.mark.parametrize(
    ("column", "by"),
    [
        ("visible_fraction", 1 / 360),
        ("mean_visible", 1 / 360),
        ("max_visible", 1),
        ("max_elevation_deg", 0.1),
        ("c_n_p05_db", 0.2),
        ("c_n_p50_db", -0.2),
        ("text_availability", -1 / 360),
        ("text_longest_gap_s", 30),
        ("voice_mean_wait_s", 1),
        ("voice_margin_p50_db", 0.2),
        ("voice_within_15min", 0.005),
    ],
)
def test_a_wrong_figure_is_found(case, column, by):
    # one sample of 360, one satellite, one step, two bins
    scenario, inputs, row, span = case
    wrong = row | {column: row[column] + by}
    failed = [c.name for c in stored_checks(wrong, span, scenario, list(inputs.services)) if not c.agrees]
    assert failed == [column]


def test_a_missing_figure_is_found(case):
    scenario, inputs, row, span = case
    wrong = row | {"c_n_p95_db": None}
    failed = [c.name for c in stored_checks(wrong, span, scenario, list(inputs.services)) if not c.agrees]
    assert failed == ["c_n_p95_db"]


def test_one_sample_in_doubt_is_allowed(case):
    scenario, inputs, row, span = case
    alone = int(np.flatnonzero(span.visible == 1)[0])
    doubt = replace(span, near_mask=np.arange(len(span.visible)) == alone)
    other = row | {"visible_fraction": row["visible_fraction"] - 1 / 360}
    for known, agrees in ((span, False), (doubt, True)):
        check = stored_checks(other, known, scenario, list(inputs.services))[0]
        assert check.name == "visible_fraction"
        assert check.agrees is agrees


def test_kernel_agrees_and_a_wrong_level_is_found(case):
    scenario, inputs, _, span = case
    sample = lowest_margin_sample(span)
    now = explain_instant(scenario, inputs, CELL, sample=sample, span=span)
    services = list(inputs.services)
    assert all(check.agrees for check in kernel_checks(span, now, services, sample=sample))
    wrong = replace(now, kernel=replace(now.kernel, c_n_db=now.kernel.c_n_db + 0.02))
    failed = [check.name for check in kernel_checks(span, wrong, services, sample=sample) if not check.agrees]
    assert failed == ["C/N at the instant (dB)"]
    margin_db = now.kernel.margin_db.copy()
    margin_db[1, 5] += 0.02  # of one phone of voice
    other = replace(now, kernel=replace(now.kernel, margin_db=margin_db))
    failed = [check.name for check in kernel_checks(span, other, services, sample=sample) if not check.agrees]
    assert failed == ["voice margin at the instant, worst phone (dB)"]
    levels = span.kernel_c_n_db.copy()
    levels[3] -= 0.02
    shifted = replace(span, kernel_c_n_db=levels)
    failed = [
        check.name for check in kernel_checks(shifted, now, services, sample=sample) if not check.agrees
    ]
    assert failed == ["C/N over the span, worst (dB)"]


def test_figures_that_are_none_agree():
    assert Check("x", np.nan, np.nan, 0).agrees
    assert not Check("x", 1.0, np.nan, 5).agrees


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_gaps_by_walking(served):
    runs, run = [], 0
    for flag in [*served, True]:
        if not flag:
            run += 1
        elif run:
            runs.append(run)
            run = 0
    assert list(_gaps(np.array(served))) == runs


@given(st.lists(st.floats(0, 29.9), min_size=1, max_size=60), st.sampled_from([5, 50, 95]))
def test_percentile_lies_in_the_bin_of_the_histogram(levels, percent):
    counts = np.zeros((1, 300), np.int32)
    np.add.at(counts[0], (np.array(levels) * 10).astype(int), 1)
    stored = percentile_db(counts, 0.0, percent / 100)[0]
    assert abs(stored - _percentile(np.array(levels), percent)) <= 0.1 + 1e-9


def phones_of(exact, *, lowest=None, highest=None):
    """Return margins of one service; exact (K, T), and what float32 may make of them."""
    exact = np.array([exact], float)
    low = exact if lowest is None else np.array([lowest], float)
    high = exact if highest is None else np.array([highest], float)
    cause = np.zeros(exact.shape, np.uint8)
    return PhoneMargins(exact, np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=-np.inf), cause)


def figures_of(row, phones):
    return {c.name: c for c in service_checks(row, "text", phones, 0, np.array([-40.0, 40.0]), step_s=30.0)}


# Of four steps of 30 s, two phones: one is served at the first and the last, the other always.
TWO = [[1.0, np.nan, -1.0, 2.0], [3.0, 3.0, 3.0, 3.0]]
TWO_ROW = {
    "text_availability": 0.75,
    "text_longest_gap_s": 0.0,  # of the median phone: half of them have none
    "text_mean_wait_s": 7.5,  # of 2^2 * 30 / (2 * 4) and 0
    "text_within_1min": 1.0,
    "text_within_5min": 1.0,
    "text_within_15min": 1.0,
    "text_within_60min": 1.0,
    "text_margin_p50_db": 3.0,  # of -1 1 2 3 3 3 3
}


def test_figures_of_two_phones_by_hand():
    checks = figures_of(TWO_ROW, phones_of(TWO))
    assert set(checks) == set(TWO_ROW)
    assert [name for name, check in checks.items() if not check.agrees] == []
    for name in ("text_availability", "text_longest_gap_s", "text_mean_wait_s", "text_within_1min"):
        check = checks[name]
        assert check.exact == TWO_ROW[name]
        assert check.allowed < 0.001  # the rounding of the column


def test_what_float32_may_decide_otherwise_is_allowed():
    # the third step of the first phone in doubt: then it is served at three steps of four, with a gap of one
    doubt = phones_of(TWO, highest=[[1.0, np.nan, 0.01, 2.0], [3.0, 3.0, 3.0, 3.0]])
    other = TWO_ROW | {"text_availability": 0.875, "text_mean_wait_s": 1.875}  # of 1^2 * 30 / (2 * 4) and 0
    assert all(check.agrees for check in figures_of(other, doubt).values())
    failed = [name for name, check in figures_of(other, phones_of(TWO)).items() if not check.agrees]
    assert failed == ["text_availability", "text_mean_wait_s"]
    # but not more than that
    more = figures_of(other | {"text_mean_wait_s": 0.0}, doubt)
    assert not more["text_mean_wait_s"].agrees


def test_a_phone_that_is_never_served_waits_for_ever():
    row = TWO_ROW | {
        "text_availability": 0.0,
        "text_longest_gap_s": None,
        "text_mean_wait_s": None,
        "text_within_1min": 0.0,
        "text_within_5min": 0.0,
        "text_within_15min": 0.0,
        "text_within_60min": 0.0,
        "text_margin_p50_db": None,
    }
    checks = figures_of(row, phones_of([[np.nan] * 4] * 3))
    assert all(check.agrees for check in checks.values())


def test_median_margin_ends_with_the_histogram():
    checks = figures_of(TWO_ROW | {"text_margin_p50_db": -40.0}, phones_of([[-70.0] * 4] * 2))
    assert checks["text_margin_p50_db"].exact == -40.0
    assert checks["text_margin_p50_db"].agrees


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=4), st.data())
def test_who_is_served_more_never_waits_longer(served, data):
    more = [[flag or data.draw(st.booleans()) for flag in phone] for phone in served]
    row = dict.fromkeys(TWO_ROW, 0.0)
    less, better = (
        figures_of(row, phones_of(np.where(np.array(flags), 1.0, -1.0).tolist())) for flags in (served, more)
    )
    for name in ("text_availability", *(f"text_within_{m}min" for m in (1, 5, 15, 60))):
        assert better[name].exact >= less[name].exact - 1e-12
    for name in ("text_longest_gap_s", "text_mean_wait_s"):
        assert (
            np.isnan(less[name].exact) or better[name].exact <= less[name].exact + 1e-12
        )  # NaN: never served
