"""`d2c scenario` and `d2c elements`."""

import json

import pytest
from click.testing import CliRunner

from d2c.cli.main import COMMANDS, d2c


def run(*arguments):
    return CliRunner().invoke(d2c, arguments)


def test_the_list_of_commands_tells_what_they_tell_themselves():
    for name, (_, summary) in COMMANDS.items():
        text = run(name, "--help").output
        assert " ".join(summary.split()) in " ".join(text.split())


def test_scenario_list_show_schema():
    assert "mediterranean" in run("scenario", "list").output
    assert json.loads(run("scenario", "list", "--json").output)["italy"].startswith("Italy")
    assert 'area = "italy"' in run("scenario", "show", "italy").output
    assert json.loads(run("scenario", "show", "italy", "--json").output)["time"]["step_s"] == 30
    assert "properties" in json.loads(run("scenario", "schema").output)


def test_scenario_check(tmp_path):
    good = run("scenario", "check", "italy")
    assert good.exit_code == 0
    assert "639 satellites" in good.output
    assert (
        "146 cells, 120 steps"
        in run(
            "scenario", "check", "italy", "--set", "region.area=molise", "--set", "time.duration_h=1"
        ).output
    )
    bad = tmp_path / "bad.toml"
    bad.write_text("[constellation]\nelements='starlink-d2c-2026-08'\n[link]\npayload='none'\n")
    failed = run("scenario", "check", str(bad))
    assert failed.exit_code != 0
    assert "unknown payload 'none'" in str(failed.exception)


def test_elements_info():
    text = run("elements", "info", "starlink-d2c-2026-08").output
    assert "639 satellites, 639 of them direct-to-cell" in text
    found = json.loads(run("elements", "info", "starlink-sample-2026-09", "--json").output)
    assert found["satellites"] == 256
    assert found["d2c"] == 0
    assert found["median_epoch_utc"].startswith("2026-09")


def test_elements_update_offline_without_a_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    failed = run("elements", "update", "--offline")
    assert failed.exit_code != 0
    assert "not in the cache" in str(failed.exception)


@pytest.mark.parametrize("name", ["nowhere", "starlink-d2c-2026-09"])
def test_unknown_elements(name):
    failed = run("elements", "info", name)
    assert failed.exit_code != 0
    assert "starlink-d2c-2026-08" in str(failed.exception)
