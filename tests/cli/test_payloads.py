"""A scenario of two payloads on the command line: checked, run, explained and drawn over time."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.errors import ScenarioError

TWO = """\
title = "Two payloads"

[time]
start = "2026-08-22T18:00:00Z"
duration_h = 2

[constellation]
elements = "starlink-d2c-2026-08"

[[constellation.payloads]]
select = { inclination_deg = [43, 44] }
payload = "3gpp-set1-leo600"

[region]
area = "sicilia"

[grid]
resolution = 4

[output]
formats = ["parquet", "png", "html"]
"""


def run(*arguments):
    return CliRunner().invoke(d2c, [str(part) for part in arguments])


def output_of(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("two") / "two.toml"
    path.write_text(TWO)
    return path


@pytest.fixture(scope="module")
def folder(scenario):
    out = scenario.parent / "out"
    output_of("run", scenario, "-o", out, "-q")
    return out


def test_check_counts_the_satellites_of_each_payload(scenario):
    counts = json.loads(output_of("scenario", "check", scenario, "--json"))["payloads"]
    assert list(counts) == ["starlink-d2c", "3gpp-set1-leo600"]
    assert sum(counts.values()) == 639
    told = ", ".join(f"{name} ({count} satellites)" for name, count in counts.items())
    assert f"639 satellites with payloads {told}, " in output_of("scenario", "check", scenario)
    assert "payloads" not in output_of("scenario", "check", "italy")


def test_show_and_schema_know_the_keys(scenario):
    shown = json.loads(output_of("scenario", "show", scenario, "--json"))["constellation"]["payloads"]
    assert [(entry["payload"], entry["select"]["inclination_deg"]) for entry in shown] == [
        ("3gpp-set1-leo600", [43, 44])
    ]
    definitions = json.loads(output_of("scenario", "schema"))["$defs"]
    assert set(definitions["PayloadChoice"]["properties"]) == {"select", "payload"}
    assert "payloads" in definitions["ConstellationChoice"]["properties"]
    assert "payload" in definitions["ShellChoice"]["properties"]


def test_an_entry_without_a_satellite_is_refused(scenario):
    entry = "[{select={inclination_deg=[10, 20]}, payload='3gpp-set1-leo600'}]"
    result = run("run", scenario, "--set", f"constellation.payloads={entry}")
    assert isinstance(result.exception, ScenarioError)
    assert "no satellite meets inclination 10 to 20 deg" in str(result.exception)


def test_other_satellites_leave_the_payloads_behind(scenario):
    shown = output_of(
        *("run", scenario, "-o", scenario.parent / "walker", "--set", "constellation.walker='53:40/4/1'"),
        *("--set", "constellation.altitude_km=525", "--set", "time.duration_h=0.1"),
    )
    assert "40 satellites of Walker" in shown


def test_explain_timeline_and_map_agree(scenario, folder):
    stored = pd.read_parquet(folder / "coverage.parquet").drop(columns="geometry").iloc[0]
    place = f"{stored.latitude_deg},{stored.longitude_deg}"
    explained = json.loads(output_of("explain", folder, "--site", place, "--json"))
    assert explained["agreement"]["agrees"]
    assert explained["in_view"][0]["payload"] in explained["satellites"]["payloads"]
    line = json.loads(
        output_of("timeline", place, "--scenario", scenario, "-o", scenario.parent / "line", "--json")
    )
    assert line["payloads"] == explained["satellites"]["payloads"]
    for service in ("text", "voice"):
        found = line["services"][service]
        assert found["availability"] == pytest.approx(stored[f"{service}_availability"], abs=1e-6)
        assert found["longest_gap_s"] == stored[f"{service}_longest_gap_s"]
        # bins of 0.1 dB
        assert found["margin_p50_db"] == pytest.approx(stored[f"{service}_margin_p50_db"], abs=0.11)


def test_each_satellite_is_told_with_its_payload(scenario, folder):
    sky = json.loads(output_of("sky", "Palermo", "--scenario", scenario, "--json"))
    by_payload = {entry["payload"] for entry in sky["satellites"]}
    assert by_payload == {"starlink-d2c", "3gpp-set1-leo600"}
    assert "  3gpp-set1-leo600" in output_of("sky", "Palermo", "--scenario", scenario)
    text = output_of("explain", folder, "--site", "37.5,14.0")
    assert ", payload " in text.partition("Link budget of")[2].splitlines()[0]
    passes = json.loads(output_of("passes", "Palermo", "--scenario", scenario, "--hours", 1, "--json"))
    assert {entry["payload"] for entry in passes["passes"]} == by_payload


def test_page_and_summary_name_both(folder):
    summary = json.loads((folder / "summary.json").read_text())
    told = ", ".join(
        f"{name} ({count} satellites)" for name, count in summary["satellites"]["payloads"].items()
    )
    assert told in (folder / "map.html").read_text()
