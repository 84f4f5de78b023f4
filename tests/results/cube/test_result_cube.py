"""The cube of `d2c run`, opened by xarray; whole after kills, gone after a run without one."""

import subprocess
import sys

import numpy as np
import pytest

from d2c.results.layers.cells import read_layer

xarray = pytest.importorskip("xarray", reason="reads the cube; pip install xarray")
pytest.importorskip("zarr", reason="the cube's extra; pip install 'd2c[cube]'")

QUESTION = (
    "network=false", "region.area=molise", "time.duration_h=24", "time.step_s=60", "output.formats=['parquet']"
)  # fmt: skip
PROGRAM = (
    "import sys; import d2c.coverage.engine.checkpoint as store; store._EVERY_S = 0.0; "
    "import d2c.coverage.windows as window; window._LONGEST = 60; from d2c.cli.main import main; "
    "sys.argv = ['d2c', 'run', 'italy', '-q', '-o', sys.argv[1]]"
    " + [word for setting in sys.argv[2:] for word in ('--set', setting)]; main()"
)


def start(folder, *settings):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), *QUESTION, *settings])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cube")
    assert start(folder, "output.cube=true", "output.cube_every_s=120").wait() == 0
    return folder


def test_cube_and_layer_agree(folder):
    with xarray.open_zarr(folder / "cube.zarr") as cube:
        assert dict(cube.sizes)["time"] == 720
        layer = read_layer(folder)
        assert cube["cell_id"].values.tolist() == layer["cell_id"].tolist()
        served = (cube["server"].values >= 0).mean(axis=0)
        # every other step of the span: a pass that begins or ends between two counts once or not at all
        np.testing.assert_allclose(served, layer["visible_fraction"], atol=0.02)
        np.testing.assert_array_equal(np.isnan(cube["c_n_db"].values), cube["server"].values < 0)
        median = np.nanmedian(cube["c_n_db"].values, axis=0)
        np.testing.assert_allclose(median, layer["c_n_p50_db"], atol=0.2)


@pytest.mark.slow
def test_killed_runs_end_with_the_same_cube(folder, tmp_path):
    killed = 0
    for writes in (2, 3, 4):  # of some windows' progress, then it is killed; there are 24 windows
        run, seen = start(tmp_path, "output.cube=true", "output.cube_every_s=120"), set()
        while run.poll() is None and len(seen) < writes:
            file = tmp_path / ".d2c-progress"
            try:
                seen.add(file.stat().st_mtime_ns)
            except FileNotFoundError:
                continue
        run.kill()
        killed += run.wait() != 0
    assert killed == 3
    assert not (tmp_path / "cube.zarr").exists()
    assert start(tmp_path, "output.cube=true", "output.cube_every_s=120").wait() == 0
    with xarray.open_zarr(folder / "cube.zarr") as whole, xarray.open_zarr(tmp_path / "cube.zarr") as found:
        assert whole.equals(found)


def test_a_run_without_a_cube_leaves_none(tmp_path):
    assert start(tmp_path, "output.cube=true", "time.duration_h=1").wait() == 0
    assert (tmp_path / "cube.zarr").is_dir()
    assert start(tmp_path, "time.duration_h=1").wait() == 0
    assert not (tmp_path / "cube.zarr").exists()
