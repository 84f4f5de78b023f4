"""Library constellations: shells against catalogued orbits, terminals served, defaults for scenarios, and errors."""

from pathlib import Path

import numpy as np
import pytest

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.entry import entry_names, sourced_figures
from d2c.orbit.catalogue import read_elements
from d2c.orbit.removal import orbital_planes
from d2c.orbit.selection import select
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.scenario.assumptions import scenario_assumptions
from d2c.scenario.load import override_scenario, read_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.resolve_system import resolve_system

SYSTEMS = entry_names("constellations")
ACTIVE = Path(__file__).parents[2].parent / "shared" / "data" / "tles" / "active_2026-08-22.3le"
# Operators state altitudes above the mean radius (7 km less than the equatorial radius) or rounded
ALTITUDE_KM = 10.0
INCLINATION_DEG = 0.1


@pytest.fixture(scope="module")
def active():
    if not ACTIVE.is_file():
        pytest.skip("../shared/data holds no elements of all active objects")
    return read_elements(ACTIVE)


def shell_satellites(system):
    """Return the nominal satellites of a system's shells."""
    shells = [s.shell for s in models.read_system(system).shells]
    shells = [parse_walker(s.walker, altitude_km=s.altitude_km, pattern=s.pattern) for s in shells]
    return walker_constellation(shells, epoch=np.datetime64("2026-01-01T00:00:00", "us"))


def catalogued_satellites(active, system):
    """Return the catalogued satellites that the entry's filter selects from all active ones."""
    return select(active, **models.read_system(system).select.model_dump())


# Counts in the file of 2026-08-22 (grep -c): 80 IRIDIUM with spares and failed satellites, 28 GLOBALSTAR, 651 ONEWEB
@pytest.mark.parametrize(("system", "at_least"), [("iridium-next", 66), ("globalstar", 24), ("oneweb", 588)])
def test_shells_match_the_catalogued_orbits(active, system, at_least):
    catalogued, nominal = catalogued_satellites(active, system), shell_satellites(system)
    assert at_least == len(nominal)
    assert at_least <= len(catalogued) <= 1.11 * at_least  # spares
    assert abs(np.median(catalogued.inclination_deg) - np.median(nominal.inclination_deg)) <= INCLINATION_DEG
    assert abs(np.median(catalogued.altitude_km) - np.median(nominal.altitude_km)) <= ALTITUDE_KM


@pytest.mark.parametrize("system", ["iridium-next", "oneweb"])
def test_number_of_planes_matches_the_catalogue(active, system):
    entry = models.read_system(system).shells[0]
    count = np.bincount(orbital_planes(catalogued_satellites(active, system)))
    full = count[count > 5]  # the rest are raising or lowering their orbits, or are spares
    assert len(full) == entry.planes.value == len(np.unique(orbital_planes(shell_satellites(system))))


def test_iridium_matches_the_published_shell():
    """66 satellites in 6 planes at 86.4 deg and 781 km (the operator's figures, widely quoted)."""
    (shell,) = models.read_system("iridium-next").shells
    assert shell.shell.walker == "86.4:66/6/3"
    assert (shell.shell.altitude_km, shell.shell.pattern) == (781, "star")


def test_adjacent_planes_of_a_star_are_offset_by_half_a_slot():
    """Phasing f offsets adjacent planes by f * 360 / t: half a slot of 360 p / t is f = p / 2 (Iridium, OneWeb)."""
    for name in ("iridium-next", "oneweb"):
        (shell,) = models.read_system(name).shells
        assert shell.phasing.value == shell.planes.value / 2


@pytest.mark.parametrize("name", SYSTEMS)
def test_counts_agree_with_the_entry(name):
    entry = models.read_system(name)
    assert entry.serves
    assert entry.note.strip()
    if entry.shells:
        assert (
            len(shell_satellites(name))
            == entry.satellites.value
            == sum(s.satellites.value for s in entry.shells)
        )
    for kind in ("handset", "terminal"):
        given = (getattr(entry.payload, kind), getattr(entry.stand_in, kind))
        # payload or stand-in, for the terminals it serves
        assert len([p for p in given if p]) == (kind in entry.serves)
        for payload in filter(None, given):
            assert models.read_payload(payload)
    if not entry.shells and not entry.elements:
        assert entry.satellites is None
        assert not list(sourced_figures(entry))


