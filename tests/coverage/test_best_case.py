"""Who is served by posture, and the best case beside a network: held to runs of their own."""

import numpy as np
import pytest

from d2c.coverage.best_case import best_case_availability
from d2c.coverage.inputs import read_inputs
from d2c.coverage.run import run_coverage
from d2c.link.phones import VARIANTS
from d2c.output.reports.summary import summary_report
from d2c.scenario.load import read_scenario
from d2c.scenario.resolve import resolve

SMALL = ["region.area=molise", "time.duration_h=1", "time.step_s=60", "beams.margin_km=60"]
SMALL += ["output.formats=['parquet']", "link.services=['text', 'voice', 'cell-broadcast']"]
OPEN = ["network=false", "link.phones=none", "link.environment=none"]
MIX = """
title = "Half of the phones in a safe"

[[postures]]
name = "hand"
weight = { value = 0.5, assumed = "made up" }
loss_db = { value = 0.0, assumed = "made up" }

[[postures]]
name = "safe"
weight = { value = 0.5, assumed = "made up" }
loss_db = { value = 100.0, assumed = "made up" }
"""


def run(*overrides):
    return run_coverage(read_scenario("italy", overrides=[*SMALL, *overrides]))


@pytest.fixture(scope="module")
def network():
    return run()


def test_the_best_case_is_that_of_a_run_of_its_own(network):
    area_m2 = network.inputs.grid.area_m2
    # low satellites, so that the services differ
    for more in ([], ["link.min_elevation_deg=40", "link.payload=starlink-d2c-29dbi"]):
        scenario = resolve(read_scenario("italy", overrides=[*SMALL, *more]))
        found = best_case_availability(scenario, read_inputs(scenario))
        figures = run(*OPEN, *more).figures
        assert found == {name: np.average(figures[f"{name}_availability"], weights=area_m2) for name in found}
    assert network.best_case == best_case_availability(network.scenario, network.inputs)


def test_without_a_network_there_is_no_case_beside_it():
    result = run("network=false")
    assert result.best_case is None
    services = summary_report(result)["services"]
    assert not any("best_case_availability" in service for service in services.values())


def test_a_network_serves_no_more_than_the_best_case_and_no_posture_more_than_the_hand(network):
    for service in summary_report(network)["services"].values():
        postures = service["availability_by_posture"]
        assert list(postures) == ["hand", "pocket", "car", "indoors"]
        assert service["best_case_availability"] >= postures["hand"] >= postures["pocket"] - 0.02
        assert postures["hand"] > postures["indoors"]


def test_phones_in_a_safe_have_nothing_and_the_others_all(tmp_path):
    file = tmp_path / "safe.toml"
    file.write_text(MIX, encoding="utf-8")
    result = run("network=false", f"link.phones={file}", "link.environment=none")
    alone = run(*OPEN)
    of_hand, of_safe = result.by_posture.shares().T
    assert result.inputs.phones.postures == ("hand", "safe")
    np.testing.assert_array_equal(of_safe, 0)
    area_m2 = result.inputs.grid.area_m2
    wanted = [
        np.average(alone.figures[f"{name}_availability"], weights=area_m2) for name in result.inputs.services
    ]
    np.testing.assert_allclose(of_hand, wanted, rtol=1e-12)


def test_postures_together_are_all_phones(network):
    by_posture = network.by_posture
    together = by_posture.served.sum(axis=1) / by_posture.weight.sum()
    area_m2 = network.inputs.grid.area_m2
    for share, name in zip(together, network.inputs.services, strict=True):
        wanted = np.average(network.figures[f"{name}_availability"], weights=area_m2)
        assert share == pytest.approx(wanted, rel=1e-12)


def test_postures_have_their_weights(network):
    """Over the variants of a cell to one phone in 128."""
    phones = network.inputs.phones
    share = np.bincount(phones.posture.ravel()) / phones.posture.size
    np.testing.assert_allclose(share, [0.35, 0.20, 0.15, 0.30], atol=1 / (VARIANTS * phones.number))
