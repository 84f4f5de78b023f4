"""Trade-off specifications: combinations, options that do not serve a group, and errors."""

import re
from pathlib import Path

import pytest

from d2c.errors import ScenarioError
from d2c.scenario.load import read_scenario
from d2c.scenario.resolve import resolve
from d2c.scenario.tradeoff import read_tradeoff, tradeoff_cases, tradeoff_names
from d2c.scenario.tradeoff_question import asked_tradeoff

HEAD = """
title = "T"
areas = ["sicilia"]
"""
OPTION = """
[[option]]
name = "walker"
constellation = { walker = "50:60/6/1", altitude_km = 525 }
payload = "starlink-d2c"
"""


def spec(tmp_path, text):
    file = tmp_path / "spec.toml"
    file.write_text(text, encoding="utf-8")
    return read_tradeoff(str(file))


def test_shipped_specifications_are_valid_and_reject_unserved_terminals():
    for name in tradeoff_names():
        cases = list(tradeoff_cases(read_tradeoff(name)))
        assert cases
        for case in cases:
            kinds = {"iris2": "terminal", "starlink-d2c": "handset", "ast-bluebird": "handset"}
            kind = kinds.get(case.scenario.constellation.system)
            terminal = case.group.name == "government terminal"
            assert bool(case.refused) == (kind == ("handset" if terminal else "terminal"))


def test_cases_are_ordered_by_area(tmp_path):
    text = HEAD.replace('"sicilia"', '"sicilia", "italy"') + 'services = ["text"]\n' + OPTION
    text += OPTION.replace('"walker"', '"other"')
    cases = [(case.area, case.option.name) for case in tradeoff_cases(spec(tmp_path, text))]
    assert cases == [(a, o) for a in ("sicilia", "italy") for o in ("walker", "other")]


def test_services_form_one_group_and_option_settings_prevail(tmp_path):
    own_settings = 'handset = "3gpp-handheld"\nlosses = "indoor"\nmin_elevation_deg = 40\nbeams.load = 0.5\n'
    text = (
        HEAD
        + 'services = ["text"]\nservice_rule = "operator-reported"\nmin_elevation_deg = 30\n'
        + OPTION
        + OPTION.replace('walker"\n', 'b"\n')
        + own_settings
    )
    first, second = tradeoff_cases(spec(tmp_path, text))
    link = first.scenario.link
    assert (link.handset, link.losses, link.min_elevation_deg) == ("3gpp-handheld", "outdoor", 30)
    assert link.service_rule == "operator-reported"
    assert first.scenario.beams.load == 0.3
    link = second.scenario.link
    assert (link.handset, link.losses, link.min_elevation_deg) == ("3gpp-handheld", "indoor", 40)
    assert second.scenario.beams.load == 0.5


def test_scenarios_are_resolved_as_those_of_runs(tmp_path):
    """Network, operating point and everything else of the link, for phones and for terminals."""
    groups = (
        'in_area.mediterranean = { phones = "hand", environment = "open-sea" }\n'
        '[[group]]\nname = "p"\nhandset = "3gpp-handheld"\nphones = "mix"\nenvironment = "rural"\n'
        'services = ["text", "voice"]\n'
        '[[group]]\nname = "t"\nhandset = "government-terminal"\nservices = ["data"]\n'
    )
    option = '[[option]]\nname = "n"\nconstellation.system = "national-walker"\n'
    areas = HEAD.replace('"sicilia"', '"italy", "mediterranean"')
    specification = spec(tmp_path, areas + groups + option)
    cases = {(case.area, case.group.name): case.scenario for case in tradeoff_cases(specification)}
    for area in ("italy", "mediterranean"):
        run = resolve(read_scenario(area, overrides=["constellation.system=national-walker"]))
        phones = cases[area, "p"]
        assert (phones.network, phones.beams, phones.link) == (True, run.beams, run.link)
        terminal = cases[area, "t"]
        assert (terminal.network, terminal.beams, terminal.link.phones) == (False, None, None)
        assert terminal.link.environment is None
    best_case = specification.model_copy(update={"network": False})
    for case in tradeoff_cases(best_case):
        assert (case.scenario.beams, case.scenario.link.operating) == (None, "filed")


