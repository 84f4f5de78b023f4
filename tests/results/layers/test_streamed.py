"""A layer written in chunks reads back like one written at once."""

import json

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from d2c.coverage import blocks, run
from d2c.errors import ResultError, ScenarioError
from d2c.output.folder import result_folder
from d2c.region.area import find_area
from d2c.region.grid import h3_grid, latlon_grid
from d2c.results.layers import streamed
from d2c.results.layers.cells import cells_frame, read_layer, write_layers
from d2c.results.layers.streamed import write_layer_streamed
from d2c.scenario.load import read_scenario

TEXTS = {"title": "Coverage, città", "description": "24 h; <noise> only"}
BOTH = ("parquet", "flatgeobuf")
AREAS = {
    "hexagons": lambda: h3_grid(find_area("sicilia")),
    "boxes": lambda: latlon_grid(find_area("6,36,8,39"), step_deg=0.2),
    "two parts across the 180th meridian": lambda: h3_grid(find_area("172,-10,180,10"), resolution=3),
}


@pytest.fixture(params=AREAS)
def grid(request):
    return AREAS[request.param]()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(streamed, "CHUNK_CELLS", 17)


def columns_of(grid):
    values = np.random.default_rng(2).random(len(grid))
    values[::5] = np.nan
    return {
        "cell_id": grid.cell_id,
        "country": grid.country,
        "max_visible": np.arange(len(grid), dtype=np.int32),
        "text_availability": values,
        "text_margin_p50_db": np.full(len(grid), np.nan),
    }


def test_parquet_reads_back_as_written_at_once(grid, tmp_path):
    write_layers(cells_frame(columns_of(grid), grid.boundary), tmp_path, formats=["parquet"], **TEXTS)
    (tmp_path / "pieces").mkdir()
    write_layer_streamed(columns_of(grid), grid, tmp_path / "pieces", formats=["parquet"], **TEXTS)
    assert [file.name for file in (tmp_path / "pieces").iterdir()] == ["coverage.parquet"]
    paths = [tmp_path / "pieces" / "coverage.parquet", tmp_path / "coverage.parquet"]
    found, wanted = (gpd.read_parquet(path) for path in paths)
    assert_geodataframe_equal(found, wanted)
    assert shapely.equals_identical(found.geometry.to_numpy(), wanted.geometry.to_numpy()).all()
    assert found.attrs == wanted.attrs == TEXTS
    geo, geo_wanted = (json.loads(pq.read_schema(path).metadata[b"geo"]) for path in paths)
    assert geo | {"creator": {}} == geo_wanted | {"creator": {}}
    pieces = pq.ParquetFile(paths[0]).metadata
    assert pieces.num_row_groups == -(-len(grid) // 17)
    assert pieces.row_group(0).column(0).compression == "ZSTD"


def test_flatgeobuf_reads_back_as_written_at_once(grid, tmp_path):
    write_layers(cells_frame(columns_of(grid), grid.boundary), tmp_path, formats=["flatgeobuf"], **TEXTS)
    (tmp_path / "pieces").mkdir()
    write_layer_streamed(columns_of(grid), grid, tmp_path / "pieces", formats=["flatgeobuf"], **TEXTS)
    assert [file.name for file in (tmp_path / "pieces").iterdir()] == ["coverage.fgb"]
    found, wanted = read_layer(tmp_path / "pieces"), read_layer(tmp_path)
    assert_geodataframe_equal(found, wanted)
    assert found["cell_id"].tolist() == grid.cell_id.tolist()
    metadata = pyogrio.read_info(tmp_path / "pieces" / "coverage.fgb")["layer_metadata"]
    assert metadata == {"TITLE": TEXTS["title"], "DESCRIPTION": TEXTS["description"]}


def test_same_bytes_run_to_run(grid, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_layer_streamed(columns_of(grid), grid, tmp_path / name, formats=BOTH, **TEXTS)
    for name in ("coverage.parquet", "coverage.fgb"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_cells_that_gdal_lost_are_an_error(tmp_path, monkeypatch):
    grid = AREAS["boxes"]()
    monkeypatch.setattr(pyogrio, "read_info", lambda _path: {"features": len(grid) - 1})
    with pytest.raises(ResultError, match=r"coverage\.fgb holds 149 of 150 cells"):
        write_layer_streamed(columns_of(grid), grid, tmp_path, formats=BOTH, **TEXTS)


QUESTION = ["network=false", "region.area=sicilia", "time.duration_h=0.5", "time.step_s=60"]


@pytest.fixture
def few_at_once(monkeypatch):
    for module in (blocks, run, result_folder):
        monkeypatch.setattr(module, "MOST_CELLS_AT_ONCE", 100)


def test_a_run_of_many_cells_writes_both(tmp_path, few_at_once):
    scenario = read_scenario("italy", overrides=[*QUESTION, "output.formats=['parquet', 'flatgeobuf']"])
    result = run.run_coverage(scenario)
    result_folder.write_result(result, tmp_path)
    names = {"coverage.parquet", "coverage.fgb", "timeline.csv", "summary.json", "inputs"}
    assert {file.name for file in tmp_path.iterdir()} == names
    at_once = cells_frame(result.columns(), result.inputs.grid.boundary)
    assert_geodataframe_equal(read_layer(tmp_path), at_once, check_dtype=False)
    (tmp_path / "coverage.parquet").unlink()
    assert_geodataframe_equal(read_layer(tmp_path), at_once, check_dtype=False)


def test_a_run_for_parquet_alone_writes_the_same_layer(tmp_path):
    scenario = read_scenario("italy", overrides=[*QUESTION, "output.formats=['parquet']"])
    result = run.run_coverage(scenario)
    result_folder.write_result(result, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        "coverage.parquet",
        "timeline.csv",
        "summary.json",
        "inputs",
    }
    at_once = cells_frame(result.columns(), result.inputs.grid.boundary)
    assert_geodataframe_equal(read_layer(tmp_path), at_once)


def test_other_formats_are_refused_before_anything_is_computed(few_at_once, monkeypatch):
    monkeypatch.setattr(run, "run_region", lambda *_, **__: pytest.fail("it computed"))
    scenario = read_scenario("italy", overrides=[*QUESTION, "output.formats=['parquet', 'gpkg', 'png']"])
    message = r"\[output\] formats: gpkg, png for \d+ cells; above 100 cells only parquet and flatgeobuf"
    with pytest.raises(ScenarioError, match=message):
        run.run_coverage(scenario)
