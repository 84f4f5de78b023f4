"""Several payloads in one constellation: which satellite has which, and what the map, a cell and a place make of it."""

import numpy as np
import pytest
from pydantic import ValidationError

from d2c.analysis.cross_check import kernel_checks, stored_checks
from d2c.analysis.explain import explain_instant, explain_span
from d2c.coverage.blocks import run_region
from d2c.coverage.engine.accumulator import process_window
from d2c.coverage.engine.checkpoint import checkpoint_key
from d2c.coverage.engine.engine import local_engine
from d2c.coverage.inputs import position_stream, read_inputs, read_satellites
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.kernels.tiles import tile_cells
from d2c.coverage.run import run_coverage
from d2c.errors import ScenarioError
from d2c.library import models
from d2c.output.reports.summary import summary_report
from d2c.scenario.assumptions import scenario_assumptions
from d2c.scenario.model import Scenario
from d2c.scenario.resolve_system import resolve_system
from d2c.site.passes import find_passes
from d2c.site.site import Site
from d2c.site.sky import SiteLink, server_line, sky_at

OURS, THEIRS = "starlink-d2c", "3gpp-set1-leo600"
# One altitude: both runs of one payload then have the kernel's curves of the run of two, bit for bit.
SHELLS = (
    {"walker": "53:120/12/1", "altitude_km": 525},
    {"walker": "43:60/6/1", "altitude_km": 525, "payload": THEIRS},
)
SAME_FORMULA_DB = 1e-9
CENTI_DB = 1  # stored levels are rounded to 0.01 dB


def scenario_of(constellation, *, link=None, **sections):
    return Scenario.model_validate(
        {
            "constellation": constellation,
            "region": {"area": "sicilia"},
            "grid": {"resolution": 4},
            "time": {"start": "2026-08-22T18:00:00Z", "duration_h": 3},
            "link": {"services": ["text", "cell-broadcast"]} | (link or {}),
            **sections,
        }
    )


def flown(constellation, **sections):
    return read_satellites(scenario_of(constellation, **sections)).payloads


def elements(*payloads, **keys):
    return {"elements": "starlink-d2c-2026-08", "payloads": list(payloads)} | keys


@pytest.fixture(scope="module")
def scenario():
    return scenario_of({"shells": SHELLS})


@pytest.fixture(scope="module")
def inputs(scenario):
    return read_inputs(scenario)


@pytest.fixture(scope="module")
def result(scenario):
    return run_coverage(scenario)


def test_satellites_of_a_shell_have_its_payload():
    payloads = flown({"shells": SHELLS})
    assert payloads.counts == {OURS: 120, THEIRS: 60}
    np.testing.assert_array_equal(payloads.index, np.repeat([0, 1], [120, 60]))


def test_a_default_payload_that_no_satellite_has_is_left_out():
    shells = [shell | {"payload": THEIRS} for shell in SHELLS]
    assert flown({"shells": shells}).counts == {THEIRS: 180}
    inputs = read_inputs(scenario_of({"shells": shells}))
    assert inputs.link.payload == models.read_payload(THEIRS)


def test_the_first_entry_that_selects_a_satellite_counts():
    satellites = read_satellites(scenario_of(elements())).constellation
    chosen = int(satellites.norad_id[5])
    payloads = flown(
        elements(
            {"select": {"norad_id": [chosen]}, "payload": "starlink-d2c-29dbi"},
            {"select": {"inclination_deg": [53, 54]}, "payload": "starlink-d2c-38dbi"},
        )
    )
    wanted = np.where((satellites.inclination_deg >= 53) & (satellites.inclination_deg <= 54), 2, 0)
    wanted[5] = 1
    np.testing.assert_array_equal(payloads.index, wanted)
    assert payloads.names == (OURS, "starlink-d2c-29dbi", "starlink-d2c-38dbi")


def test_payloads_stay_with_their_satellites_after_a_removal():
    whole = read_satellites(scenario_of({"shells": SHELLS}))
    rest = read_satellites(scenario_of({"shells": SHELLS, "lose": "satellites=50%"}))
    of_number = dict(zip(whole.constellation.norad_id.tolist(), whole.payloads.index.tolist(), strict=True))
    assert rest.payloads.index.tolist() == [of_number[n] for n in rest.constellation.norad_id.tolist()]
    assert sum(rest.payloads.counts.values()) == 90


