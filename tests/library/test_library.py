"""The library: every entry reads, every figure says where it comes from, entries rest on each other."""

import re

import pytest

from d2c.errors import ScenarioError
from d2c.library import models as systems
from d2c.library.entry import entry_names, read_entry, settings, sourced_figures
from d2c.library.models import MODELS
from d2c.scenario.assumptions import scenario_assumptions
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
    "services": {"cell-broadcast", "text", "voice", "voice-encrypted", "data"},
    "traffic": {"text-message"},
}


def entry(kind, name):
    return read_entry(kind, name, MODELS[kind])


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_library_holds_what_it_should(kind):
    assert set(entry_names(kind)) == EXPECTED[kind]


def test_a_name_means_one_entry_but_for_a_system_and_its_payload():
    names = [name for kind, name in ENTRIES if kind != "constellations"]
    assert len(names) == len(set(names))
    assert set(names) & EXPECTED["constellations"] <= EXPECTED["payloads"]


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_figure_says_where_it_comes_from(kind, name):
    found = entry(kind, name)
    assert found.title.strip()
    assert list(sourced_figures(found)) or list(settings(found))
    for where, figure in sourced_figures(found):
        assert figure.source.strip() or figure.assumed.strip(), where
        # what was only remembered may not pass for a source
        assert not re.search(r"\b(memory|remember|assum|unknown|todo)", figure.source, re.IGNORECASE), where


@pytest.mark.parametrize("kind", ["constellations", "payloads", "handsets", "losses", "limits"])
def test_every_number_of_an_entry_is_a_figure(kind):
    """A bare number would have no source; angles of limits are part of their levels' source."""
    for name in entry_names(kind):
        assert not [w for w, value in settings(entry(kind, name)) if type(value) in (int, float)]


@pytest.mark.parametrize(
    "figure",
    ["{ value = 1.0 }", '{ value = 1.0, source = "" }', '{ value = 1.0, source = "", assumed = "" }'],
)
def test_a_file_with_a_missing_source_is_refused(tmp_path, figure):
    path = write(
        tmp_path, "mine.toml", f'title = "Mine"\nbased_on = "3gpp-handheld"\ntx_gain_dbi = {figure}\n'
    )
    with pytest.raises(ScenarioError, match=r"mine\.toml: \[tx_gain_dbi\] a figure needs a source"):
        systems.handset(path)


def test_the_default_payload_is_the_35_dbi_beam():
    default, beam = systems.payload("starlink-d2c"), systems.payload("starlink-d2c-35dbi")
    assert Link().payload == "starlink-d2c"
    assert (default.downlink, default.uplink, default.beam) == (beam.downlink, beam.uplink, beam.beam)
    assert default.title != beam.title


def test_an_entry_keeps_what_it_does_not_state(tmp_path):
    path = write(
        tmp_path,
        "mine.toml",
        'title = "Mine"\nbased_on = "starlink-d2c"\n[uplink]\ng_over_t_db_k = { value = 3, source = "me" }\n',
    )
    mine, base = systems.payload(path), systems.payload("starlink-d2c")
    assert mine.downlink == base.downlink
    assert mine.uplink.bandwidth_mhz == base.uplink.bandwidth_mhz
    assert (mine.uplink.g_over_t_db_k.value, mine.uplink.g_over_t_db_k.source) == (3.0, "me")
    assert (mine.note, mine.based_on) == ("", "starlink-d2c")


def test_a_new_value_does_not_inherit_the_old_one_s_excuse(tmp_path):
    path = write(
        tmp_path,
        "mine.toml",
        'title = "Mine"\nbased_on = "starlink-d2c"\n'
        '[downlink]\neirp_density_dbw_mhz = { value = 50, source = "me" }\n',
    )
    assert systems.payload("starlink-d2c").downlink.eirp_density_dbw_mhz.assumed
    assert systems.payload(path).downlink.eirp_density_dbw_mhz.assumed == ""


def test_losses_of_a_name_replace_and_others_are_added():
    outdoor, pocket, car = (systems.loss_set(name) for name in ("outdoor", "pocket", "car"))
    names = [loss.name for loss in outdoor.losses]
    assert [loss.name for loss in pocket.losses] == names
    assert [loss.name for loss in car.losses] == [*names, "car penetration"]
    assert pocket.losses[1].loss_db.value > outdoor.losses[1].loss_db.value
    assert car.losses[:2] == outdoor.losses


