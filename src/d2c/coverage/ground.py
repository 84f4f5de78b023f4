"""The ground of a scenario: its area, the cells that cover it, and the people in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from d2c.region.area import Area, find_area, has_shipped_border
from d2c.region.grid import Grid, h3_grid, latlon_grid
from d2c.region.population import population
from d2c.scenario import model


@dataclass(frozen=True, eq=False, slots=True)
class Ground:
    """The area of a scenario with its cells and the people in them, (G,)."""

    area: Area
    grid: Grid
    population: NDArray[np.int64]


def read_ground(scenario: model.Scenario) -> Ground:
    """Return the ground of a scenario; RegionError if its area or grid is invalid."""
    area = read_area(scenario)
    grid = read_grid(scenario, area)
    return Ground(area, grid, population(area, grid))


def read_area(scenario: model.Scenario) -> Area:
    """Return the area of a scenario."""
    region = scenario.region
    return find_area(region.area, surface=region.surface, buffer_km=region.buffer_km)


def drawn_area(scenario: model.Scenario) -> BaseGeometry | None:
    """Return the area where maps outline it: a file's, a box, a buffered or disaster area; None for shipped borders."""
    if has_shipped_border(scenario.region.area) and not scenario.region.buffer_km:
        return None
    return read_area(scenario).polygon


def read_grid(scenario: model.Scenario, area: Area) -> Grid:
    """Return the ground cells of a scenario, of its area."""
    choice = scenario.grid
    if choice.kind == "h3":
        return h3_grid(area, resolution=choice.resolution)
    return latlon_grid(area, step_deg=choice.step_deg)
