"""Small cases that the coverage tests share."""

import numpy as np
import pytest
from link_case import STEP_US, radio_for

from d2c.coverage.kernels.tiles import tile_cells
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.orbit.ephemeris import step_positions
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.region.area import find_area
from d2c.region.grid import h3_grid

START = np.datetime64("2026-08-22T18:00:00", "us")


@pytest.fixture(scope="session")
def grid():
    """Sicily at H3 resolution 4: some dozen cells, land and sea, small islands."""
    return h3_grid(find_area("sicilia"), resolution=4)


@pytest.fixture(scope="session")
def link():
    return RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )


@pytest.fixture(scope="session")
def services():
    return [models.read_service("text"), models.read_service("voice")]


@pytest.fixture(scope="session")
def position_m():
    """Two sparse shells, so that gaps, handovers and shells of different height occur: 300 steps of 30 s."""
    shells = [parse_walker("53:120/12/1", altitude_km=360), parse_walker("43:60/6/1", altitude_km=530)]
    constellation = walker_constellation(shells, epoch=START)
    return step_positions(constellation, start=START, step_us=STEP_US, first=0, count=300)


@pytest.fixture
def watch_case(grid, link, services, position_m):
    """Return a function that makes everything a window needs for a mask."""

    def make(mask_deg=25.0, phones=None, limits=(), **second_payload):
        satellites = position_m.shape[1]
        kernel_link, bins = radio_for(
            link,
            services,
            mask_deg=mask_deg,
            satellites=satellites,
            phones=phones,
            limits=limits,
            **second_payload,
        )
        return position_m, tile_cells(grid), kernel_link, bins

    return make
