"""Library: every entry is valid, every figure has a source or an assumption, entries inherit from each other."""

import re

import pytest

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.entry import entry_names, entry_settings, read_entry, sourced_figures
from d2c.library.models import MODELS
from d2c.scenario.assumptions import scenario_assumptions
from d2c.scenario.load import read_scenario
from d2c.scenario.model import Link, Scenario

ENTRIES = [(kind, name) for kind in MODELS for name in entry_names(kind)]
EXPECTED = {
    "constellations": {
        "starlink-d2c",
        "starlink-d2c-filed",
        "ast-bluebird",
        "lynk",
        "iridium-next",
        "globalstar",
        "oneweb",
        "iris2",
        "starshield",
        "national-walker",
    },
    "payloads": {
        "starlink-d2c",
        *(f"starlink-d2c-{gain}dbi" for gain in (29, 32, 35, 38)),
        "wp4c-system3",
        "wp4c-system4",
        "ast-bluebird",
        *(
            f"3gpp-set{n}-{orbit}{band}"
            for n in (1, 2)
            for orbit in ("geo", "leo1200", "leo600")
            for band in ("", "-ka")
        ),
        *(f"3gpp-set3-{orbit}" for orbit in ("geo", "leo1200", "leo600")),
        "3gpp-set4-leo600",
    },
    "handsets": {
        "3gpp-handheld",
        "3gpp-nbiot-pc3",
        "3gpp-nbiot-pc5",
        "smartphone",
        "satcom-vsat",
        "deck-terminal",
        "government-terminal",
    },
    "losses": {"tr38821", "outdoor", "car", "indoor", "indoor-thermally-efficient", "pocket", "terminal"},
    "services": {
        "cell-broadcast",
        "text",
        "text-nbiot",
        "voice",
        "voice-encrypted",
        "data",
        "data-64kbps",
        "data-1mbps",
    },
    "traffic": {"text-message"},
}


def entry(kind, name):
    return read_entry(kind, name, MODELS[kind])


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("kind", EXPECTED)
def test_library_has_the_expected_entries(kind):
    assert set(entry_names(kind)) == EXPECTED[kind]


def test_names_are_unique_except_system_and_payload():
    names = [name for kind, name in ENTRIES if kind != "constellations"]
    assert len(names) == len(set(names))
    assert set(names) & EXPECTED["constellations"] <= EXPECTED["payloads"]


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_figure_has_a_source_or_an_assumption(kind, name):
    checked = entry(kind, name)
    assert checked.title.strip()
    assert list(sourced_figures(checked)) or list(entry_settings(checked))
    for path, figure in sourced_figures(checked):
        assert figure.source.strip() or figure.assumed.strip(), path
        # a value from memory is not a source
        assert not re.search(r"\b(memory|remember|assum|unknown|todo)", figure.source, re.IGNORECASE), path


@pytest.mark.parametrize("kind", ["constellations", "payloads", "handsets", "losses", "limits"])
def test_every_number_of_an_entry_is_a_figure(kind):
    """A bare number would have no source; angles of limits are part of their levels' source."""
    for name in entry_names(kind):
        assert not [w for w, value in entry_settings(entry(kind, name)) if type(value) in (int, float)]


@pytest.mark.parametrize(
    "figure",
    ["{ value = 1.0 }", '{ value = 1.0, source = "" }', '{ value = 1.0, source = "", assumed = "" }'],
)
def test_missing_source_is_an_error(tmp_path, figure):
    path = write(
        tmp_path, "mine.toml", f'title = "Mine"\nbased_on = "3gpp-handheld"\ntx_gain_dbi = {figure}\n'
    )
    with pytest.raises(ScenarioError, match=r"mine\.toml: \[tx_gain_dbi\] a figure needs a source"):
        models.read_handset(path)


def test_the_default_payload_is_the_35_dbi_beam():
    default, beam = models.read_payload("starlink-d2c"), models.read_payload("starlink-d2c-35dbi")
    assert Link().payload == "starlink-d2c"
    assert (default.downlink, default.uplink, default.beam) == (beam.downlink, beam.uplink, beam.beam)
    assert default.title != beam.title


def test_entry_inherits_what_it_does_not_set(tmp_path):
    path = write(
        tmp_path,
        "mine.toml",
        'title = "Mine"\nbased_on = "starlink-d2c"\n[uplink]\ng_over_t_db_k = { value = 3, source = "me" }\n',
    )
    mine, base = models.read_payload(path), models.read_payload("starlink-d2c")
    assert mine.downlink == base.downlink
    assert mine.uplink.bandwidth_mhz == base.uplink.bandwidth_mhz
    assert (mine.uplink.g_over_t_db_k.value, mine.uplink.g_over_t_db_k.source) == (3.0, "me")
    assert (mine.note, mine.based_on) == ("", "starlink-d2c")


def test_new_value_does_not_inherit_the_assumption(tmp_path):
    path = write(
        tmp_path,
        "mine.toml",
        'title = "Mine"\nbased_on = "starlink-d2c"\n'
        '[downlink]\neirp_density_dbw_mhz = { value = 50, source = "me" }\n',
    )
    assert models.read_payload("starlink-d2c").downlink.eirp_density_dbw_mhz.assumed
    assert models.read_payload(path).downlink.eirp_density_dbw_mhz.assumed == ""