def test_a_network_that_cannot_be_is_a_reason(tmp_path):
    group = '[[group]]\nname = "t"\nhandset = "government-terminal"\nservices = ["data"]\n'
    option = '[[option]]\nname = "n"\nconstellation.system = "national-walker"\nbeams.load = 1\n'
    (case,) = tradeoff_cases(spec(tmp_path, HEAD + group + option))
    assert case.refused.startswith("[beams]: handset 'government-terminal' points an antenna")


def test_terminal_group_defaults_to_the_terminal_loss_set(tmp_path):
    group = '[[group]]\nname = "g"\nhandset = "deck-terminal"\nservices = ["data"]\n'
    (case,) = tradeoff_cases(
        spec(tmp_path, HEAD + group + OPTION.replace("starlink-d2c", "3gpp-set1-leo600-ka"))
    )
    assert case.scenario.link.losses == "terminal"
    assert not case.refused


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ('constellation.system = "oneweb"', "serves terminals, no handsets"),
        ('constellation.system = "lynk"', "none is published for system 'lynk'"),
        (
            'constellation.system = "lynk"\npayload = "wp4c-system3"',
            "payload wp4c-system3 has no uplink, which text need",
        ),
    ],
)
def test_rejected_options_are_cases_with_the_reason(tmp_path, option, reason):
    (case,) = tradeoff_cases(
        spec(tmp_path, HEAD + f'services = ["text"]\n[[option]]\nname = "x"\n{option}\n')
    )
    assert reason in case.refused
    assert "--set" not in case.refused


