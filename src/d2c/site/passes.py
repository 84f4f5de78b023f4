"""Satellite passes over a site: rise, culmination and set, periods of service, and waiting times."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.library.models import Service
from d2c.link.satellite_links import SatelliteLinks
from d2c.orbit.constellation import Constellation
from d2c.site.arcs import Arcs, Cubics, arcs_above_mask, first_change_us
from d2c.site.site import Site, site_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Margins are sampled at both ends of each piece and five times between: at most 5 s apart. Where the service closes at
# one of two neighbouring samples only, bisection finds the instant of the change.
_SAMPLES = 7


@dataclass(frozen=True, slots=True)
class ServiceWindow:
    """A time interval from `begin_utc` to `end_utc`, to the microsecond."""

    begin_utc: np.datetime64
    end_utc: np.datetime64

    @property
    def duration_s(self) -> float:
        """Return the length of the interval."""
        return float((self.end_utc - self.begin_utc) / np.timedelta64(1_000_000, "us"))


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass of one satellite (index into the constellation) above the mask, within the span.

    `rise_utc`, `culmination_utc` and `set_utc` are None where they lie outside the span; the culmination is the
    highest of several. `visible`: the interval above the mask; azimuths at its beginning, at the highest elevation
    and at its end. The best margin is the highest of the service in it; `served`: the intervals of it in which the
    service closes.
    """

    satellite: int
    visible: ServiceWindow
    rise_utc: np.datetime64 | None
    culmination_utc: np.datetime64 | None
    set_utc: np.datetime64 | None
    highest_elevation_deg: float
    azimuth_deg: tuple[float, float, float]
    best_margin_db: float
    served: tuple[ServiceWindow, ...]


@dataclass(frozen=True, eq=False, slots=True)
class PassSearch:
    """All passes of a span, by their beginning; `served` and `gaps` alternate and cover the whole span."""

    span: ServiceWindow
    passes: tuple[Pass, ...]
    served: tuple[ServiceWindow, ...]
    gaps: tuple[ServiceWindow, ...]

    @property
    def wait_s(self) -> float | None:
        """Return the wait for service from the start of the span; None if there is no service."""
        if not self.served:
            return None
        return ServiceWindow(self.span.begin_utc, self.served[0].begin_utc).duration_s


def find_passes(
    constellation: Constellation,
    site: Site,
    *,
    start: np.datetime64,
    span_us: int,
    mask_deg: float,
    links: SatelliteLinks,
    service: Service,
) -> PassSearch:
    """Find the passes above the mask in a span, and the intervals in which at least one satellite serves.

    Times agree with SGP4 to about a millisecond. Any satellite above the mask counts, which equals the best server
    of the coverage map: the service is available while at least one margin is not negative.
    """
    arcs = arcs_above_mask(constellation, site, start=start, span_us=span_us, mask_deg=mask_deg)
    samples = _Samples.of(arcs, site, links, service)
    served = samples.served()
    passes = sorted(
        _passes(arcs, samples, served, start),
        key=lambda p: (p.visible.begin_utc, p.visible.end_utc, p.satellite),
    )
    union = _union(served.begin_us, served.end_us)
    edges = np.concatenate([[0], union.ravel(), [span_us]]).reshape(-1, 2)
    gaps = edges[edges[:, 0] < edges[:, 1]]
    whole = np.array([[0, span_us]])
    return PassSearch(_windows(whole, start)[0], tuple(passes), _windows(union, start), _windows(gaps, start))


@dataclass(frozen=True, eq=False, slots=True)
class _ServedIntervals:
    """M intervals in which a satellite closes the service: index of the arc piece, begin and end; (M,) each.

    By piece and time; intervals of one satellite touch or are disjoint.
    """

    piece: Ints
    begin_us: Ints
    end_us: Ints