def test_losses_are_merged_by_name():
    outdoor, pocket, car = (models.read_loss_set(name) for name in ("outdoor", "pocket", "car"))
    names = [loss.name for loss in outdoor.losses]
    assert [loss.name for loss in pocket.losses] == names
    assert [loss.name for loss in car.losses] == [*names, "car penetration"]
    assert pocket.losses[1].loss_db.value > outdoor.losses[1].loss_db.value
    assert car.losses[:2] == outdoor.losses


def test_base_entry_in_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    write(tmp_path, "base.toml", 'title = "Base"\nbased_on = "smartphone"\n')
    path = write(tmp_path, "mine.toml", 'title = "Mine"\nbased_on = "base.toml"\n')
    assert models.read_handset(path).noise_figure_db == models.read_handset("smartphone").noise_figure_db


def test_title_is_not_inherited(tmp_path):
    with pytest.raises(ScenarioError, match=r"mine\.toml: title: missing"):
        models.read_handset(write(tmp_path, "mine.toml", 'based_on = "smartphone"\n'))


def test_circular_inheritance_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a.toml", 'title = "A"\nbased_on = "b.toml"\n')
    write(tmp_path, "b.toml", 'title = "B"\nbased_on = "a.toml"\n')
    with pytest.raises(ScenarioError, match=r"a\.toml: circular based_on: a\.toml -> b\.toml -> a\.toml"):
        models.read_handset("a.toml")


def test_binary_file_is_an_error(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"title = '\xff\xfe'")
    with pytest.raises(ScenarioError, match="cannot read the handset: not a text file"):
        models.read_handset(str(path))


@pytest.mark.parametrize(
    ("read", "name", "message"),
    [
        (
            models.read_payload,
            "3gpp-set1-leo60",
            "unknown payload '3gpp-set1-leo60'; did you mean '3gpp-set1-leo600'",
        ),
        (models.read_handset, "smartfone", "unknown handset 'smartfone'; did you mean 'smartphone'"),
        (models.read_loss_set, "in-door", "unknown loss set 'in-door'; did you mean 'indoor'"),
        (models.read_service, "voice_encrypted", "did you mean 'voice-encrypted'"),
        (models.read_limit, "fcc-25-202", "unknown limit 'fcc-25-202'; did you mean 'fcc-25-202k'"),
        (models.read_payload, "nowhere.toml", r"unknown payload 'nowhere\.toml'"),
    ],
)
def test_unknown_names_suggest_the_nearest_name(read, name, message):
    with pytest.raises(ScenarioError, match=message):
        read(name)


def test_unknown_base_entry_is_an_error(tmp_path):
    path = write(tmp_path, "mine.toml", 'title = "Mine"\nbased_on = "smartfone"\n')
    with pytest.raises(ScenarioError, match="unknown handset 'smartfone'; did you mean 'smartphone'"):
        models.read_handset(path)


AT_5 = 'elevation_deg = 5\npfd_dbw_m2 = { value = 1, source = "x" }\n'
AT_0 = 'pfd_dbw_m2 = { value = 1, source = "x" }\n'
FIELD_AT_5 = 'elevation_deg = 5\nfield_strength_dbuv_m = { value = 2, source = "x" }\n'


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([], "at least one"),
        ([AT_5, AT_5], "by ascending elevation_deg"),
        ([AT_5, AT_0], "by ascending elevation_deg"),
        ([AT_0, AT_0], "by ascending elevation_deg"),
        (["elevation_deg = 0\n" + AT_0, FIELD_AT_5], "must all be"),
        (["elevation_deg = 5\n"], "either pfd_dbw_m2 or field_strength_dbuv_m"),
        ([AT_5 + FIELD_AT_5.partition("\n")[2]], "either pfd_dbw_m2 or field_strength_dbuv_m"),
        (["elevation_deg = 91\n" + AT_0], "elevation_deg = 91"),
    ],
)
def test_invalid_limits(tmp_path, levels, message):
    head = 'title = "Mine"\napplies_to = "here"\nemission = "in-band"\nscope = "single"\n'
    with pytest.raises(ScenarioError, match=message):
        models.read_limit(
            write(
                tmp_path, "mine.toml", head + ("".join(f"[[levels]]\n{x}" for x in levels) or "levels = []")
            )
        )


def test_assumptions_of_a_scenario_are_listed():
    assumed = scenario_assumptions(Scenario(constellation={"elements": "x"}, link=Link(losses="pocket")))
    assert any(key.startswith("pocket: body loss.") and "10" in text for key, text in assumed.items())
    assert any(key.startswith("starlink-d2c: downlink.eirp_density") for key in assumed)


def test_note_of_a_payload_without_uplink_says_so():
    for name in ("wp4c-system3", "wp4c-system4"):
        payload = models.read_payload(name)
        assert payload.uplink is None
        assert "no uplink" in " ".join(payload.note.split())


def test_an_environment_that_no_document_gives_is_an_assumption_of_the_scenario():
    open_sea, rural = (
        scenario_assumptions(read_scenario("italy", overrides=[f"link.environment={environment}"]))
        for environment in ("open-sea", "rural")
    )
    (key,) = {k for k in open_sea if k.startswith("environment")}
    assert "no document seen gives an open-sea environment" in open_sea[key]
    assert not any(k.startswith("environment") for k in rural)