@pytest.mark.parametrize(
    ("constellation", "sections", "message"),
    [
        (
            {"shells": [SHELLS[0], SHELLS[1] | {"payload": "3gpp-set1-leo600-ka"}]},
            {},
            "payload '3gpp-set1-leo600-ka': its downlink at 20,000 MHz is in another band .* choose payloads of",
        ),
        (
            {"shells": SHELLS},
            {"link": {"limits": ["fcc-25-202k"]}},
            r"'starlink-d2c' 4.5 MHz, '3gpp-set1-leo600' 30 MHz.*leave out the limits",
        ),
        (
            {"shells": [SHELLS[0], SHELLS[1] | {"payload": "wp4c-system3"}]},
            {},
            "service 'text' needs an uplink, and payload 'wp4c-system3' has none; choose a downlink-only service",
        ),
        (
            {"shells": SHELLS},
            {"beams": {}},
            r"\[beams\]: payloads 'starlink-d2c', '3gpp-set1-leo600' fly together.*network = false",
        ),
        (
            elements({"select": {"name": "IRIDIUM"}, "payload": THEIRS}),
            {},
            r"\[\[constellation.payloads\]\] payload = '3gpp-set1-leo600': .*no satellite meets name 'IRIDIUM'",
        ),
        (
            elements(
                {"select": {}, "payload": THEIRS},
                {"select": {"inclination_deg": [53, 54]}, "payload": "starlink-d2c-38dbi"},
            ),
            {},
            "payload = 'starlink-d2c-38dbi': earlier entries have all of its satellites.*put the narrower select first",
        ),
        (
            {"shells": [SHELLS[0], SHELLS[1] | {"payload": "starlink"}]},
            {},
            "unknown payload 'starlink'",
        ),
    ],
)
def test_what_one_run_cannot_have_is_refused(constellation, sections, message):
    with pytest.raises(ScenarioError, match=message):
        read_inputs(scenario_of(constellation, **sections))


def test_payloads_of_a_file_are_refused_with_shells():
    entry = {"select": {"name": "P01"}, "payload": THEIRS}
    with pytest.raises(
        ValidationError, match="cannot be used with walker or shells: name the payload of a shell in"
    ):
        scenario_of({"shells": SHELLS, "payloads": [entry]})
    of_system = scenario_of({"system": "starlink-d2c-filed", "payloads": [entry]})
    with pytest.raises(
        ScenarioError, match="system 'starlink-d2c-filed' consists of Walker shells; payloads selects"
    ):
        resolve_system(of_system)


def test_one_bandwidth_lets_limits_be_compared():
    shells = [SHELLS[0], SHELLS[1] | {"payload": "starlink-d2c-38dbi"}]
    assert read_inputs(scenario_of({"shells": shells}, link={"limits": ["fcc-25-202k"]})).limits


@pytest.fixture
def two_payload_system(tmp_path):
    """A system of one's own whose inner shell has a payload of its own for handsets."""
    folder = tmp_path / "ours.toml"
    folder.write_text(
        'title = "Ours"\nbased_on = "national-walker"\n\n[[shells]]\nname = "inner"\n'
        + "".join(
            f'{key} = {{ value = {value}, source = "our study" }}\n'
            for key, value in {
                "satellites": 20,
                "planes": 2,
                "phasing": 1,
                "node_span_deg": 360,
                "inclination_deg": 43,
                "altitude_km": 600,
            }.items()
        )
        + 'payload.handset = "starlink-d2c-38dbi"\n'
    )
    return str(folder)


def test_a_system_hands_its_payloads_on_to_its_shells(two_payload_system):
    scenario = resolve_system(scenario_of({"system": two_payload_system}))
    assert [shell.payload for shell in scenario.constellation.shells] == [None, "starlink-d2c-38dbi"]
    assert resolve_system(scenario) == scenario
    satellites = read_satellites(scenario)
    assert satellites.payloads.counts == {"3gpp-set1-leo600": 120, "starlink-d2c-38dbi": 20}
    assumed = scenario_assumptions(scenario)
    assert any(key.startswith(f"{two_payload_system}: ") for key in assumed)  # its shells are still its own
    assert any(key.startswith("starlink-d2c-38dbi: ") for key in assumed)
    other = resolve_system(scenario_of({"system": two_payload_system}, link={"payload": OURS}))
    assert read_satellites(other).payloads.counts == {OURS: 140}


def test_a_run_of_two_payloads_is_the_best_of_two_runs(scenario, inputs):
    """Cell by cell and step by step; a shell of its own in each run of one payload."""

    def slots(scenario):
        inputs = read_inputs(scenario)
        link, _ = kernel_link(scenario, inputs)
        stream = position_stream(scenario, inputs)
        window = stream.window(first=0, count=scenario.time.samples, decayed_at=stream.in_orbit())
        return process_window(window.position_m, tile_cells(inputs.grid), link, every=1)

    together, _, _, both = slots(scenario)
    _, _, _, ours = slots(scenario_of({"shells": [SHELLS[0]]}))
    _, _, _, theirs = slots(scenario_of({"shells": [SHELLS[1]]}))
    assert (both.server >= 0).any()
    np.testing.assert_array_equal(both.server < 0, (ours.server < 0) & (theirs.server < 0))
    # a cell without a server has no level, and the lowest number there is
    level_ours = np.where(ours.server < 0, -(10**6), ours.c_n_centi_db.astype(int))
    level_theirs = np.where(theirs.server < 0, -(10**6), theirs.c_n_centi_db.astype(int))
    seen = both.server >= 0
    np.testing.assert_array_equal(both.c_n_centi_db[seen], np.maximum(level_ours, level_theirs)[seen])
    decided = seen & (np.abs(level_ours - level_theirs) > CENTI_DB)
    wanted = np.where(level_ours > level_theirs, ours.server, theirs.server + 120)
    np.testing.assert_array_equal(both.server[decided], wanted[decided])
    of_theirs = both.server[seen] >= 120
    assert 0 < of_theirs.mean() < 1  # both payloads serve
    assert together.visible_samples.sum() == seen.sum()


