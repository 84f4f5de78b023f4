"""Tables by country and by polygons of one's own: their parts add up to the whole result."""

import dataclasses

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from d2c.analysis.area_table import cell_table, country_table, polygon_table
from d2c.analysis.table_files import markdown_table
from d2c.cli.main import d2c
from d2c.errors import RegionError, ResultError
from d2c.results.stored import open_result

OPTIONS = ["--area", "trentino-alto-adige", "--hours", "1", "--mix", "none", "--environment", "none"]
OPTIONS += ["--service", "text", "--set", "output.formats=['parquet']"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("areas") / "result"
    done = CliRunner().invoke(d2c, ["run", "italy", "-q", *OPTIONS, "-o", str(folder)])
    assert done.exit_code == 0, done.output
    return open_result(folder)


def polygons(path, *boxes, names=None, crs="EPSG:4326"):
    frame = geopandas.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], crs=crs)
    if names:
        frame["name"] = names
    frame.to_file(path)
    return path


def test_halves_add_up_to_the_whole(stored, tmp_path):
    west, south, east, north = stored.cells.total_bounds
    middle = (west + east) / 2
    boxes = [(west, south, middle, north), (middle, south, east, north), (west, south, east, north)]
    table = polygon_table(stored, polygons(tmp_path / "a.gpkg", *boxes, names=["W", "E", "all"]))
    assert table["name"].tolist() == ["W", "E", "all"]
    area = stored.cells["area_km2"].sum()
    assert table["area_km2"][2] == pytest.approx(area, rel=1e-6)
    # of a cell that both the line and the border cut, each part is at most what the region has of it
    assert table["area_km2"][:2].sum() == pytest.approx(area, rel=0.01)
    # outlines and areas are rounded, to some 1e-6 of a cell
    assert table["population"][2] == pytest.approx(stored.cells["population"].sum(), rel=3e-6)
    mean = np.average(stored.cells["text_availability"], weights=stored.cells["area_km2"])
    assert table["text_availability"][2] == pytest.approx(mean, abs=2e-6)
    assert table["text_longest_gap_s"][2] == stored.cells["text_longest_gap_s"].max()


def test_a_country_has_the_figures_of_its_cells(stored):
    table = country_table(stored)
    cells = stored.cells[stored.cells["country"] == "Italy"]
    row = table["name"].tolist().index("Italy")
    assert table["cells"][row] == len(cells)
    assert table["area_km2"][row] == pytest.approx(cells["area_km2"].sum(), abs=0.01)
    mean = np.average(cells["text_availability"], weights=cells["area_km2"])
    assert table["text_availability"][row] == pytest.approx(mean, abs=2e-6)


def test_features_without_a_name_are_numbered_and_other_systems_are_read(stored, tmp_path):
    west, south, east, north = stored.cells.to_crs("EPSG:32632").total_bounds
    table = polygon_table(stored, polygons(tmp_path / "a.gpkg", (west, south, east, north), crs="EPSG:32632"))
    assert table["name"].tolist() == ["1"]
    assert table["area_km2"][0] == pytest.approx(stored.cells["area_km2"].sum(), rel=0.01)


def test_wrong_files_are_named(stored, tmp_path):
    with pytest.raises(RegionError, match="there is no such file"):
        polygon_table(stored, tmp_path / "none.gpkg")
    (tmp_path / "text.gpkg").write_text("x")
    with pytest.raises(RegionError, match="cannot be read as a polygon file"):
        polygon_table(stored, tmp_path / "text.gpkg")
    with pytest.raises(ResultError, match="none of its 1 polygons"):
        polygon_table(stored, polygons(tmp_path / "far.gpkg", (50, 0, 51, 1)))


def test_cells_are_the_layer(stored):
    table = pd.DataFrame(cell_table(stored))
    pd.testing.assert_frame_equal(table, pd.DataFrame(stored.cells.drop(columns="geometry")))


def test_codes_are_text_in_a_spreadsheet(stored, tmp_path):
    path = tmp_path / "t.xlsx"
    done = CliRunner().invoke(d2c, ["table", str(stored.folder), "--by", "province", "-o", str(path)])
    assert done.exit_code == 0, done.output
    header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    codes = [row[header.index("province_code")] for row in rows]
    assert codes == ["021", "022"]
    assert all(isinstance(row[header.index("population")], int) for row in rows)


def test_gaps_that_the_span_cuts_and_people_never_served_are_marked(stored):
    # three cells by hand: the second has the longest gap, which the span cuts; the third is never served
    cells = stored.cells.head(3).assign(
        country=["A", "A", "B"],
        area_km2=[1.0, 1.0, 1.0],
        population=[100, 200, 300],
        text_availability=[0.9, 0.5, 0.0],
        text_longest_gap_s=[60.0, 600_000.0, np.nan],
        text_longest_gap_is_lower_bound=[False, True, True],
        text_mean_wait_s=[1.0, 3.0, np.nan],
    )
    table = country_table(dataclasses.replace(stored, cells=cells))
    assert table["text_population_never"].tolist() == [0, 300]
    assert table["text_longest_gap_is_lower_bound"].tolist() == [True, True]
    first, second = markdown_table(table, by="country", services=["text"]).splitlines()[-2:]
    assert "| 0 | >= 10,000.0 min | >= 5,000.5 min | 2.0 s |" in first
    assert "| 300 | - | - | - |" in second
    shorter = cells.assign(text_longest_gap_s=[60.0, 30.0, np.nan])
    table = country_table(dataclasses.replace(stored, cells=shorter))
    assert table["text_longest_gap_is_lower_bound"].tolist() == [False, True]
    before = country_table(
        dataclasses.replace(stored, cells=shorter.drop(columns="text_longest_gap_is_lower_bound"))
    )
    assert before["text_longest_gap_s"][0] == 60
