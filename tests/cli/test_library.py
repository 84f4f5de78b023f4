"""`d2c library`: lists by kind, and shows every figure with its source and what is assumed."""

import json

import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.library.entry import entry_names, read_entry, sourced_figures
from d2c.library.models import MODELS

ENTRIES = [(kind, name) for kind in MODELS for name in entry_names(kind)]


def run(*arguments):
    return CliRunner().invoke(d2c, arguments)


def shown(*name):
    return json.loads(run("library", "show", *name, "--json").output)


def test_list_names_every_entry_under_its_kind():
    found = json.loads(run("library", "list", "--json").output)
    assert {(kind, name) for kind, entries in found.items() for name in entries} == set(ENTRIES)
    lines = run("library", "list").output.splitlines()
    assert lines[0] == "constellations"
    for _, name in ENTRIES:
        assert any(line.split()[0] == name for line in lines), name


def test_list_gives_services_the_c_n_they_need():
    found = json.loads(run("library", "list", "--json").output)["services"]
    assert found["voice"]["needs"]["downlink"] == {
        "c_n_db": -6.7,
        "cqi": 1,
        "repetitions": 1,
        "block_error_rate": 0.1,
        "derived": True,
    }
    assert found["text-nbiot"]["needs"]["uplink"]["repetitions"] == 64
    assert "uplink" not in found["cell-broadcast"]["needs"]
    text = run("library", "list").output
    assert "Voice call (downlink C/N -6.7 dB, CQI 1; uplink C/N -2.3 dB, CQI 3)" in text


def test_show_says_what_decides_the_c_n_of_a_service():
    text = " ".join(run("library", "show", "text-nbiot").output.split())
    bits = "0.16 kbit/s with all headers in 0.18 MHz, each block sent 64 times, block error rate 10 %"
    assert f"uplink C/N -24.8 dB, CQI 1: {bits}" in text
    text = " ".join(run("library", "show", "cell-broadcast").output.split())
    assert "downlink C/N -6.2 dB, CQI 1" in text
    assert "each block sent once, block error rate 1 %" in text


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_show_prints_every_figure_with_value_unit_and_source(kind, name):
    found = shown(kind, name)
    text = " ".join(run("library", "show", kind, name).output.split())
    expected = dict(sourced_figures(read_entry(kind, name, MODELS[kind])))
    assert {figure["name"] for figure in found["figures"]} == set(expected)
    for figure in found["figures"]:
        where = figure["name"]
        assert figure["value"] == expected[where].value
        assert f"{where} = {figure['value']:g} {figure['unit']}".strip() in text
        assert " ".join(expected[where].source.split()) in text
        if expected[where].assumed:
            assert f"ASSUMED: {' '.join(expected[where].assumed.split())}" in text
        if not where.endswith(
            (
                "secondary_lobes",
                "exponent",
                "satellites",
                "planes",
                "phasing",
                "repetitions",
                "error_rate",
                "weight",
            )
        ):
            assert figure["unit"], where


def test_units():
    units = {figure["name"]: figure["unit"] for figure in shown("payloads", "starlink-d2c")["figures"]}
    assert units == {
        "downlink.frequency_mhz": "MHz",
        "downlink.bandwidth_mhz": "MHz",
        "downlink.eirp_density_dbw_mhz": "dBW/MHz",
        "downlink.pfd_cap_dbw_m2_mhz": "dBW/m2/MHz",
        "uplink.frequency_mhz": "MHz",
        "uplink.bandwidth_mhz": "MHz",
        "uplink.g_over_t_db_k": "dB/K",
        "beam.peak_gain_dbi": "dBi",
        "beam.scan_loss_exponent": "",
        "beam.length_along_m": "m",
        "beam.length_across_m": "m",
    }
    limit = {figure["name"]: figure["unit"] for figure in shown("fcc-25-208v-4khz")["figures"]}
    assert limit["levels at 25 deg.pfd_dbw_m2"] == "dBW/m2 in 4 kHz"
    assert {f["name"]: f["unit"] for f in shown("smartphone")["figures"]}["antenna_temperature_k"] == "K"


def test_show_says_what_an_entry_rests_on():
    text = run("library", "show", "starlink-d2c-29dbi").output
    assert "based on starlink-d2c-35dbi" in text
    assert "beam.steering = steered" in text
    printed = " ".join(run("library", "show", "wp4c-system3").output.split())
    assert "beam.gain_as_printed = the working party's pattern has 31.0 dBi by itself" in printed
    assert "models = gases, ionospheric-scintillation" in run("library", "show", "outdoor").output


@pytest.mark.parametrize(
    ("name", "nearest"), [("starlink", "starlink-d2c"), ("voise", "voice"), ("in-door", "indoor")]
)
def test_unknown_names_suggest_the_nearest(name, nearest):
    failed = run("library", "show", name)
    assert failed.exit_code != 0
    assert f"the library has no '{name}'; did you mean '{nearest}'?" in str(failed.exception)


def test_list_of_one_kind_says_whom_constellations_serve():
    found = json.loads(run("library", "list", "constellations", "--json").output)
    assert list(found) == ["constellations"]
    assert found["constellations"]["national-walker"]["serves"] == ["handset", "terminal"]
    text = run("library", "list", "constellations").output
    assert "OneWeb, first generation (terminals)" in text
    assert "payloads" not in text


def test_a_system_and_its_payload_of_one_name():
    text = run("library", "show", "starlink-d2c").output
    assert "as it flies (constellation)" in text
    assert "first generation (payload)" in text
    failed = run("library", "show", "starlink-d2c", "--json")
    assert "is a constellation and a payload; give the kind: d2c library show constellations" in str(
        failed.exception
    )
    assert shown("constellations", "starlink-d2c")["settings"]["payload.handset"] == "starlink-d2c"
    assert "write [KIND] NAME; the kinds are constellations" in str(
        run("library", "show", "satellites", "x").exception
    )
