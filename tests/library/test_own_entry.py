"""Entries of one's own: plain numbers, EIRP beside its density, missing keys, kinds of files, schemas, TOML texts."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from d2c.cli.main import d2c
from d2c.errors import D2CError, ScenarioError
from d2c.library import models
from d2c.library.entry import GIVEN, entry_names, entry_toml, read_entry, sourced_figures
from d2c.library.models import MODELS
from d2c.library.own_entry import check_entry, kind_of_file
from d2c.library.schema import entry_schema
from d2c.toml import toml_text

ENTRIES = [(kind, name) for kind in MODELS for name in entry_names(kind)]
PAYLOAD = """
title = "Mine"
[downlink]
frequency_mhz = 2000
bandwidth_mhz = 5
eirp_dbw = 40
[beam]
peak_gain_dbi = 30
"""
HANDSET = """
title = "Mine"
tx_power_dbm = 23
tx_gain_dbi = 0
rx_gain_dbi = 0
noise_figure_db = 7
antenna_temperature_k = 290
"""


def file(folder, text, name="mine.toml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def error_of(kind, path):
    with pytest.raises(D2CError) as caught:
        check_entry(kind, path)
    return str(caught.value)


def test_a_plain_number_is_a_figure_of_the_user(tmp_path):
    handset = models.read_handset(file(tmp_path, HANDSET))
    assert {figure.source for _, figure in sourced_figures(handset)} == {GIVEN}
    assert handset.tx_power_dbm.value == 23
    assert not [name for name in entry_names("handsets") if GIVEN in entry_toml(models.read_handset(name))]


@pytest.mark.parametrize("number", ["true", '"23"', "[23]", "nan", "{ value = true }"])
def test_what_is_no_number_is_no_figure(tmp_path, number):
    path = file(tmp_path, HANDSET.replace("tx_power_dbm = 23", f"tx_power_dbm = {number}"))
    assert "tx_power_dbm" in error_of("handsets", path)


def test_the_eirp_over_the_bandwidth_stands_for_its_density(tmp_path):
    down = models.read_payload(file(tmp_path, PAYLOAD)).downlink
    assert down.eirp_figure.value == 40
    assert down.density_dbw_mhz == pytest.approx(33.0103, abs=1e-4)  # 40 dBW is 10 kW, 2 kW in each of 5 MHz
    density = models.read_payload(
        file(tmp_path, PAYLOAD.replace("eirp_dbw", "eirp_density_dbw_mhz"))
    ).downlink
    assert density.density_dbw_mhz == 40
    both = file(tmp_path, PAYLOAD.replace("[beam]", "eirp_density_dbw_mhz = 33\n[beam]"))
    assert "give eirp_dbw or eirp_density_dbw_mhz, not both" in error_of("payloads", both)


@pytest.mark.parametrize(
    ("base", "derived"), [("eirp_dbw", "eirp_density_dbw_mhz"), ("eirp_density_dbw_mhz", "eirp_dbw")]
)
def test_a_derived_payload_may_give_its_eirp_the_other_way(tmp_path, base, derived):
    file(tmp_path, PAYLOAD.replace("eirp_dbw", base), "base.toml")
    path = file(tmp_path, f'title = "Mine"\nbased_on = "base.toml"\n[downlink]\n{derived} = 35\n')
    down = models.read_payload(path).downlink
    assert (getattr(down, derived).value, getattr(down, base)) == (35, None)


def test_all_missing_keys_are_named_at_once(tmp_path):
    path = file(tmp_path, '[downlink]\nfrequency_mhz = 2000\n[uplink]\n[beam]\npattern = "s1528"\n')
    assert error_of("payloads", path) == (
        f"{path}: title; [downlink] bandwidth_mhz, eirp_density_dbw_mhz or eirp_dbw; "
        "[uplink] frequency_mhz, bandwidth_mhz, g_over_t_db_k; [beam] peak_gain_dbi, beamwidth_deg (of pattern s1528), "
        "near_side_lobe_db (of pattern s1528): missing, and there is no default"
    )


def test_what_is_missing_is_said_beside_what_is_wrong(tmp_path):
    path = file(tmp_path, 'title = "Mine"\ntx_powr_dbm = 23\n')
    missing = "tx_power_dbm, tx_gain_dbi, rx_gain_dbi, noise_figure_db, antenna_temperature_k: missing"
    assert f"{path}: {missing}, and there is no default (and 1 more)" in error_of("handsets", path)


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_the_toml_of_an_entry_is_the_entry_complete(tmp_path, kind, name):
    entry = read_entry(kind, name, MODELS[kind])
    path = file(tmp_path, entry_toml(entry))
    assert check_entry(kind, path) == entry.model_copy(update={"based_on": None})
    assert kind_of_file(path) == kind


def test_the_toml_of_own_numbers_is_plain(tmp_path):
    handset = models.read_handset(file(tmp_path, HANDSET))
    assert "tx_power_dbm = 23.0\n" in entry_toml(handset)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.one_of(TEXT, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_a_toml_text_reads_back_as_what_was_written(data):
    assert tomllib.loads(toml_text(data)) == data


@pytest.mark.parametrize("text", ['a\n"', 'a\n"""b""""', "a\n\\", "\r\n", "\n", "\x7f\n\x00", 'x\n""'])
def test_long_texts_read_back(text):
    assert tomllib.loads(toml_text({"note": text})) == {"note": text}


@pytest.mark.parametrize("kind", MODELS)
def test_a_schema_knows_every_key_of_its_entries_and_asks_for_no_more(kind):
    schema = entry_schema(kind)
    assert set(schema["required"]) == {"title"}
    assert schema["properties"]["based_on"]["description"].startswith("Another entry from which")
    for name in entry_names(kind):
        assert set(tomllib.loads(entry_toml(read_entry(kind, name, MODELS[kind])))) <= set(
            schema["properties"]
        )


def test_a_schema_takes_a_number_for_a_figure():
    number, table = entry_schema("handsets")["$defs"]["Figure"]["anyOf"]
    assert number == {"type": "number"}
    assert table["required"] == ["value"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (PAYLOAD, "payloads"),
        (HANDSET, "handsets"),
        ('title = "x"\nbased_on = "smartphone"', "handsets"),
        ("[downlink]\nfrequency_mhz = 1", "payloads"),
        ("[downlink]\nc_n_db = 1", "services"),
        ("noise_figur_db = 1\nrx_gain_dbi = 0", "handsets"),
        ('based_on = "gone.toml"\nrx_gain_dbi = 0', "handsets"),
    ],
)
def test_the_keys_tell_the_kind(tmp_path, text, kind):
    assert kind_of_file(file(tmp_path, text)) == kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'title = "x"\nfoo = 1',
            "cannot tell what entry this is: no kind has its keys; name its kind: constellations",
        ),
        ("[downlink]\nbandwidth_mhz = 1", "it may be a payload or a service; name its kind"),
        ("title =", "not valid TOML"),
        ('based_on = "gone.toml"', "cannot tell what entry this is: .*gone.toml': the file is missing"),
    ],
)
def test_a_file_of_no_kind_is_an_error(tmp_path, text, message):
    with pytest.raises(ScenarioError, match=message):
        kind_of_file(file(tmp_path, text))


def test_what_a_constellation_names_is_beside_it(tmp_path, monkeypatch):
    system = entry_toml(models.read_system("ast-bluebird"))
    path = file(tmp_path / "of", system.replace('"ast-bluebird"', '"mine.toml"'), "system.toml")
    file(tmp_path, PAYLOAD)
    monkeypatch.chdir(tmp_path)  # where a payload of that name is, but not the one meant
    assert f"'{Path(path).parent / 'mine.toml'}': the file is missing" in error_of("constellations", path)
    file(tmp_path / "of", PAYLOAD)
    check_entry("constellations", path)


def run(*arguments):
    return CliRunner().invoke(d2c, ["library", *arguments])


def test_show_check_and_schema_on_the_command_line(tmp_path):
    shown = run("show", "payloads", "starlink-d2c", "--toml")
    path = file(tmp_path, shown.output)
    assert shown.output.startswith("# payload, from starlink-d2c;")
    assert run("check", path).output == (
        f"{path}: valid payload 'Starlink Direct to Cell, first generation'; 11 figures, 0 given by the user, "
        "4 assumed\n"
    )
    own = file(tmp_path, HANDSET)
    assert json.loads(run("check", own, "--json").output) == {
        "file": own,
        "kind": "handsets",
        "title": "Mine",
        "figures": 5,
        "given_by_the_user": 5,
        "assumed": 0,
    }
    assert "tx_power_dbm = 23 dBm" in run("show", own).output
    assert json.loads(run("schema", "limits").output)["title"] == "Limit"
    assert "give the kind: d2c library show constellations starlink-d2c --toml" in str(
        run("show", "starlink-d2c", "--toml").exception
    )


@pytest.mark.parametrize("name", ["gone.toml", "folder.toml"])
def test_a_missing_file_is_called_missing(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("folder.toml").mkdir()
    what = "is missing" if name == "gone.toml" else "is a folder"
    assert f"'{name}': the file {what}" in str(run("check", name).exception)
    assert f"unknown payload '{name}': the file {what}" in str(run("check", "payloads", name).exception)