@dataclass(frozen=True, eq=False, slots=True)
class _Samples:
    """Sampling instants (N, 7) on N arc pieces, and the margins of the service there."""

    cubics: Cubics
    site: Site
    links: SatelliteLinks
    service: Service
    at_us: Ints
    margin_db: Floats

    @classmethod
    def of(cls, arcs: Arcs, site: Site, links: SatelliteLinks, service: Service) -> "_Samples":
        share = np.arange(_SAMPLES)
        at_us = arcs.begin_us[:, None] + (arcs.end_us - arcs.begin_us)[:, None] * share // (_SAMPLES - 1)
        piece = np.repeat(np.arange(len(at_us)), _SAMPLES)
        margin_db = _margin_db(arcs.cubics.take(piece), at_us.ravel(), site, links, service)
        return cls(arcs.cubics, site, links, service, at_us, margin_db.reshape(at_us.shape))

    def served(self) -> _ServedIntervals:
        closes = self.margin_db >= 0
        piece, step = np.nonzero(closes[:, :-1] | closes[:, 1:])
        begin_us, end_us = self.at_us[piece, step], self.at_us[piece, step + 1]
        before, after = closes[piece, step], closes[piece, step + 1]
        changing = np.flatnonzero(before != after)
        cubics = self.cubics.take(piece[changing])

        def serves(at_us: Ints) -> NDArray[np.bool_]:
            return _margin_db(cubics, at_us, self.site, self.links, self.service) >= 0

        change_us = begin_us.copy()
        change_us[changing] = first_change_us(serves, begin_us[changing], end_us[changing])
        return _ServedIntervals(
            piece,
            np.where(before, begin_us, change_us),
            np.where(after, end_us, change_us - 1),  # the last microsecond that closes
        )


def _margin_db(cubics: Cubics, at_us: Ints, site: Site, links: SatelliteLinks, service: Service) -> Floats:
    look = site.look(cubics.states(at_us)[0])
    levels = site_levels(links, {"": service}, look, cubics.satellite, latitude_deg=site.latitude_deg)
    margin_db: Floats = levels.margin_db[0]
    return margin_db


def _passes(arcs: Arcs, samples: _Samples, served: _ServedIntervals, start: np.datetime64) -> Iterator[Pass]:
    """Yield the passes by satellite and time; adjacent pieces of a satellite form one pass."""
    satellite = arcs.cubics.satellite
    apart = (satellite[1:] != satellite[:-1]) | (arcs.begin_us[1:] != arcs.end_us[:-1])
    first = np.flatnonzero(np.append(True, apart))[: len(satellite)]
    bounds = np.append(first, len(satellite))
    served_bounds = np.searchsorted(served.piece, bounds)
    edge_us = np.stack([arcs.begin_us, arcs.end_us], axis=1)
    edge_m = np.stack([arcs.cubics.states(at_us)[0] for at_us in edge_us.T], axis=1)
    elevation_deg = samples.site.look(edge_m).elevation_deg
    azimuth_deg = samples.site.azimuth_deg(edge_m)
    for n in range(len(first)):
        a, z = int(bounds[n]), int(bounds[n + 1])
        # Elevation is monotonic in each piece, so the highest point is at an end of one.
        top, at_end = divmod(int(np.argmax(elevation_deg[a:z])), 2)
        top += a
        own = slice(*served_bounds[n : n + 2])
        begin_us, end_us, top_us = arcs.begin_us[a], arcs.end_us[z - 1], edge_us[top, at_end]
        yield Pass(
            satellite=int(satellite[a]),
            visible=ServiceWindow(_utc(start, begin_us), _utc(start, end_us)),
            rise_utc=_utc(start, begin_us) if arcs.rises[a] else None,
            culmination_utc=_utc(start, top_us) if at_end and arcs.culminates[top] else None,
            set_utc=_utc(start, end_us) if arcs.sets[z - 1] else None,
            highest_elevation_deg=float(elevation_deg[top, at_end]),
            azimuth_deg=(
                float(azimuth_deg[a, 0]),
                float(azimuth_deg[top, at_end]),
                float(azimuth_deg[z - 1, 1]),
            ),
            best_margin_db=float(samples.margin_db[a:z].max()),
            served=_windows(_union(served.begin_us[own], served.end_us[own]), start),
        )


def _union(begin_us: Ints, end_us: Ints) -> Ints:
    """Return the union of intervals as begin and end (U, 2), ascending; intervals that touch are merged."""
    order = np.argsort(begin_us, kind="stable")
    begin_us, latest_end_us = begin_us[order], np.maximum.accumulate(end_us[order])
    first = np.flatnonzero(np.append(True, begin_us[1:] > latest_end_us[:-1]))[: len(begin_us)]
    last = np.append(first[1:], len(begin_us))[: len(first)] - 1
    union = np.stack([begin_us[first], latest_end_us[last]], axis=1)
    return union[union[:, 0] < union[:, 1]]


def _windows(edges_us: Ints, start: np.datetime64) -> tuple[ServiceWindow, ...]:
    return tuple(ServiceWindow(_utc(start, begin), _utc(start, end)) for begin, end in edges_us)


def _utc(start: np.datetime64, since_us: np.int64) -> np.datetime64:
    utc: np.datetime64 = start + since_us.astype("timedelta64[us]")
    return utc
