"""What a scenario's satellites are propagated by."""

from importlib import util

import pytest
from pydantic import ValidationError

from d2c.coverage.inputs import read_satellites
from d2c.errors import ScenarioError
from d2c.scenario.model import Scenario

SHELL = {"walker": "53:8/2/1", "altitude_km": 530}


def satellites(**keys):
    return read_satellites(Scenario.model_validate({"constellation": SHELL | keys}))


def test_sgp4_is_the_engine_unless_another_is_asked_for():
    assert satellites().constellation.engine == "sgp4"


@pytest.mark.skipif(
    util.find_spec("heyoka") is None, reason="heyoka is not installed: pip install 'd2c[heyoka]'"
)
def test_heyoka_is_handed_to_the_satellites():
    assert satellites(engine="heyoka").constellation.engine == "heyoka"


def test_without_heyoka_the_scenario_is_refused(monkeypatch):
    monkeypatch.setattr("d2c.orbit.heyoka_engine.find_spec", lambda name: None)
    with pytest.raises(ScenarioError, match=r"\[constellation\] engine = 'heyoka' needs the extra"):
        satellites(engine="heyoka")


def test_other_engines_are_refused():
    with pytest.raises(ValidationError, match="'sgp4' or 'heyoka'"):
        Scenario.model_validate({"constellation": SHELL | {"engine": "skyfield"}})
