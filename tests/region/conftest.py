"""Grids shared by several tests."""

import pytest

from d2c.region.area import find_area
from d2c.region.grid import h3_grid


@pytest.fixture(scope="session")
def italy():
    return h3_grid(find_area("italy"))


@pytest.fixture(scope="session")
def italy_and_sea():
    return h3_grid(find_area("italy-mediterranean"))