def test_filed_shells_are_within_the_licence():
    assert 7500 - 3 * 28 <= models.read_system("starlink-d2c-filed").satellites.value <= 7500


def test_starlink_entry_uses_the_shipped_elements():
    scenario = read_scenario("italy", overrides=["constellation.system=starlink-d2c"])
    italy = read_scenario("italy")
    assert scenario.constellation.elements == italy.constellation.elements
    assert scenario.constellation.select == italy.constellation.select
    assert (scenario.link.payload, scenario.link.losses) == ("starlink-d2c", "outdoor")


TERMINAL = "link.handset=government-terminal"
STAND_IN = "link.payload=3gpp-set1-leo1200-ka"


@pytest.mark.parametrize("name", SYSTEMS)
def test_terminal_kind_not_served_is_an_error(name):
    serves = models.read_system(name).serves
    for kind, handset in (("handset", "smartphone"), ("terminal", "deck-terminal")):
        if kind in serves:
            continue
        overrides = [f"constellation.system={name}", f"link.handset={handset}", STAND_IN]
        with pytest.raises(
            ScenarioError, match=rf"system '{name}' serves \w+s and no {kind}s, .* such as link.handset="
        ):
            read_scenario("italy", overrides=overrides)


@pytest.mark.parametrize("name", ["lynk", "iridium-next", "globalstar"])
def test_system_without_payload_requires_one(name):
    with pytest.raises(ScenarioError, match=f"none is published for system '{name}'.* link.payload="):
        read_scenario("italy", overrides=[f"constellation.system={name}"])
    given = [f"constellation.system={name}", "link.payload=3gpp-set1-leo600"]
    assert read_scenario("italy", overrides=given).link.payload == "3gpp-set1-leo600"


def test_system_without_public_elements_requires_a_file():
    named = ["constellation.system=starshield", TERMINAL, STAND_IN]
    with pytest.raises(ScenarioError, match="'starshield' has no public elements; give a file of your own"):
        read_scenario("italy", overrides=named)
    scenario = read_scenario("italy", overrides=["constellation.elements=mine.tle", *named])
    assert (scenario.constellation.system, scenario.constellation.elements) == ("starshield", "mine.tle")


def test_own_elements_keep_payload_and_selection():
    overrides = ["constellation.system=starlink-d2c", "constellation.elements=mine.tle"]
    scenario = read_scenario("italy", overrides=overrides)
    assert (scenario.constellation.elements, scenario.link.payload) == ("mine.tle", "starlink-d2c")
    assert scenario.constellation.select.only_d2c
    own = read_scenario("italy", overrides=[*overrides, "constellation.select.name=X"])
    assert (own.constellation.select.name, own.constellation.select.only_d2c) == ("X", False)


def test_own_walker_keeps_the_payload():
    overrides = [
        "constellation.system=national-walker",
        "constellation.walker=55:180/12/1",
        "constellation.altitude_km=600",
    ]
    scenario = read_scenario("italy", overrides=overrides)
    assert (scenario.constellation.shells, scenario.link.payload) == ((), "3gpp-set1-leo600")
    assert not any("main" in key for key in scenario_assumptions(scenario))
    with pytest.raises(ScenarioError, match="select filters elements"):
        read_scenario("italy", overrides=[overrides[0], "constellation.select.name=X"])


