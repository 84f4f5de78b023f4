"""The radio link of the coverage tests, as the kernel takes it."""

import numpy as np

from d2c.coverage.kernels import link_curves
from d2c.coverage.kernels.link_curves import PHONES_DEPTH_DB, PHONES_HEADROOM_DB, KernelLink
from d2c.coverage.statistics.waiting import gap_edges
from d2c.library import models
from d2c.library.phones import read_phones
from d2c.link.phones import alike_phones, phones_of

STEP_US = 30_000_000
FREQUENCY_HZ = 1992.5e6
ALIKE = ("link.phones=none", "link.environment=none")  # one phone that loses nothing


def radio_for(link, services, *, mask_deg, satellites, phones=None, limits=(), other=None, has_other=None):
    """Return link and bins; satellites of `has_other` (S,) bool have the link `other`."""
    altitude_m, links = (300e3, 600e3), [link, other] if other else [link]
    phones = phones or alike_phones()
    extent = {} if phones.alike else {"depth_db": PHONES_DEPTH_DB, "headroom_db": PHONES_HEADROOM_DB}
    bins = link_curves.histogram_bins(
        links, services, min_elevation_deg=mask_deg, altitude_m=altitude_m, **extent
    )
    tables = link_curves.link_curves(links, min_elevation_deg=mask_deg, altitude_m=altitude_m)
    allowed = link_curves.allowed_pfd(list(limits), bandwidth_hz=4.5e6)
    requirements = link_curves.service_requirements(
        services, bins, allowed=allowed, gap_edges=gap_edges(STEP_US)
    )
    payload = np.zeros(satellites, np.int64) if has_other is None else has_other.astype(np.int64)
    of_phones = link_curves.phone_tables(phones)
    return KernelLink(tables, of_phones, requirements, bins.bins, payload, mask_deg), bins


def some_phones(mix=None, *, environment=None, losses="outdoor", number=16, correlation_deg=45.0):
    """Return phones of the library's mixes and loss sets, in the S band."""
    return phones_of(
        models.read_loss_set(losses),
        read_phones(mix) if mix else None,
        environment=environment,
        frequency_hz=FREQUENCY_HZ,
        number=number,
        correlation_deg=correlation_deg,
    )
