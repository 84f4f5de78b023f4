"""Every column that a real run, comparison, study or table gives is in the table of columns, with its decimals."""

import csv

import numpy as np
import pandas as pd
import pyogrio
import pytest

from d2c.analysis.admin_areas import admin_area_table
from d2c.analysis.comparison import compare
from d2c.analysis.disaster.study import read_disaster, run_disaster
from d2c.coverage.run import run_coverage
from d2c.library.traffic import read_traffic
from d2c.output.folder.result_folder import write_result
from d2c.output.reports.disaster import cell_columns, people_columns
from d2c.region.admin_level import ADMIN_LEVELS
from d2c.results.column_lookup import column_meaning, decimals_of, find_column
from d2c.results.columns import COLUMNS
from d2c.results.stored import open_result
from d2c.scenario.load import read_scenario

SMALL = ["region.area=molise", "time.duration_h=1", "time.step_s=60", "link.limits=['rr-21-4-2200mhz']"]
FORMATS = ["output.formats=['gpkg']"]
SCENARIOS = {
    "plain": ("italy", ["network=false"]),
    "environment": ("italy", ["network=false", "link.environment='rural'"]),
    "loaded": ("italy-loaded", ["beams.margin_km=60", "output.formats=['gpkg','html']"]),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folders = {}
    for name, (scenario, more) in SCENARIOS.items():
        folders[name] = tmp_path_factory.mktemp("columns") / name
        asked = read_scenario(scenario, overrides=[*SMALL, *FORMATS, *more])
        write_result(run_coverage(asked, workers=2), folders[name])
    return folders


def assert_known(columns):
    unknown = [name for name in columns if find_column(name) is None or not column_meaning(name)]
    assert unknown == []
    without = [
        name
        for name, values in columns.items()
        if np.asarray(values).dtype.kind == "f" and decimals_of(name) is None
    ]
    assert without == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_column_of_every_layer_is_in_the_table(folders, name):
    path = folders[name] / "coverage.gpkg"
    layers = {"coverage", "hourly", "borders", *(["beams"] if name == "loaded" else [])}
    for layer in layers:
        frame = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True)
        assert_known({column: frame[column].to_numpy() for column in frame.columns.drop("geometry")})
    assert find_column(pyogrio.read_info(path, layer="hourly")["fid_column"])
    assert find_column(pyogrio.read_info(path, layer="coverage")["fid_column"])


@pytest.mark.parametrize(
    ("name", "file"),
    [("plain", "timeline.csv"), ("loaded", "timeline.csv"), ("loaded", "satellites.csv")],
)
def test_every_column_of_the_tables_beside_the_layers(folders, name, file):
    frame = pd.read_csv(folders[name] / file)
    assert len(frame)
    assert_known({column: frame[column].to_numpy() for column in frame.columns})


def test_every_column_of_a_comparison(folders):
    loaded, plain = (open_result(folders[name]) for name in ("loaded", "plain"))
    frame = compare(plain, loaded).cells
    changes = [name for name in frame.columns if name.endswith("_change")]
    assert "rsrp_p50_dbm_change" in changes
    assert_known(
        {name.removesuffix("_change"): frame[name].to_numpy() for name in frame.columns.drop("geometry")}
    )


@pytest.mark.parametrize("level", ADMIN_LEVELS)
def test_every_column_of_a_table_of_admin_areas(folders, level):
    assert_known(admin_area_table(open_result(folders["plain"]), level))


def test_every_column_of_a_disaster_study():
    scenario = read_disaster("earthquake-laquila", duration_h=0.25, overrides=["beams.margin_km=60"])
    outcome = run_disaster(scenario, read_traffic("text-message"), per_person=1)
    assert_known(cell_columns(outcome) | people_columns(outcome))


def test_a_name_that_stands_in_two_tables_has_the_same_decimals():
    decimals = {}
    for entry in (entry for entries in COLUMNS.values() for entry in entries):
        assert decimals.setdefault(entry.name, entry.decimals) == entry.decimals


def test_the_csv_has_the_decimals_of_the_table(folders):
    with (folders["loaded"] / "satellites.csv").open() as file:
        row = next(csv.DictReader(file))
    assert {name: len(row[name].partition(".")[2]) for name in ("serving", "idle_beams")} == {
        "serving": 6,
        "idle_beams": 6,
    }
