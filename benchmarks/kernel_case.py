"""A workload as the engine takes it, on cells of equal area instead of boxes of latitude and longitude."""

import dataclasses
import math
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from pyproj import Transformer
from workloads import BOX_DEG, Workload, to_toml

from d2c.coverage import run
from d2c.coverage.inputs import Inputs, plan_of
from d2c.coverage.kernels import _accumulate as _kernels
from d2c.region.grid import Grid
from d2c.scenario.model import Scenario

_GOLDEN = (math.sqrt(5) - 1) / 2


@contextmanager
def on_equal_areas(workload: Workload) -> Iterator[Scenario]:
    """Let `run_coverage` of the yielded scenario find cells of equal area where the workload is a box."""
    asked = tomllib.loads(to_toml(workload))
    real = run.read_inputs
    if workload.cells is not None:
        asked["grid"]["step_deg"] = 10  # a few cells, which the others replace
        grid = equal_area_cells(workload.cells)
        nobody = np.zeros(workload.cells, np.int64)

        def on_the_grid(scenario: Scenario) -> Inputs:
            inputs = real(scenario)
            plan = plan_of(scenario, grid, inputs.link, inputs.constellation)
            return dataclasses.replace(inputs, grid=grid, population=nobody, beams=plan)

        run.read_inputs = on_the_grid
    try:
        yield Scenario.model_validate(asked)
    finally:
        run.read_inputs = real


def equal_area_cells(cells: int) -> Grid:
    """Return exactly so many points over BOX_DEG that each stand for the same area of the ellipsoid.

    A Fibonacci lattice in Lambert's cylindrical equal-area projection: no cell has an outline, and the kernel
    needs none.
    """
    west, south, east, north = BOX_DEG
    project = Transformer.from_crs("EPSG:4326", "+proj=cea +ellps=WGS84", always_xy=True)
    (left, right), (bottom, top) = project.transform([west, east], [south, north])
    k = np.arange(cells)
    x = left + (right - left) * (k * _GOLDEN % 1)
    y = bottom + (top - bottom) * (k + 0.5) / cells
    longitude_deg, latitude_deg = project.transform(x, y, direction="INVERSE")
    nothing = np.full(cells, "")
    return Grid(
        kind="latlon",
        cell_id=np.char.mod("%06d", k),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        height_m=np.zeros(cells),
        area_m2=np.full(cells, (right - left) * (top - bottom) / cells),
        surface=nothing,
        country=nothing,
        region=nothing,
    )


@dataclasses.dataclass
class Work:
    """Pairs of satellite and cell at all steps; of satellite and lane, those tried as servers and those only seen."""

    pairs: int = 0
    tried: int = 0
    looked: int = 0

    def add(self, tiles: Any, sky: Any, link: Any, demands: Any, totals: Any, counters: Any) -> None:
        """Add a window, given the arguments of `watch`."""
        steps, satellites, _ = sky.position_m.shape
        self.pairs += int(tiles.first[-1]) * satellites * steps
        lanes = -(-np.diff(tiles.first) // _kernels.FILL) * _kernels.FILL
        tried, looked = lanes @ counters.work
        self.tried += int(tried)
        self.looked += int(looked)
