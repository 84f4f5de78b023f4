"""The link of a scenario as the kernel takes it, `kernel_link`: curves, requirements, histogram bins."""

from d2c.coverage.inputs import Inputs
from d2c.coverage.kernels import link_curves
from d2c.coverage.kernels.link_curves import (
    INTERFERENCE_DEPTH_DB,
    PHONES_DEPTH_DB,
    PHONES_HEADROOM_DB,
    HistogramBins,
    KernelLink,
)
from d2c.coverage.statistics.waiting import gap_edges
from d2c.scenario.model import Scenario

_ORBIT_DRIFT_M = 30_000.0  # a span's drag and the Earth's bulge move an altitude by less


def kernel_link(scenario: Scenario, inputs: Inputs) -> tuple[KernelLink, HistogramBins]:
    """Return the link as the kernel takes it, and the bins of its histograms."""
    services, links = list(inputs.services.values()), inputs.links.links
    mask = scenario.link.min_elevation_deg
    constellation = inputs.constellation
    lowest = max(float(constellation.perigee_km.min()) * 1e3 - _ORBIT_DRIFT_M, 100_000.0)
    highest = float(constellation.apogee_km.max()) * 1e3 + _ORBIT_DRIFT_M
    levels = link_curves.histogram_bins(
        links,
        services,
        min_elevation_deg=mask,
        altitude_m=(lowest, highest),
        depth_db=(INTERFERENCE_DEPTH_DB if scenario.beams else 0.0)
        + (0.0 if inputs.phones.alike else PHONES_DEPTH_DB),
        headroom_db=0.0 if inputs.phones.alike else PHONES_HEADROOM_DB,
    )
    # Payloads of one run share with limits their bandwidth, so the first stands for all here.
    allowed = link_curves.allowed_pfd(
        list(inputs.limits.values()), bandwidth_hz=inputs.link.payload.downlink.bandwidth_mhz.value * 1e6
    )
    radio = KernelLink(
        link_curves.link_curves(links, min_elevation_deg=mask, altitude_m=(lowest, highest)),
        link_curves.phone_tables(inputs.phones),
        link_curves.service_requirements(
            services,
            levels,
            allowed=allowed,
            gap_edges=gap_edges(scenario.time.step_us),
        ),
        levels.bins,
        inputs.links.payloads.index.copy(),  # a locked array would be another type to the kernel
        mask,
    )
    return radio, levels