def test_files_are_resolved_in_the_folder_of_the_specification(tmp_path):
    polygon = '{"type":"Polygon","coordinates":[[[12,41],[13,41],[13,42],[12,42],[12,41]]]}'
    (tmp_path / "a.geojson").write_text(polygon, encoding="utf-8")
    (tmp_path / "own.toml").write_text('title = "Own"\nbased_on = "national-walker"\n', encoding="utf-8")
    text = HEAD.replace("sicilia", "a.geojson") + 'services = ["text"]\n[[option]]\nname = "x"\n'
    (case,) = tradeoff_cases(spec(tmp_path, text + 'constellation.system = "own.toml"\n'))
    assert case.scenario.region.area == str(tmp_path / "a.geojson")
    assert case.scenario.constellation.shells[0].walker == "50:120/10/1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + OPTION, "give either services = [...] or [[group]]"),
        (HEAD + 'services = ["text"]\n' + OPTION + OPTION, "option 'walker' occurs twice"),
        (HEAD + 'services = ["text"]\n', "option: missing"),
        ('title = "T"\nareas = []\nservices = ["text"]\n' + OPTION, "areas = []"),
        (
            HEAD + 'services = ["text"]\n' + OPTION + "cost_per_satellite_meur = { value = 2 }\n",
            "needs a source",
        ),
        (
            HEAD
            + 'services = ["text"]\n'
            + OPTION
            + "cost_per_satellite_meur = { value = -2, source = 'x' }\n",
            "cost_per_satellite_meur of option 'walker' = -2 is below 0",
        ),
        (
            HEAD + 'services = ["text"]\n' + OPTION.replace('payload = "starlink-d2c"', ""),
            "so it needs a payload",
        ),
        (HEAD + 'services = ["text"]\nsurfaces = "sea"\n' + OPTION, "unknown key; did you mean 'surface'?"),
        (
            HEAD + 'services = ["text"]\n' + OPTION.replace("starlink-d2c", "starlnk"),
            "unknown payload 'starlnk'",
        ),
        (HEAD + 'services = ["txt"]\n' + OPTION, "unknown service 'txt'"),
        (HEAD + 'services = ["text"]\nhandset = "fone"\n' + OPTION, "unknown handset 'fone'"),
        (HEAD + 'services = ["text"]\n' + OPTION.replace("525", "5"), "altitude_km = 5"),
        ("title = ", "not valid TOML"),
        (
            HEAD + 'services = ["text"]\nin_area.sicily = { phones = "hand" }\n' + OPTION,
            "in_area.sicily: no such area; areas are sicilia",
        ),
        (
            HEAD
            + 'phones = "mix"\n[[group]]\nname = "g"\nhandset = "smartphone"\nservices = ["text"]\n'
            + OPTION,
            "give them in [[group]]",
        ),
        (HEAD + 'services = ["text"]\nenvironment = "moon"\n' + OPTION, "environment"),
    ],
)
def test_error_messages_are_one_line(tmp_path, text, message):
    with pytest.raises(ScenarioError) as error:
        list(tradeoff_cases(spec(tmp_path, text)))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_specification_of_the_docs_is_valid(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "tradeoff.md"
    (text,) = re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    cases = list(tradeoff_cases(spec(tmp_path, text)))
    assert [case.refused for case in cases] == [""] * len(cases)
    assert cases[0].scenario.constellation.lose == "planes=2"


def test_unknown_names():
    with pytest.raises(ScenarioError, match="did you mean 'compare-options'"):
        read_tradeoff("compare-option")


def links(tradeoff, **of_case):
    cases = [case for case in tradeoff_cases(tradeoff) if not case.refused]
    return [case.scenario.link for case in cases if all(getattr(case, k) == v for k, v in of_case.items())]


def test_what_is_asked_replaces_the_users_of_all_options(tmp_path):
    option = OPTION + 'losses = "indoor"\nhandset = "smartphone"\nmin_elevation_deg = 50\n'
    read = spec(tmp_path, HEAD + 'services = ["text"]\nphones = "mix"\nenvironment = "rural"\n' + option)
    asked = asked_tradeoff(
        read,
        [
            "link.handset=3gpp-nbiot-pc3",
            "link.losses=car",
            "link.phones=none",
            "link.environment=urban",
            'link.services=["text-nbiot"]',
            "link.min_elevation_deg=20",
            "time.duration_h=2",
            "region.area=molise",
        ],
        origin="spec",
    )
    (case,) = tradeoff_cases(asked)
    link = case.scenario.link
    assert (link.handset, link.losses, link.phones) == ("3gpp-nbiot-pc3", "car", None)
    assert (link.environment, link.services, link.min_elevation_deg) == ("urban", ("text-nbiot",), 20)
    assert (case.scenario.time.duration_h, case.area) == (2, "molise")
    assert case.option.constellation == read.option[0].constellation
    assert asked_tradeoff(read, [], origin="spec") == read


def test_an_area_keeps_its_surroundings_and_terminals_have_nothing_that_is_of_phones():
    read = read_tradeoff("compare-options")
    at_sea = links(asked_tradeoff(read, ["region.area=mediterranean"], origin="s"))
    assert {link.environment for link in at_sea if link.phones} == {"open-sea"}
    urban = links(asked_tradeoff(read, ["link.environment=urban"], origin="s"))
    assert {(link.handset, link.environment) for link in urban} == {
        ("3gpp-handheld", "urban"),
        ("government-terminal", None),
    }


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("constellation.system=oneweb", "constellation.system: a trade-off can be asked for region.area"),
        ("link.payload=starlink-d2c", "link.payload: a trade-off can be asked for"),
        ("link.environment=forest", "environment = 'forest': input should be"),
        ("time.hours=3", "unknown key"),
    ],
)
def test_what_a_trade_off_cannot_be_asked_is_named(override, message):
    with pytest.raises(ScenarioError, match=re.escape(message)) as refused:
        asked_tradeoff(read_tradeoff("compare-options"), [override], origin="compare-options")
    assert "\n" not in str(refused.value)