def test_entries_beside_each_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    write(tmp_path, "base.toml", 'title = "Base"\nbased_on = "smartphone"\n')
    path = write(tmp_path, "mine.toml", 'title = "Mine"\nbased_on = "base.toml"\n')
    assert systems.handset(path).noise_figure_db == systems.handset("smartphone").noise_figure_db


def test_a_title_is_not_inherited(tmp_path):
    with pytest.raises(ScenarioError, match=r"mine\.toml: title: missing"):
        systems.handset(write(tmp_path, "mine.toml", 'based_on = "smartphone"\n'))


def test_a_circle_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a.toml", 'title = "A"\nbased_on = "b.toml"\n')
    write(tmp_path, "b.toml", 'title = "B"\nbased_on = "a.toml"\n')
    with pytest.raises(
        ScenarioError, match=r"a\.toml: based_on goes in a circle: a\.toml -> b\.toml -> a\.toml"
    ):
        systems.handset("a.toml")


def test_what_is_not_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"title = '\xff\xfe'")
    with pytest.raises(ScenarioError, match="cannot read the handset: not a text file"):
        systems.handset(str(path))


@pytest.mark.parametrize(
    ("read", "name", "message"),
    [
        (
            systems.payload,
            "3gpp-set1-leo60",
            "unknown payload '3gpp-set1-leo60'; did you mean '3gpp-set1-leo600'",
        ),
        (systems.handset, "smartfone", "unknown handset 'smartfone'; did you mean 'smartphone'"),
        (systems.loss_set, "in-door", "unknown loss set 'in-door'; did you mean 'indoor'"),
        (systems.service, "voice_encrypted", "did you mean 'voice-encrypted'"),
        (systems.limit, "fcc-25-202", "unknown limit 'fcc-25-202'; did you mean 'fcc-25-202k'"),
        (systems.payload, "nowhere.toml", r"unknown payload 'nowhere\.toml'"),
    ],
)
def test_unknown_names_suggest_the_nearest(read, name, message):
    with pytest.raises(ScenarioError, match=message):
        read(name)


def test_an_entry_may_not_rest_on_an_unknown_one(tmp_path):
    path = write(tmp_path, "mine.toml", 'title = "Mine"\nbased_on = "smartfone"\n')
    with pytest.raises(ScenarioError, match="unknown handset 'smartfone'; did you mean 'smartphone'"):
        systems.handset(path)


AT_5 = 'elevation_deg = 5\npfd_dbw_m2 = { value = 1, source = "x" }\n'
AT_0 = 'pfd_dbw_m2 = { value = 1, source = "x" }\n'
FIELD_AT_5 = 'elevation_deg = 5\nfield_strength_dbuv_m = { value = 2, source = "x" }\n'


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([], "at least one"),
        ([AT_5, AT_5], "by rising elevation_deg"),
        ([AT_5, AT_0], "by rising elevation_deg"),
        ([AT_0, AT_0], "by rising elevation_deg"),
        (["elevation_deg = 0\n" + AT_0, FIELD_AT_5], "must all be"),
        (["elevation_deg = 5\n"], "either pfd_dbw_m2 or field_strength_dbuv_m"),
        ([AT_5 + FIELD_AT_5.partition("\n")[2]], "either pfd_dbw_m2 or field_strength_dbuv_m"),
        (["elevation_deg = 91\n" + AT_0], "elevation_deg = 91"),
    ],
)
def test_limits_that_are_none(tmp_path, levels, message):
    head = 'title = "Mine"\napplies_to = "here"\nemission = "in-band"\nscope = "single"\n'
    with pytest.raises(ScenarioError, match=message):
        systems.limit(
            write(
                tmp_path, "mine.toml", head + ("".join(f"[[levels]]\n{x}" for x in levels) or "levels = []")
            )
        )


def test_a_run_names_what_it_assumes():
    assumed = scenario_assumptions(Scenario(constellation={"elements": "x"}, link=Link(losses="pocket")))
    assert any(key.startswith("pocket: body loss.") and "10" in text for key, text in assumed.items())
    assert any(key.startswith("starlink-d2c: downlink.eirp_density") for key in assumed)


def test_what_cannot_send_and_hear_says_so():
    for name in ("wp4c-system3", "wp4c-system4"):
        found = systems.payload(name)
        assert found.uplink is None
        assert "no uplink" in " ".join(found.note.split())
