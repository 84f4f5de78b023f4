"""Systems: against real elements, whom they serve, what they fill in, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest

from d2c.errors import ScenarioError
from d2c.library import models as systems
from d2c.library.entry import entry_names, sourced_figures
from d2c.orbit.catalogue import read_elements
from d2c.orbit.loss import planes
from d2c.orbit.selection import select
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.scenario.assumptions import scenario_assumptions
from d2c.scenario.load import changed_scenario, read_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.resolve_system import resolve_system

SYSTEMS = entry_names("constellations")
ACTIVE = Path(__file__).parents[2].parent / "shared" / "data" / "tles" / "active_2026-08-22.3le"
# Operators give altitudes over the mean radius (7 km less than the equatorial one) or a round number
ALTITUDE_KM = 10.0
INCLINATION_DEG = 0.1


@pytest.fixture(scope="module")
def active():
    if not ACTIVE.is_file():
        pytest.skip("../shared/data holds no elements of all active objects")
    return read_elements(ACTIVE)


def flown(system):
    """Return the satellites of a system's shells."""
    shells = [s.shell for s in systems.system(system).shells]
    made = [parse_walker(s.walker, altitude_km=s.altitude_km, pattern=s.pattern) for s in shells]
    return walker_constellation(made, epoch=np.datetime64("2026-01-01T00:00:00", "us"))


def real(active, system):
    """Return the satellites that the entry itself selects from all active ones."""
    return select(active, **systems.system(system).select.model_dump())


# Counted in the file of 2026-08-22 by eye (grep -c): 80 IRIDIUM with spares and stragglers, 28 GLOBALSTAR, 651 ONEWEB
@pytest.mark.parametrize(("system", "at_least"), [("iridium-next", 66), ("globalstar", 24), ("oneweb", 588)])
def test_shells_fly_where_the_real_ones_do(active, system, at_least):
    theirs, ours = real(active, system), flown(system)
    assert at_least == len(ours)
    assert at_least <= len(theirs) <= 1.11 * at_least  # spares
    assert abs(np.median(theirs.inclination_deg) - np.median(ours.inclination_deg)) <= INCLINATION_DEG
    assert abs(np.median(theirs.altitude_km) - np.median(ours.altitude_km)) <= ALTITUDE_KM


@pytest.mark.parametrize("system", ["iridium-next", "oneweb"])
def test_planes_are_as_many_as_the_real_ones(active, system):
    entry = systems.system(system).shells[0]
    count = np.bincount(planes(real(active, system)))
    full = count[count > 5]  # the rest climb, sink or wait
    assert len(full) == entry.planes.value == len(np.unique(planes(flown(system))))


def test_iridium_is_as_printed():
    """66 satellites in 6 planes at 86.4 deg and 781 km (the operator's figures, as in every encyclopaedia)."""
    (shell,) = systems.system("iridium-next").shells
    assert shell.shell.walker == "86.4:66/6/3"
    assert (shell.shell.altitude_km, shell.shell.pattern) == (781, "star")


def test_half_a_slot_between_the_planes_of_a_star():
    """Phasing f makes neighbours f * 360 / t out of step: half a slot of 360 p / t is p / 2, for Iridium and OneWeb."""
    for name in ("iridium-next", "oneweb"):
        (shell,) = systems.system(name).shells
        assert shell.phasing.value == shell.planes.value / 2


@pytest.mark.parametrize("name", SYSTEMS)
def test_counts_agree_with_the_entry(name):
    entry = systems.system(name)
    assert entry.serves
    assert entry.note.strip()
    if entry.shells:
        assert len(flown(name)) == entry.satellites.value == sum(s.satellites.value for s in entry.shells)
    for kind in ("handset", "terminal"):
        given = (getattr(entry.payload, kind), getattr(entry.stand_in, kind))
        assert len([p for p in given if p]) == (kind in entry.serves)  # one of the two, for those it serves
        for payload in filter(None, given):
            assert systems.payload(payload)
    if not entry.shells and not entry.elements:
        assert entry.satellites is None
        assert not list(sourced_figures(entry))


