"""The radio link of the coverage tests, as the kernel takes it."""

import numpy as np

from d2c.coverage.kernels import link_curves
from d2c.coverage.kernels.link_curves import KernelLink
from d2c.coverage.statistics.waiting import gap_edges

STEP_US = 30_000_000


def radio_for(
    link, services, *, mask_deg, satellites, environment=None, limits=(), other=None, has_other=None
):
    """Return link and bins; satellites of `has_other` (S,) bool have the link `other`."""
    altitude_m, links = (300e3, 600e3), [link, other] if other else [link]
    bins = link_curves.histogram_bins(links, services, min_elevation_deg=mask_deg, altitude_m=altitude_m)
    tables = link_curves.link_curves(links, min_elevation_deg=mask_deg, altitude_m=altitude_m)
    chance = link_curves.link_probability_table(
        environment, frequency_hz=1992.5e6, min_elevation_deg=mask_deg
    )
    allowed = link_curves.allowed_pfd(list(limits), bandwidth_hz=4.5e6)
    requirements = link_curves.service_requirements(
        services, bins, link_probability=chance, allowed=allowed, gap_edges=gap_edges(STEP_US)
    )
    payload = np.zeros(satellites, np.int64) if has_other is None else has_other.astype(np.int64)
    return KernelLink(tables, requirements, bins.bins, payload, mask_deg), bins
