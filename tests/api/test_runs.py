"""`d2c.run` with objects, and what a `Result` answers: maps, tables and explanations as of the commands."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal

import d2c
from d2c.cli.main import d2c as command
from d2c.errors import RegionError, ResultError, ScenarioError

SHORT = {"time.duration_h": 0.5}


def printed(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def timeless(result):
    return {key: value for key, value in result.summary.items() if key != "run_time_s"}


@pytest.fixture(scope="module")
def result():
    return d2c.run("italy", area="molise", set=SHORT)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    return result.save(tmp_path_factory.mktemp("runs") / "molise")


def test_arguments_stand_for_keys(result):
    by_key = d2c.run("italy", set={**SHORT, "region.area": "molise"})
    assert timeless(by_key) == timeless(result)
    named = {"payload": "starlink-d2c-38dbi", "losses": "indoor", "services": ["voice"]}
    keys = {"link.payload": "starlink-d2c-38dbi", "link.losses": "indoor", "link.services": ["voice"]}
    plain = {**SHORT, "region.area": "molise", "link.phones": "none"}
    assert timeless(d2c.run(set=plain, **named)) == timeless(d2c.run(set={**plain, **keys}))


def test_a_radio_of_ones_own_is_kept_for_later(tmp_path, monkeypatch):
    """A payload with 3 dB more of EIRP density and no cap gains 3 dB of C/N everywhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    figures = {
        "title": "Mine",
        "downlink": {"frequency_mhz": 2000, "bandwidth_mhz": 5, "eirp_density_dbw_mhz": 35},
        "uplink": {"frequency_mhz": 1980, "bandwidth_mhz": 0.36, "g_over_t_db_k": 2},
        "beam": {"peak_gain_dbi": 35},
    }
    stronger = {**figures, "downlink": {**figures["downlink"], "eirp_density_dbw_mhz": 38}}
    asked = {"area": "molise", "set": SHORT}
    first, second = (d2c.run(payload=d2c.Payload(**data), **asked) for data in (figures, stronger))
    gained = second.cells["c_n_p50_db"] - first.cells["c_n_p50_db"]
    assert gained.to_numpy() == pytest.approx(3, abs=0.02)  # two figures rounded to 0.01 dB
    opened = d2c.open_result(second.save(tmp_path / "mine"))
    assert opened.explain("Campobasso").agrees
    assert d2c.Payload.from_toml(opened.scenario.link.payload) == d2c.Payload(**stronger)


def test_a_changed_file_is_warned_of_and_its_copy_read(tmp_path):
    file = tmp_path / "mine.toml"
    d2c.Payload.from_toml("starlink-d2c").to_toml(file)
    folder = d2c.run(area="molise", payload=str(file), set=SHORT).save(tmp_path / "out")
    file.write_text("changed")
    again = d2c.open_result(d2c.open_result(folder).save(tmp_path / "again"))
    with pytest.warns(d2c.D2CWarning, match=r"mine\.toml is not the file of the run; the copy in") as caught:
        assert again.explain("Campobasso").agrees
    assert caught[0].filename == __file__


def test_progress_is_told():
    seen = []
    d2c.run("italy", area="molise", set=SHORT, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (60, 60)
    assert seen == sorted(seen)


def test_doubtful_input_is_warned_of():
    with pytest.warns(d2c.D2CWarning, match="assumed of the satellites") as caught:
        d2c.run(area="molise", set={**SHORT, "constellation.system": "ast-bluebird"})
    assert caught[0].filename == __file__


def test_maps_are_those_of_the_command(result, folder, tmp_path):
    printed("map", folder, "--column", "text_longest_gap_s", "-o", tmp_path / "cli.png")
    drawn = result.save_map(tmp_path / "own.png", "text_longest_gap_s")
    assert drawn.read_bytes() == (tmp_path / "cli.png").read_bytes()
    assert result.save_map(tmp_path / "own.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ResultError, match="no column"):
        result.map("nonsense")


@pytest.mark.slow
def test_the_sheet_of_the_best_case_is_that_of_the_command(tmp_path):
    best = d2c.run(area="molise", services=["text"], set=SHORT, best_case=True)
    printed("map", best.save(tmp_path / "best"), "--all", "-o", tmp_path / "cli-all.png")
    sheet = best.save_map_sheet(tmp_path / "own-all.png")
    assert sheet.read_bytes() == (tmp_path / "cli-all.png").read_bytes()
    with pytest.raises(ResultError, match="no beam cells"):
        best.save_beams(tmp_path)


def test_tables_are_those_of_the_command(result, folder, tmp_path):
    table = result.table(by="province")
    assert f"{table}\n" == printed("table", folder, "--by", "province")
    assert table.to_dict() == json.loads(printed("table", folder, "--by", "province", "--json"))
    for ending in (".csv", ".md", ".parquet"):
        printed("table", folder, "--by", "province", "-o", tmp_path / f"cli{ending}")
        own = table.save(tmp_path / f"own{ending}")
        assert own.read_bytes() == (tmp_path / f"cli{ending}").read_bytes()
    assert_frame_equal(pd.read_parquet(tmp_path / "own.parquet"), table.to_frame(), check_dtype=False)
    inside = table.to_frame()["population"].sum()
    assert inside + table.people_elsewhere == result.cells["population"].sum()
    with pytest.raises(ResultError, match=r"a\.xls: unknown file ending"):
        table.save(tmp_path / "a.xls")


def test_explanations_are_those_of_the_command(result, folder):
    at = "41.56,14.66"
    explanation = d2c.open_result(folder).explain(at)
    assert f"{explanation}\n" == printed("explain", folder, "--at", at)
    assert explanation.to_dict() == json.loads(printed("explain", folder, "--at", at, "--json"))
    computed = result.explain(d2c.Site(latitude_deg=41.56, longitude_deg=14.66))
    assert {**computed.to_dict(), "folder": ""} == {**explanation.to_dict(), "folder": ""}
    assert computed.agrees
    assert computed.server in set(computed.to_frame()["name"])
    instant = np.datetime64("2026-08-22T18:10:00")
    by_cell = result.explain(cell=explanation.cell_id, time=instant)
    assert by_cell.to_dict()["time"]["utc"] == "2026-08-22T18:10:00Z"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, RegionError, "give either a site or a cell"),
        ({"site": "Roma", "cell": "x"}, RegionError, "give either a site or a cell"),
        ({"site": "Roma"}, RegionError, "outside every cell of the result; the nearest"),
        ({"cell": "85"}, RegionError, "cell 85: none of the 146 cells has this id"),
        ({"site": "Campobasso", "time": "2026-08-24"}, ScenarioError, "is outside the result's span"),
    ],
)
def test_bad_input_names_the_argument(result, arguments, error, message):
    with pytest.raises(error, match=message) as caught:
        result.explain(**arguments)
    assert "--" not in str(caught.value)


def test_the_best_case_is_asked_by_an_argument():
    best = d2c.run(area="molise", set=SHORT, best_case=True)
    assert best.scenario.beams is None
    assert timeless(best) == timeless(d2c.run(area="molise", set={**SHORT, "network": False}))