def test_system_override_replaces_payload_and_title():
    stated = ["link.payload=starlink-d2c-29dbi", "title=Mine"]
    base = override_scenario(read_scenario("italy"), overrides=stated)
    scenario = override_scenario(base, overrides=["constellation.system=ast-bluebird"])
    assert (scenario.link.payload, scenario.title) == (
        "ast-bluebird",
        "Italy, AST SpaceMobile BlueBird, as planned",
    )
    kept = override_scenario(base, overrides=[*stated, "constellation.system=ast-bluebird"])
    assert (kept.link.payload, kept.title) == ("starlink-d2c-29dbi", "Mine")


def test_terminal_defaults_to_the_terminal_loss_set():
    named = ["constellation.system=oneweb", TERMINAL, STAND_IN]
    assert read_scenario("italy", overrides=named).link.losses == "terminal"
    assert read_scenario("italy", overrides=[*named, "link.losses=outdoor"]).link.losses == "outdoor"


@pytest.mark.parametrize("name", ["starlink-d2c-filed", "ast-bluebird", "starlink-d2c"])
def test_resolve_system_is_idempotent(name):
    resolved = read_scenario("italy", overrides=[f"constellation.system={name}"])
    assert resolve_system(resolved) == resolved
    assert resolve_system(Scenario.model_validate(resolved.model_dump(mode="json"))) == resolved
    assert override_scenario(resolved, overrides=[]) == resolved


def test_assumptions_of_a_system_are_listed():
    assumed = scenario_assumptions(
        read_scenario("italy", overrides=["constellation.system=starlink-d2c-filed"])
    )
    assert assumed["starlink-d2c-filed: 33 deg.planes"].startswith("28: as the two other shells")
    assert any(key.startswith("starlink-d2c: downlink") for key in assumed)
    assert not any("altitude_km" in key for key in assumed)  # filed, so not assumed


def test_user_system_in_the_folder_of_the_scenario(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\nbased_on = "national-walker"\n[[shells]]\nname = "main"\n'
        'altitude_km = { value = 700, source = "me" }\n'
    )
    (tmp_path / "s.toml").write_text("[constellation]\nsystem = 'mine.toml'\n")
    scenario = read_scenario(str(tmp_path / "s.toml"))
    (shell,) = scenario.constellation.shells
    assert (shell.walker, shell.altitude_km, scenario.title) == ("50:120/10/1", 700, "Italy, Mine")


def test_user_system_with_elements_in_its_folder(tmp_path):
    (tmp_path / "mine.tle").write_text("")
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\nserves = ["handset"]\npayload.handset = "starlink-d2c"\nelements = "mine.tle"\n'
    )
    scenario = read_scenario("italy", overrides=[f"constellation.system={tmp_path / 'mine.toml'}"])
    assert scenario.constellation.elements == str(tmp_path / "mine.tle")


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
            "is not 360 or 180",
        ),
        (
            'serves = ["handset"]'
            + SHELL.replace("value = 5,", "value = 2.5,")
            + 'node_span_deg = { value = 360, source = "x" }',
            r"planes = 2\.5 is not a whole number",
        ),
        ('serves = ["handset"]' + SHELL, "node_span_deg: missing"),
        ('serves = ["handset"]\nsatellites = { value = 3 }', "a figure needs a source"),
    ],
)
def test_invalid_entries(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(f'title = "Mine"\n{text}\n')
    with pytest.raises(ScenarioError, match=message):
        models.read_system(str(path))


@pytest.mark.parametrize("constellation", [{}, {"elements": "x", "walker": "53:1/1/0", "altitude_km": 500}])
def test_exactly_one_source_of_satellites(tmp_path, constellation):
    path = tmp_path / "s.toml"
    path.write_text("[constellation]\n" + "\n".join(f"{k} = {v!r}" for k, v in constellation.items()))
    with pytest.raises(
        ScenarioError, match="give exactly one of elements, walker, shells, geo_longitudes_deg, system"
    ):
        read_scenario(str(path))


def test_unknown_system_suggests_the_nearest_name():
    with pytest.raises(ScenarioError, match="unknown constellation 'iridium'; did you mean 'iridium-next'"):
        read_scenario("italy", overrides=["constellation.system=iridium"])
