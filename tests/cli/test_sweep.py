"""`d2c sweep`: every combination is the run that `d2c run` makes of it."""

import csv
import json

import geopandas
import numpy as np
import pytest
from click.testing import CliRunner

from d2c.analysis import sweep as analysis
from d2c.cli.main import d2c
from d2c.region.grid import h3_grid

QUICK = [
    "--area",
    "molise",
    "--hours",
    "1",
    "--mix",
    "none",
    "--environment",
    "none",
    "--set",
    "grid.resolution=4",
]


def run(*arguments):
    return CliRunner().invoke(d2c, list(map(str, arguments)))


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep") / "out"
    keys = ["link.min_elevation_deg=20..60:20", "link.losses=outdoor,pocket"]
    done = run("sweep", "italy", *keys, *QUICK, "-o", folder)
    assert done.exit_code == 0, done.output
    return folder, done.output


def test_a_row_and_a_column_are_those_of_the_run(swept, tmp_path):
    folder, printed = swept
    options = ["--min-elevation-deg", "40", "--losses", "pocket", "--set", "output.formats=['parquet']"]
    assert run("run", "italy", "-q", *QUICK, *options, "-o", tmp_path).exit_code == 0
    wanted = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["services"]["text"]
    rows = list(csv.DictReader((folder / "sweep.csv").read_text(encoding="utf-8").splitlines()))
    assert [(r["link.min_elevation_deg"], r["link.losses"]) for r in rows] == [
        (mask, losses) for mask in ("20", "40", "60") for losses in ("outdoor", "pocket")
    ]
    (row,) = (r for r in rows if (r["link.min_elevation_deg"], r["link.losses"]) == ("40", "pocket"))
    assert float(row["text_availability"]) == pytest.approx(wanted["availability"], abs=1e-6)
    layer = geopandas.read_file(folder / "sweep.gpkg", layer="sweep")
    cells = geopandas.read_parquet(tmp_path / "coverage.parquet")
    assert layer["cell_id"].tolist() == cells["cell_id"].tolist()
    np.testing.assert_array_equal(
        layer["min_elevation_deg_40_losses_pocket_text_availability"], cells["text_availability"]
    )
    assert "link.min_elevation_deg and link.losses" in printed
    assert {file.name for file in folder.iterdir()} == {"sweep.csv", "sweep.json", "sweep.png", "sweep.gpkg"}


def test_the_cells_of_each_area_are_made_once(tmp_path):
    h3_grid.cache_clear()
    keys = ["link.losses=outdoor,pocket", "region.area=molise,umbria"]
    done = run("sweep", "italy", *keys, *QUICK[2:], "--service", "text", "-o", tmp_path)
    assert done.exit_code == 0, done.output
    assert (h3_grid.cache_info().misses, h3_grid.cache_info().hits) == (2, 2)
    assert "no layer" in done.output
    assert not (tmp_path / "sweep.gpkg").exists()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["link.min_elevation_deg"], "write KEY=VALUES"),
        (["link.min_elevation_deg=95,20"], "min_elevation_deg = 95"),
        (["link.min_elevation_deg=20,95"], "min_elevation_deg = 95"),
        (["link.nothing=1,2"], "nothing: unknown key"),
        (["link.min_elevation_deg=1..3"], "LOW..HIGH:STEP"),
        (["time.step_s=1..40:1", "link.min_elevation_deg=1,2,3"], "120 runs is more than 100"),
    ],
)
def test_wrong_input_is_found_before_the_first_run(keys, message, tmp_path, monkeypatch):
    monkeypatch.setattr(analysis, "run_coverage", lambda *_, **__: pytest.fail("it ran"))
    done = run("sweep", "italy", *keys, "-o", tmp_path / "out")
    assert message in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("text_availabilty", "did you mean"),
        ("nonsense", "cannot be drawn as a map"),
        ("cell_id", "cannot be drawn as a map"),
        ("data_availability", "a run has no 'data'"),
    ],
)
def test_a_wrong_column_is_refused_before_the_first_run(column, message, monkeypatch, tmp_path):
    monkeypatch.setattr(analysis, "run_coverage", None)  # calling it would be another error
    done = run(
        "sweep", "italy", "link.min_elevation_deg=20,40", "--column", column, *QUICK, "-o", tmp_path / "out"
    )
    assert message in str(done.exception)
    assert not (tmp_path / "out").exists()
