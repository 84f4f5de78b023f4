import pickle
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import shapely
from kernel_case import equal_area_cells
from phases import KERNELS
from pyproj import Geod
from workloads import (
    ALL,
    BIG_DENSE,
    BOX_DEG,
    CASES,
    GROWN,
    GROWTH,
    MID,
    NETWORKS,
    SMALL,
    WORKLOADS,
    latlon_step_deg,
    to_toml,
)

from d2c.region.area import find_area
from d2c.region.grid import latlon_grid
from d2c.scenario.load import read_scenario
from d2c.scenario.model import Scenario

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("workload", [*ALL.values(), *CASES], ids=lambda workload: workload.name)
def test_every_workload_is_a_scenario_of_its_size(workload):
    scenario = Scenario.model_validate(tomllib.loads(to_toml(workload)))
    assert scenario.time.samples == workload.steps


@pytest.mark.parametrize("job", NETWORKS.values(), ids=lambda job: job.name)
def test_networks_are_of_a_day_with_two_services_and_beams_that_all_ask_for(job):
    scenario = read_scenario(job.scenario, overrides=job.overrides)
    assert (scenario.time.duration_h, scenario.time.step_s) == (24, 30)
    assert len(scenario.link.services) == 2
    assert scenario.beams.load == 1
    assert job.arguments("a=1")[-2:] == ["--set", "a=1"]


def test_sizes_are_those_agreed():
    # 1 h at 60 s; 24 h at 30 s; 24 h at 10 s
    assert (SMALL.steps, MID.steps, BIG_DENSE.steps) == (60, 2880, 8640)
    assert [w.cells for w in WORKLOADS.values()] == [1_000, 11_000, 11_000, 78_000, 78_000, None]
    for grown in GROWN:
        size, base = (w.cells * w.steps * w.satellites for w in (grown, MID))
        assert size == GROWTH[grown.name] * base


def test_texts_are_the_same_in_another_process():
    # a set or a hash in the way would show with another hash seed
    code = "from workloads import *; print(''.join(map(to_toml, ALL.values())), end='')"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=BENCHMARKS,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "".join(map(to_toml, ALL.values()))


def test_latlon_boxes_are_about_as_many():
    area = find_area(",".join(map(str, BOX_DEG)))
    assert len(latlon_grid(area, step_deg=latlon_step_deg(1_000))) == pytest.approx(1_000, rel=0.02)


def test_cells_of_equal_area_cover_the_box_evenly():
    grid = equal_area_cells(1_000)
    assert len(np.unique(grid.cell_id)) == 1_000
    west, south, east, north = BOX_DEG
    # the ellipsoid's area from outside: geodesics between points every hundredth of a degree on the parallels
    outline = shapely.segmentize(shapely.box(west, south, east, north), 0.01)
    area_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(outline)
    assert grid.area_m2.sum() == pytest.approx(area_m2, rel=1e-6)
    # halves of longitude have half of the area, and so half of the cells
    assert np.sum(grid.longitude_deg < (west + east) / 2) == pytest.approx(500, abs=5)
    # a cap's share is near to the sine of the latitude: 44.5 % of the box lies south of 37 deg (sphere)
    sine = np.sin(np.radians([south, 37, north]))
    share = (sine[1] - sine[0]) / (sine[2] - sine[0])
    assert np.mean(grid.latitude_deg < 37) == pytest.approx(share, abs=0.01)


def test_recorded_calls_are_the_same_twice(tmp_path):
    def recorded(name):
        folder = tmp_path / name
        folder.mkdir()
        subprocess.run([sys.executable, "record.py", str(folder)], cwd=BENCHMARKS, check=True)
        files = sorted(folder.iterdir())
        assert [file.stem for file in files] == sorted(case.name for case in CASES)
        return [pickle.loads(call) for file in files for call in pickle.loads(file.read_bytes())]

    def without_unused_memory(calls):
        # the list of satellites in range is filled up to in_range_count only
        return [
            pickle.dumps((a[0], a[1]._replace(in_range=0), a[2:]))
            for _, name, a in calls
            if name == "accumulate"
        ]

    first, second = recorded("first"), recorded("second")
    kernels = {name.rpartition(".")[2] for names in KERNELS.values() for name in names}
    assert {name for _, name, _ in first} == kernels  # a kernel that no case calls is not guarded
    assert without_unused_memory(first) == without_unused_memory(second)