def test_filed_shells_stay_within_the_licence():
    assert 7500 - 3 * 28 <= systems.system("starlink-d2c-filed").satellites.value <= 7500


def test_shipped_elements_are_those_of_the_entry():
    scenario = read_scenario("italy", overrides=["constellation.system=starlink-d2c"])
    italy = read_scenario("italy")
    assert scenario.constellation.elements == italy.constellation.elements
    assert scenario.constellation.select == italy.constellation.select
    assert (scenario.link.payload, scenario.link.losses) == ("starlink-d2c", "outdoor")


TERMINAL = "link.handset=government-terminal"
STAND_IN = "link.payload=3gpp-set1-leo1200-ka"


@pytest.mark.parametrize("name", SYSTEMS)
def test_whom_a_system_does_not_serve_is_told(name):
    serves = systems.system(name).serves
    for kind, handset in (("handset", "smartphone"), ("terminal", "deck-terminal")):
        if kind in serves:
            continue
        overrides = [f"constellation.system={name}", f"link.handset={handset}", STAND_IN]
        with pytest.raises(
            ScenarioError, match=rf"system '{name}' serves \w+s and no {kind}s, .* such as --set"
        ):
            read_scenario("italy", overrides=overrides)


@pytest.mark.parametrize("name", ["lynk", "iridium-next", "globalstar"])
def test_a_system_without_published_radio_asks_for_a_payload(name):
    with pytest.raises(ScenarioError, match=f"none is published for system '{name}'.* --set link.payload="):
        read_scenario("italy", overrides=[f"constellation.system={name}"])
    given = [f"constellation.system={name}", "link.payload=3gpp-set1-leo600"]
    assert read_scenario("italy", overrides=given).link.payload == "3gpp-set1-leo600"


def test_a_system_without_public_elements_asks_for_a_file():
    named = ["constellation.system=starshield", TERMINAL, STAND_IN]
    with pytest.raises(ScenarioError, match="'starshield' has no public elements; give a file of your own"):
        read_scenario("italy", overrides=named)
    found = read_scenario("italy", overrides=["constellation.elements=mine.tle", *named])
    assert (found.constellation.system, found.constellation.elements) == ("starshield", "mine.tle")


def test_own_elements_keep_payload_and_selection():
    overrides = ["constellation.system=starlink-d2c", "constellation.elements=mine.tle"]
    found = read_scenario("italy", overrides=overrides)
    assert (found.constellation.elements, found.link.payload) == ("mine.tle", "starlink-d2c")
    assert found.constellation.select.only_d2c
    own = read_scenario("italy", overrides=[*overrides, "constellation.select.name=X"])
    assert (own.constellation.select.name, own.constellation.select.only_d2c) == ("X", False)


def test_own_walker_keeps_the_payload():
    overrides = [
        "constellation.system=national-walker",
        "constellation.walker=55:180/12/1",
        "constellation.altitude_km=600",
    ]
    found = read_scenario("italy", overrides=overrides)
    assert (found.constellation.shells, found.link.payload) == ((), "3gpp-set1-leo600")
    assert not any("main" in key for key in scenario_assumptions(found))
    with pytest.raises(ScenarioError, match="select chooses among elements"):
        read_scenario("italy", overrides=[overrides[0], "constellation.select.name=X"])


def test_a_system_takes_the_place_of_payload_and_title():
    stated = ["link.payload=starlink-d2c-29dbi", "title=Mine"]
    base = changed_scenario(read_scenario("italy"), overrides=stated)
    found = changed_scenario(base, overrides=["constellation.system=ast-bluebird"])
    assert (found.link.payload, found.title) == (
        "ast-bluebird",
        "Italy, AST SpaceMobile BlueBird, as planned",
    )
    kept = changed_scenario(base, overrides=[*stated, "constellation.system=ast-bluebird"])
    assert (kept.link.payload, kept.title) == ("starlink-d2c-29dbi", "Mine")


