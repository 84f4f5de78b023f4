"""What a scenario's satellites are propagated by."""

from importlib import util

import pytest
from pydantic import ValidationError

from d2c.coverage.inputs import read_satellites, read_services
from d2c.errors import ScenarioError
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.scenario.assumptions import scenario_assumptions
from d2c.scenario.model import Link, Scenario

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


def test_the_source_says_that_satellites_need_a_gateway():
    here = {"name": "Fucino", "latitude_deg": 41.98, "longitude_deg": 13.6}
    told = satellites(gateways=[here], gateway_elevation_deg=15).constellation.source
    assert told.endswith(", each only while it sees Fucino above 15 deg")
    told = satellites(gateways=[here, here | {"name": "Lario"}]).constellation.source
    assert told.endswith(", each only while it sees one of 2 gateways above 10 deg")
    assert "only while" not in satellites().constellation.source


def test_a_file_taken_whole_for_a_system_without_names_is_said():
    def warnings(system, **keys):
        chosen = {"system": system, "elements": "starlink-d2c-2026-08"} | keys
        return " ".join(read_satellites(Scenario.model_validate({"constellation": chosen})).warnings)

    told = "'starshield' does not say which satellites are its own: all 639 of starlink-d2c-2026-08"
    assert told in warnings("starshield")
    assert "which satellites" not in warnings("starshield", select={"name": "11"})
    assert "which satellites" not in warnings("starlink-d2c")


def test_services_are_read_by_the_rule_of_the_scenario():
    # CQI 1, -6.7 dB, carries 550 kbit/s down; CQI 5, 2.4 dB, 126.7 kbit/s up; reported: 0 and 5 dB
    chosen = Link(services=("text", "data"))
    for rule, text_db, data_db in (("bits", -6.7, -2.3), ("operator-reported", 0.0, 5.0)):
        services = read_services(chosen.model_copy(update={"service_rule": rule}), {})
        assert [downlink_c_n_db(s) for s in services.values()] == [text_db, data_db]
        assert [uplink_c_n_db(s) for s in services.values()] == [-6.7, 2.4]


def test_a_reported_c_n_is_an_assumption_of_its_rule_only():
    key = "voice-encrypted: operator_reported_c_n_db"
    for rule, listed in (("bits", False), ("operator-reported", True)):
        link = {"services": ["voice-encrypted"], "service_rule": rule}
        scenario = Scenario.model_validate({"constellation": SHELL, "link": link})
        assert (key in scenario_assumptions(scenario)) is listed