def test_a_cell_explained_agrees_with_the_map(scenario, inputs, result):
    services = list(inputs.services)
    columns = result.columns()
    for cell in (0, 7, 20):
        span = explain_span(scenario, inputs, cell)
        instant = explain_instant(scenario, inputs, cell, sample=40, span=span)
        row = {name: values[cell] for name, values in columns.items()}
        checks = kernel_checks(span, instant, services, sample=40) + stored_checks(
            row, span, scenario, services
        )
        assert [check for check in checks if not check.agrees] == []
        rows = inputs.links.payloads.index[span.server[span.server >= 0]]
        assert set(rows.tolist()) == {0, 1}


def test_a_place_agrees_with_the_cell(scenario, inputs):
    cell = 7
    span = explain_span(scenario, inputs, cell)
    site = Site(
        latitude_deg=float(inputs.grid.latitude_deg[cell]),
        longitude_deg=float(inputs.grid.longitude_deg[cell]),
    )
    radio = SiteLink(25.0, inputs.links, inputs.services, None)
    line = server_line(
        inputs.constellation,
        site,
        radio,
        start=inputs.start,
        step_us=scenario.time.step_us,
        samples=scenario.time.samples,
    )
    np.testing.assert_array_equal(line.server, span.server)
    np.testing.assert_allclose(line.c_n_db, span.c_n_db, atol=SAME_FORMULA_DB)
    np.testing.assert_allclose(line.margin_db, span.margin_db, atol=SAME_FORMULA_DB)

    step = int(np.flatnonzero(inputs.links.payloads.index[span.server] * (span.server >= 0))[0])
    utc = inputs.start + step * np.timedelta64(scenario.time.step_us, "us")
    sky = sky_at(inputs.constellation, site, radio, utc=utc)
    best = int(sky.satellite[0])
    assert best == span.server[step]
    assert inputs.links.payload_of(best) == THEIRS
    budget = models_link(inputs, best).downlink(
        slant_range_m=sky.look.slant_range_m[0],
        elevation_deg=sky.look.elevation_deg[0],
        off_nadir_deg=sky.look.off_nadir_deg[0],
        latitude_deg=site.latitude_deg,
    )
    assert sky.levels.c_n_db[0] == pytest.approx(float(budget.c_n_db), abs=SAME_FORMULA_DB)


def models_link(inputs, satellite):
    """Return the link of a satellite without the table of links."""
    name = OURS if satellite < 120 else THEIRS
    return type(inputs.link)(models.read_payload(name), inputs.link.handset, inputs.link.losses)


def test_passes_take_the_margin_of_each_satellites_payload(scenario, inputs):
    ask = {"start": inputs.start, "span_us": 3_600_000_000, "mask_deg": 25.0}
    site, service = Site(latitude_deg=37.5, longitude_deg=14.0), inputs.services["text"]
    both = find_passes(inputs.constellation, site, links=inputs.links, service=service, **ask).passes
    alone = {}
    for shell, first in ((0, 0), (1, 120)):
        one = read_inputs(scenario_of({"shells": [SHELLS[shell]]}))
        for part in find_passes(one.constellation, site, links=one.links, service=service, **ask).passes:
            alone[part.satellite + first, part.visible.begin_utc] = part.best_margin_db
    assert len(both) == len(alone)
    assert {part.satellite >= 120 for part in both} == {False, True}
    for part in both:
        assert part.best_margin_db == pytest.approx(
            alone[part.satellite, part.visible.begin_utc], abs=SAME_FORMULA_DB
        )


def test_the_summary_counts_the_satellites_of_each_payload(result):
    report = summary_report(result)
    assert report["satellites"]["payloads"] == {OURS: 120, THEIRS: 60}
    assert f"{OURS}: downlink.eirp_density_dbw_mhz" in report["assumptions"]


def test_assumptions_are_those_of_all_payloads():
    shells = [SHELLS[0], SHELLS[1] | {"payload": "starlink-d2c-38dbi"}]
    assumed = scenario_assumptions(scenario_of({"shells": shells}))
    for payload in (OURS, "starlink-d2c-38dbi"):
        assert f"{payload}: downlink.eirp_density_dbw_mhz" in assumed


def test_a_checkpoint_knows_the_payloads(scenario, inputs):
    other = scenario_of({"shells": [SHELLS[0], SHELLS[1] | {"payload": "starlink-d2c-38dbi"}]})
    keys = {checkpoint_key(scenario, inputs), checkpoint_key(scenario, read_inputs(other))}
    assert len(keys) == 2


def test_any_number_of_threads_gives_the_same_bits(scenario, inputs, result):
    again = run_region(scenario, inputs, lambda job, _: local_engine(job, 1)).figures
    for name, values in again.items():
        np.testing.assert_array_equal(values, result.figures[name], err_msg=name)