def test_a_terminal_has_the_losses_of_a_terminal_unless_others_are_named():
    named = ["constellation.system=oneweb", TERMINAL, STAND_IN]
    assert read_scenario("italy", overrides=named).link.losses == "terminal"
    assert read_scenario("italy", overrides=[*named, "link.losses=outdoor"]).link.losses == "outdoor"


@pytest.mark.parametrize("name", ["starlink-d2c-filed", "ast-bluebird", "starlink-d2c"])
def test_done_twice_it_stays_as_it_is(name):
    once = read_scenario("italy", overrides=[f"constellation.system={name}"])
    assert resolve_system(once) == once
    assert resolve_system(Scenario.model_validate(once.model_dump(mode="json"))) == once
    assert changed_scenario(once, overrides=[]) == once


def test_assumptions_of_a_system_are_told():
    assumed = scenario_assumptions(
        read_scenario("italy", overrides=["constellation.system=starlink-d2c-filed"])
    )
    assert assumed["starlink-d2c-filed: 33 deg.planes"].startswith("28: as the two other shells")
    assert any(key.startswith("starlink-d2c: downlink") for key in assumed)
    assert not any("altitude_km" in key for key in assumed)  # filed, so not assumed


def test_a_system_of_one_s_own_beside_the_scenario(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\nbased_on = "national-walker"\n[[shells]]\nname = "main"\n'
        'altitude_km = { value = 700, source = "me" }\n'
    )
    (tmp_path / "s.toml").write_text("[constellation]\nsystem = 'mine.toml'\n")
    found = read_scenario(str(tmp_path / "s.toml"))
    (shell,) = found.constellation.shells
    assert (shell.walker, shell.altitude_km, found.title) == ("50:120/10/1", 700, "Italy, Mine")


def test_elements_beside_a_system_of_one_s_own(tmp_path):
    (tmp_path / "mine.tle").write_text("")
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\nserves = ["handset"]\npayload.handset = "starlink-d2c"\nelements = "mine.tle"\n'
    )
    found = read_scenario("italy", overrides=[f"constellation.system={tmp_path / 'mine.toml'}"])
    assert found.constellation.elements == str(tmp_path / "mine.tle")


SHELL = """
[[shells]]
name = "a"
satellites = { value = 10, source = "x" }
planes = { value = 5, source = "x" }
phasing = { value = 1, source = "x" }
inclination_deg = { value = 50, source = "x" }
altitude_km = { value = 500, source = "x" }
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("serves = []", "serves = "),
        ('serves = ["ship"]', "serves"),
        (
            'serves = ["handset"]\nelements = "x"' + SHELL + 'node_span_deg = { value = 360, source = "x" }',
            "not both",
        ),
        (
            'serves = ["handset"]' + SHELL + 'node_span_deg = { value = 90, source = "x" }',
            "neither 360 nor 180",
        ),
        (
            'serves = ["handset"]'
            + SHELL.replace("value = 5,", "value = 2.5,")
            + 'node_span_deg = { value = 360, source = "x" }',
            r"planes = 2\.5 is no whole number",
        ),
        ('serves = ["handset"]' + SHELL, "node_span_deg: missing"),
        ('serves = ["handset"]\nsatellites = { value = 3 }', "a figure needs a source"),
    ],
)
def test_entries_that_are_none(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(f'title = "Mine"\n{text}\n')
    with pytest.raises(ScenarioError, match=message):
        systems.system(str(path))


@pytest.mark.parametrize("constellation", [{}, {"elements": "x", "walker": "53:1/1/0", "altitude_km": 500}])
def test_one_origin(tmp_path, constellation):
    path = tmp_path / "s.toml"
    path.write_text("[constellation]\n" + "\n".join(f"{k} = {v!r}" for k, v in constellation.items()))
    with pytest.raises(ScenarioError, match="give exactly one of elements, walker, shells, system"):
        read_scenario(str(path))


def test_an_unknown_system_suggests_the_nearest():
    with pytest.raises(ScenarioError, match="unknown constellation 'iridium'; did you mean 'iridium-next'"):
        read_scenario("italy", overrides=["constellation.system=iridium"])
