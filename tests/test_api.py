"""`import d2c`: what is computed and what is opened again are the same, and start-up stays quick."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

import d2c
from d2c.errors import D2CError, ResultError, ScenarioError

SMALL = {"network": False, "region.area": "molise", "time.duration_h": 0.5}
HEAVY = ("numba", "numpy", "pandas", "geopandas", "matplotlib", "pydantic", "rich", "skyfield")


@pytest.fixture(scope="module")
def result():
    return d2c.run("italy", set=SMALL)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    return result.save(tmp_path_factory.mktemp("api") / "molise")


def test_opened_again_it_is_the_same(result, folder):
    opened = d2c.open_result(str(folder))
    assert type(opened) is type(result) is d2c.Result
    assert_geodataframe_equal(opened.cells, result.cells)
    assert_frame_equal(opened.timeline, result.timeline)
    assert opened.summary == result.summary
    assert opened.scenario == result.scenario
    assert repr(opened) == repr(result)
    assert opened._repr_html_() == result._repr_html_()


def test_it_is_what_the_command_line_writes(result, folder, tmp_path):
    options = [f"--set={key}={json.dumps(value)}" for key, value in SMALL.items()]
    command = [sys.executable, "-m", "d2c", "run", "italy", "-q", *options, "-o", str(tmp_path)]
    subprocess.run(command, check=True)
    assert {file.name for file in folder.iterdir()} == {
        file.name for file in tmp_path.iterdir() if not file.name.startswith(".")
    }
    for name in ("coverage.parquet", "coverage.geojson", "timeline.csv", "map.png"):
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name
    assert_geodataframe_equal(d2c.open_result(tmp_path).cells, result.cells)


def test_a_saved_copy_is_the_folder_again(folder, tmp_path):
    def contents(root):
        return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}

    copy = d2c.open_result(folder).save(tmp_path / "new" / "copy")
    assert contents(copy) == contents(folder)
    assert "inputs/scenario.toml" in contents(copy)
    before = contents(copy)
    d2c.open_result(copy).save(copy)
    assert contents(copy) == before


def test_the_frames_agree_with_each_other(result):
    assert result.cells.crs == "EPSG:4326"
    assert len(result.timeline) == 60
    assert str(result.timeline.index.dtype) == "datetime64[us, UTC]"
    assert result.timeline.index[0] == pd.Timestamp(result.summary["start_utc"])
    # the same samples counted by step and by cell
    assert result.timeline["visible_cell_fraction"].mean() == pytest.approx(
        result.cells["visible_fraction"].mean(), abs=2e-6
    )
    weighted = np.average(result.cells["text_availability"], weights=result.cells["area_km2"])
    assert result.summary["services"]["text"]["availability"] == pytest.approx(weighted, abs=1e-5)


def test_to_geodataframe_is_a_copy(result):
    frame = result.to_geodataframe()
    frame["text_availability"] = -1.0
    assert (result.cells["text_availability"] >= 0).all()


def test_a_notebook_shows_result_and_picture(result):
    html = result._repr_html_()
    assert "<h3>Molise, Starlink Direct to Cell, as it flies</h3>" in html
    assert "<table>" in html
    assert "noise only" in html.lower()
    picture = result.map("text_longest_gap_s", title="Molise")
    assert picture.width == 1440
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert picture.getextrema()[0][0] < picture.getextrema()[0][1]  # not blank


def test_titles_are_escaped(folder, tmp_path):
    title = "<script>alert(1)</script>"
    scenario = d2c.open_result(folder).scenario.model_copy(update={"title": title})
    assert "<script>" not in d2c.run(scenario)._repr_html_()


def test_the_default_map_is_the_one_of_the_folder(result, folder, tmp_path):
    from PIL import Image, ImageChops

    with Image.open(folder / "map.png") as drawn:
        assert ImageChops.difference(result.map().convert("RGB"), drawn.convert("RGB")).getbbox() is None


def test_a_scenario_runs_again_with_a_change(result):
    again = d2c.run(result.scenario, workers=1)
    assert_geodataframe_equal(again.cells, result.cells)
    changed = d2c.run(result.scenario, set={"link.services": ["voice"], "constellation.max_age_days": 10})
    assert list(changed.summary["services"]) == ["voice"]
    pd.testing.assert_series_equal(changed.cells["voice_availability"], result.cells["voice_availability"])


def test_values_are_given_as_python_has_them(tmp_path):
    text = Path(d2c.__file__).parent / "library" / "data" / "scenarios" / "italy.toml"
    file = tmp_path / "mine.toml"
    file.write_text(text.read_text(encoding="utf-8"), encoding="utf-8")
    found = d2c.run(
        file, set={**SMALL, "time.start": pd.Timestamp("2026-08-23T06:00"), "output.formats": ["parquet"]}
    )
    assert found.summary["start_utc"] == "2026-08-23T06:00:00Z"
    assert [file.suffix for file in sorted(found.save(tmp_path / "out").glob("coverage.*"))] == [".parquet"]


@pytest.mark.parametrize(
    ("scenario", "changes", "message"),
    [
        ("itly", {}, "did you mean 'italy'?"),
        ("italy", {"link.services": ["fax"]}, "service"),
        ("italy", {"time.step": 3}, "unknown key"),
        ("italy", {"step_s": 3}, "step_s"),
        ("italy", {"time.step_s": None}, "step_s"),
    ],
)
def test_bad_input_is_one_line(scenario, changes, message):
    with pytest.raises(D2CError, match=message.replace("?", r"\?")) as caught:
        d2c.run(scenario, set=changes)
    assert "\n" not in str(caught.value)


def test_bad_changes_of_a_scenario_name_it(result):
    with pytest.raises(ScenarioError, match=r"Molise, Starlink Direct to Cell, as it flies: .*step_s"):
        d2c.run(result.scenario, set={"time.step_s": 0})


def test_what_is_no_result_is_said(folder, tmp_path):
    with pytest.raises(ResultError, match="is not a result folder"):
        d2c.open_result(tmp_path)
    d2c.open_result(folder).save(tmp_path)
    (tmp_path / "timeline.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ResultError, match=r"timeline\.csv is not as the run of summary\.json wrote it"):
        d2c.open_result(tmp_path)


def test_names_are_offered_and_others_refused():
    assert {"run", "open_result", "Result", "__version__"} <= set(dir(d2c))
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        _ = d2c.walk


@pytest.mark.parametrize(
    "statement", ["import d2c", "from d2c.cli.main import d2c; d2c(['--help'], standalone_mode=False)"]
)
def test_importing_is_cheap(statement):
    code = f"{statement}; import sys, json; print(); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout.splitlines()[-1])).isdisjoint(HEAVY)
