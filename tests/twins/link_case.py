"""The radio link of the coverage tests, as the kernel takes it."""

import numpy as np

from d2c.coverage.kernels import link_curves as link_table
from d2c.coverage.kernels.link_curves import KernelLink
from d2c.coverage.statistics.waiting import gap_edges

STEP_US = 30_000_000


def radio_for(link, services, *, mask_deg, satellites, environment=None, limits=()):
    altitude_m = (300e3, 600e3)
    levels = link_table.histogram_bins([link], services, min_elevation_deg=mask_deg, altitude_m=altitude_m)
    tables = link_table.link_curves([link], min_elevation_deg=mask_deg, altitude_m=altitude_m)
    chance = link_table.link_probability_table(environment, frequency_hz=1992.5e6, min_elevation_deg=mask_deg)
    allowed = link_table.allowed_pfd(list(limits), bandwidth_hz=4.5e6)
    demands = link_table.service_requirements(
        services, levels, link_probability=chance, allowed=allowed, gap_edges=gap_edges(STEP_US)
    )
    return KernelLink(tables, demands, levels.bins, np.zeros(satellites, np.int64), mask_deg), levels
