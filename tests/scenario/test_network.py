"""Whether a scenario asks the network, and at which operating point: the table of docs/network.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.entry import entry_names
from d2c.output.reports.summary import assumed_figures, not_modelled
from d2c.scenario.assumptions import BEAM_ASSUMPTIONS
from d2c.scenario.beams import Beams
from d2c.scenario.load import override_scenario, read_scenario, scenario_names
from d2c.scenario.model import Scenario
from d2c.scenario.network import network_obstacle
from d2c.scenario.resolve import resolve

TERMINAL = [
    "constellation.system=iris2",
    "link.payload=3gpp-set1-leo1200-ka",
    "link.handset=government-terminal",
]
TERMINAL += ["link.phones=none", "link.environment=none", "link.losses=terminal"]


def resolved(name, *overrides):
    return resolve(read_scenario(name, overrides=overrides))


@pytest.mark.parametrize("name", scenario_names())
def test_every_built_in_scenario_of_phones_asks_the_network_as_measured(name):
    scenario = resolved(name)
    handset = models.read_handset(scenario.link.handset)
    asked = (scenario.network, scenario.beams is not None, scenario.link.operating)
    assert asked == ((False, False, "filed") if handset.kind == "terminal" else (True, True, "measured"))
    if scenario.beams:
        assert scenario.beams.load == (1.0 if name == "italy-loaded" else 0.3)


@pytest.mark.parametrize("name", scenario_names())
def test_the_best_case_of_each_is_the_sky_alone_as_filed(name):
    scenario = resolved(name, "network=false")
    assert (scenario.network, scenario.beams, scenario.link.operating) == (False, None, "filed")


@pytest.mark.parametrize("payload", entry_names("payloads"))
def test_auto_asks_the_network_where_the_pattern_of_a_steered_beam_is_known(payload):
    beam = models.read_payload(payload).beam
    scenario = resolved("italy", f"link.payload={payload}")
    assert scenario.network is (beam.steering == "steered" and beam.pattern != "isotropic")
    assert bool(network_obstacle(scenario)) is not scenario.network


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (TERMINAL, "handset 'government-terminal' points an antenna at one satellite"),
        (["link.payload=3gpp-set4-leo600"], "the beam of payload '3gpp-set4-leo600' is fixed to the nadir"),
        (
            ["constellation.payloads=[{select = {name = 'A'}, payload = 'starlink-d2c-38dbi'}]"],
            "payloads 'starlink-d2c', 'starlink-d2c-38dbi' fly together",
        ),
    ],
)
def test_where_there_can_be_none_auto_says_so_and_true_refuses(overrides, said):
    scenario = resolved("italy", *overrides)
    assert scenario.network is False
    assert any(text.startswith(f"the network of beams: {said}") for text in not_modelled(scenario))
    for asked in ("network=true", "beams.load=0.5"):
        with pytest.raises(ScenarioError, match=said) as error:
            resolved("italy", *overrides, asked)
        assert "network = false" in str(error.value)
        assert "\n" not in str(error.value)


def test_beams_without_the_network_are_not_used_and_this_is_said():
    scenario = resolved("italy-loaded", "network=false")
    assert scenario.beams is None
    assert any("[beams] is not used" in text for text in not_modelled(scenario))
    assert not any(key.startswith("beams:") for key in assumed_figures(scenario))


def test_a_network_and_a_cube_exclude_each_other():
    with pytest.raises(ScenarioError, match=r"\[output\] cube = true.*network = false"):
        resolved("italy", "output.cube=true")
    assert resolved("italy", "output.cube=true", "network=false").output.cube


@pytest.mark.parametrize("network", ["maybe", "'yes please'", "2"])
def test_another_word_is_an_error(network):
    with pytest.raises(ScenarioError, match="network"):
        read_scenario("italy", overrides=[f"network={network}"])


@pytest.mark.parametrize(
    ("overrides", "operating"),
    [
        ((), "measured"),
        (("link.operating=filed",), "filed"),
        (("link.phones=none",), "filed"),  # no figure is known
        (("link.phones=none", "link.phone_loss_db=12"), "measured"),
        (("network=false",), "filed"),
        (("network=false", "link.operating=measured"), "measured"),
        (("network=false", "link.phone_loss_db=12"), "measured"),
    ],
)
def test_the_operating_point(overrides, operating):
    assert resolved("italy", *overrides).link.operating == operating


@given(
    st.sampled_from(["auto", True, False]),
    st.sampled_from(["auto", "filed", "measured"]),
    st.sampled_from([None, Beams(load=0.7)]),
    st.sampled_from(["hand", "mix", None]),
)
def test_what_is_resolved_stays(network, operating, beams, phones):
    base = read_scenario("italy")
    link = base.link.model_copy(update={"operating": operating, "phones": phones})
    scenario = resolve(base.model_copy(update={"network": network, "beams": beams, "link": link}))
    assert resolve(scenario) == scenario
    assert resolve(Scenario.model_validate(scenario.model_dump(mode="json"))) == scenario
    assert (scenario.beams is not None) is scenario.network
    assert scenario.link.operating in ("filed", "measured")
    if scenario.beams:
        assert override_scenario(scenario, overrides=["beams.load=0.1"]).beams.load == 0.1


def test_the_default_load_is_assumed_with_its_reason_and_range():
    assert Beams().load in BEAM_ASSUMPTIONS["load"].plausible
    assert assumed_figures(resolved("italy"))["beams: load"].startswith("0.3: no operator publishes")
