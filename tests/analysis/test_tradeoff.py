"""Rows of a trade-off: the figures of single runs."""

from dataclasses import replace

import numpy as np
import pytest

from d2c.analysis.tradeoff import run_tradeoff
from d2c.coverage.run import run_coverage
from d2c.output.reports.summary import summary_report
from d2c.output.reports.tradeoff import tradeoff_tables
from d2c.scenario.load import read_scenario
from d2c.scenario.tradeoff import Tradeoff

QUICK = {"time": {"duration_h": 1}, "grid": {"resolution": 3}}
OPTIONS = [
    {"name": "national", "constellation": {"system": "national-walker", "lose": "planes=1"}},
    {
        "name": "walker",
        "constellation": {"walker": "53:240/12/1", "altitude_km": 525},
        "payload": "starlink-d2c",
        "cost_per_satellite_meur": {"value": 1.5, "assumed": "a test"},
    },
    {"name": "iris2", "constellation": {"system": "iris2"}, "payload": "3gpp-set1-leo1200-ka"},
]


@pytest.fixture(scope="module")
def found():
    asked = {"title": "T", "areas": ["italy", "5,38,7,40"], "services": ["text", "voice"], "option": OPTIONS}
    return run_tradeoff(Tradeoff.model_validate(asked | QUICK), workers=1)


def test_rows_stand_area_by_area_and_service_by_service(found):
    order = [(a, s, o["name"]) for a in ("italy", "5,38,7,40") for s in ("text", "voice") for o in OPTIONS]
    assert [(row.area, row.service, row.option) for row in found.rows] == order


OVERRIDES = {
    "national": ["constellation.system=national-walker", "constellation.lose='planes=1'"],
    "walker": [
        "constellation.walker=53:240/12/1",
        "constellation.altitude_km=525",
        "link.payload=starlink-d2c",
    ],
}


OPEN = ["link.phones=none", "link.environment=none"]


@pytest.mark.parametrize("area", ["italy", "5,38,7,40"])
@pytest.mark.parametrize("option", OVERRIDES)
def test_rows_are_those_of_single_runs(found, option, area):
    quick = ["time.duration_h=1", "grid.resolution=3", f"region.area={area}", *OPEN]
    single = summary_report(
        run_coverage(read_scenario("italy", overrides=[*OVERRIDES[option], *quick]), workers=1)
    )
    for row in (r for r in found.rows if (r.option, r.area) == (option, area)):
        service = single["services"][row.service]
        assert row.satellites == single["satellites"]["used"]
        assert row.availability == pytest.approx(service["availability"], abs=5e-7)  # printed to six decimals
        assert row.mean_wait_s == pytest.approx(service["mean_wait_s"], abs=5e-7)
        assert row.longest_gap_s == service["longest_gap_s"]
        if row.people is None:
            assert single["region"]["population"] == 0
            assert row.people_served is None
        else:
            assert row.people == single["region"]["population"]
            assert row.people_served == service["population_served_availability"]["0.99"]


def test_the_worst_of_the_area_and_the_wait_by_a_slow_count(found):
    quick = ["time.duration_h=1", "grid.resolution=3", *OPEN]
    result = run_coverage(read_scenario("italy", overrides=[*OVERRIDES["walker"], *quick]), workers=1)
    columns = result.columns()
    row = next(r for r in found.rows if (r.option, r.area, r.service) == ("walker", "italy", "text"))
    area, have = columns["area_km2"], columns["text_availability"]
    below = {value: area[have < value].sum() / area.sum() for value in set(have.tolist())}
    assert row.availability_p05 == max(value for value, share in below.items() if share <= 0.05)
    within = float(np.sum(columns["text_within_15min"] * area) / area.sum())
    assert row.within_15min == pytest.approx(within, rel=1e-12)


@pytest.mark.parametrize(
    ("availability", "gap_s", "text"),
    [(0.0, None, "never served"), (0.088, None, "median phone never"), (0.9, 90.0, "1.5 min")],
)
def test_never_is_said_of_whom_it_is_true(found, availability, gap_s, text):
    row = next(row for row in found.rows if row.option == "walker")
    changed = replace(row, availability=availability, longest_gap_s=gap_s)
    tables = tradeoff_tables(replace(found, rows=(changed,)))
    assert f"| {text} |" in tables


def test_cost_is_that_of_the_satellites(found):
    costs = {row.option: row.cost_meur for row in found.rows}
    assert costs == {"national": None, "walker": 240 * 1.5, "iris2": None}


def test_refused_options_have_a_reason_and_no_figures(found):
    refused = [row for row in found.rows if row.option == "iris2"]
    assert len(refused) == 4
    for row in refused:
        assert row.refused == "serves terminals, no handsets"
        figures = (row.satellites, row.availability, row.people_served, row.longest_gap_s, row.within_15min)
        assert figures == (None,) * 5
    assert len(found.scenarios) == 4


@pytest.mark.parametrize("network", ["auto", False])
def test_ast_over_italy_is_the_same_by_run_and_by_tradeoff(network):
    asked = {
        "title": "T",
        "network": network,
        "areas": ["italy"],
        "services": ["text", "voice"],
        "phones": "mix",
        "environment": "rural",
        "option": [{"name": "ast", "constellation": {"system": "ast-bluebird"}}],
    }
    found = run_tradeoff(Tradeoff.model_validate(asked | QUICK), workers=1)
    overrides = ["constellation.system=ast-bluebird", "time.duration_h=1", "grid.resolution=3"]
    scenario = read_scenario("italy", overrides=[*overrides, f"network={str(network).lower()}"])
    result = run_coverage(scenario, workers=1)
    single = summary_report(result)["services"]
    (case,) = found.cases
    assert case.scenario.model_copy(update={"title": ""}) == result.scenario.model_copy(update={"title": ""})
    assert [row.service for row in found.rows] == list(single)
    for row in found.rows:
        assert row.availability == pytest.approx(single[row.service]["availability"], abs=5e-7)
        assert row.mean_wait_s == pytest.approx(single[row.service]["mean_wait_s"], abs=5e-7)
