"""Runs of the library's systems, and of what is left when satellites are lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c.coverage.input_files import hashes, input_files
from d2c.coverage.inputs import read_satellites
from d2c.coverage.run import run_coverage
from d2c.library import models
from d2c.library.entry import entry_names, sourced_figures
from d2c.output.reports.summary import summary_report
from d2c.scenario.load import read_scenario
from d2c.scenario.model import Scenario

QUICK = ("network=false", "grid.resolution=2", "time.duration_h=1", "link.services=['cell-broadcast']")
HANDSETS = {"handset": "smartphone", "terminal": "government-terminal"}


def run(*overrides):
    return run_coverage(read_scenario("italy", overrides=[*QUICK, *overrides]), workers=1)


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in entry_names("constellations") for kind in models.read_system(name).serves],
)
def test_every_system_runs_for_those_it_serves(name, kind, tmp_path):
    entry = models.read_system(name)
    overrides = [f"constellation.system={name}", f"link.handset={HANDSETS[kind]}"]
    if stand_in := getattr(entry.stand_in, kind):
        overrides.append(f"link.payload={stand_in}")
    if not (entry.elements or entry.shells):  # the user's own file
        overrides.append("constellation.elements=starlink-d2c-2026-08")
    result = run(*overrides)
    availability = result.columns()["cell-broadcast_availability"]
    assert np.all((availability >= 0) & (availability <= 1))
    found = summary_report(result)
    assert found["scenario"]["constellation"]["system"] == name
    assert found["satellites"]["source"].startswith(f"{name} (")
    if entry.satellites:
        assert found["satellites"]["used"] == entry.satellites.value
    assumed = {key for key in found["assumptions"] if key.startswith(f"{name}: ")}
    assert len(assumed) >= sum(bool(figure.assumed) for _, figure in sourced_figures(entry))


def test_a_scenario_made_in_python_gets_its_system_too():
    made = Scenario(
        constellation={"system": "national-walker"},
        grid={"resolution": 2},
        time={"duration_h": 0.5},
    )
    result = run_coverage(made, workers=1)
    assert result.scenario.link.payload == "3gpp-set1-leo600"
    assert result.inputs.link.payload.title == models.read_payload("3gpp-set1-leo600").title


def test_elements_of_a_system_start_at_their_epoch_and_are_hashed():
    of_system = read_scenario("italy", overrides=["constellation.system=starlink-d2c"])
    found, italy = read_satellites(of_system), read_satellites(read_scenario("italy"))
    assert found.start == italy.start
    assert hashes(input_files(of_system)) == hashes(input_files(read_scenario("italy")))
    assert found.constellation.name == italy.constellation.name


def left_with(*overrides):
    shell = (
        "constellation.walker=50:60/10/1",
        "constellation.altitude_km=600",
        "link.payload=3gpp-set1-leo600",
    )
    columns = run(*shell, "link.services=['text']", "time.duration_h=2", *overrides).columns()
    return columns["text_availability"], columns["visible_fraction"]


@pytest.fixture(scope="module")
def whole():
    return left_with()


@settings(max_examples=8)
@given(st.sampled_from(["planes=1", "planes=3", "satellites=20%"]), st.integers(0, 1000))
def test_loss_never_raises_availability(whole, what, seed):
    left = left_with(f"constellation.lose='{what}'", f"constellation.seed={seed}")
    for before, after in zip(whole, left, strict=True):
        assert np.all(after <= before)


def test_loss_of_nearly_all_planes_is_felt(whole):
    availability, visible = left_with("constellation.lose='planes=9'")
    assert availability.sum() < 0.5 * whole[0].sum()
    assert visible.sum() < 0.5 * whole[1].sum()
