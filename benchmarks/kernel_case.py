"""Workloads on cells of exactly equal area instead of a latitude/longitude grid, for timing the kernel alone."""

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
from d2c.coverage.kernels.layout import FILL
from d2c.region.grid import Grid
from d2c.scenario.model import Scenario

_GOLDEN = (math.sqrt(5) - 1) / 2


@contextmanager
def on_equal_areas(workload: Workload) -> Iterator[Scenario]:
    """Yield the scenario; within the context `run_coverage` uses cells of equal area if the workload is a box."""
    sections = tomllib.loads(to_toml(workload))
    original_read_inputs = run.read_inputs
    if workload.cells is not None:
        sections["grid"]["step_deg"] = 10  # a few cells, replaced by those of equal area
        grid = equal_area_cells(workload.cells)
        no_population = np.zeros(workload.cells, np.int64)

        def read_inputs_on_grid(scenario: Scenario) -> Inputs:
            inputs = original_read_inputs(scenario)
            plan = plan_of(scenario, grid, inputs.link, inputs.constellation)
            return dataclasses.replace(inputs, grid=grid, population=no_population, beams=plan)

        run.read_inputs = read_inputs_on_grid
    try:
        yield Scenario.model_validate(sections)
    finally:
        run.read_inputs = original_read_inputs


def equal_area_cells(cells: int) -> Grid:
    """Return a grid of this many points over BOX_DEG, each representing the same area of the ellipsoid.

    A Fibonacci lattice in Lambert's cylindrical equal-area projection; the cells have no outline, which the kernel
    does not need.
    """
    west, south, east, north = BOX_DEG
    project = Transformer.from_crs("EPSG:4326", "+proj=cea +ellps=WGS84", always_xy=True)
    (left, right), (bottom, top) = project.transform([west, east], [south, north])
    k = np.arange(cells)
    x = left + (right - left) * (k * _GOLDEN % 1)
    y = bottom + (top - bottom) * (k + 0.5) / cells
    longitude_deg, latitude_deg = project.transform(x, y, direction="INVERSE")
    empty_text = np.full(cells, "")
    return Grid(
        kind="latlon",
        cell_id=np.char.mod("%06d", k),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        height_m=np.zeros(cells),
        area_m2=np.full(cells, (right - left) * (top - bottom) / cells),
        surface=empty_text,
        country=empty_text,
        region=empty_text,
    )


@dataclasses.dataclass
class Work:
    """Pairs of satellite and cell at all steps; pairs of satellite and lane evaluated as server, or only counted.

    tried: evaluated as best server; looked: tested for visibility only.
    """

    pairs: int = 0
    tried: int = 0
    looked: int = 0

    def add(
        self, tiles: Any, tracks: Any, link: Any, phones: Any, requirements: Any, state: Any, counters: Any
    ) -> None:
        """Add a window, given the arguments of the kernel `accumulate`."""
        steps, satellites, _ = tracks.position_m.shape
        self.pairs += int(tiles.first[-1]) * satellites * steps
        lanes = -(-np.diff(tiles.first) // FILL) * FILL
        tried, looked = lanes @ counters.work
        self.tried += int(tried)
        self.looked += int(looked)
