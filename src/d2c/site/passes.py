"""When satellites pass a place, when one of them serves, and how long the wait is."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.library.models import Service
from d2c.link.budget import RadioLink
from d2c.orbit.constellation import Constellation
from d2c.site.arcs import Arcs, Cubics, arcs_above, first_change_us
from d2c.site.site import Site, site_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Margins are taken at both ends of each piece and five times between: at most 5 s apart. Where one of two
# neighbours closes the service and the other does not, the instant between them is found by halving.
_SAMPLES = 7


@dataclass(frozen=True, slots=True)
class ServiceWindow:
    """From `begin_utc` to `end_utc`, to the microsecond."""

    begin_utc: np.datetime64
    end_utc: np.datetime64

    @property
    def duration_s(self) -> float:
        """Return its length."""
        return float((self.end_utc - self.begin_utc) / np.timedelta64(1_000_000, "us"))


@dataclass(frozen=True, slots=True)
class Pass:
    """One satellite (index into the constellation) above the mask, as far as it lies in the span.

    `rise_utc`, `culmination_utc` and `set_utc` are None where they lie outside the span; the culmination is the
    highest of several. Azimuths are those at the two ends of `seen` and at the highest elevation. The best margin
    is that of the service within `seen`; `served` are the parts of it in which the service closes.
    """

    satellite: int
    seen: ServiceWindow
    rise_utc: np.datetime64 | None
    culmination_utc: np.datetime64 | None
    set_utc: np.datetime64 | None
    highest_elevation_deg: float
    azimuth_deg: tuple[float, float, float]
    best_margin_db: float
    served: tuple[ServiceWindow, ...]


@dataclass(frozen=True, eq=False, slots=True)
class PassSearch:
    """All passes of a span, by their beginning; `served` and `gaps`, in turn, make up the whole span."""

    span: ServiceWindow
    passes: tuple[Pass, ...]
    served: tuple[ServiceWindow, ...]
    gaps: tuple[ServiceWindow, ...]

    @property
    def wait_s(self) -> float | None:
        """Return how long somebody waits who starts with the span; None if it is in vain."""
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
    link: RadioLink,
    service: Service,
) -> PassSearch:
    """Return the passes above the mask in a span, and when one satellite or more serves.

    Times equal those of SGP4 to about a millisecond. Any satellite above the mask counts, as in the coverage map the
    best one does: the service is there while at least one margin is not negative.
    """
    arcs = arcs_above(constellation, site, start=start, span_us=span_us, mask_deg=mask_deg)
    samples = _Samples.of(arcs, site, link, service)
    served = samples.served()
    found = sorted(
        _passes(arcs, samples, served, start),
        key=lambda one: (one.seen.begin_utc, one.seen.end_utc, one.satellite),
    )
    union = _union(served.begin_us, served.end_us)
    edges = np.concatenate([[0], union.ravel(), [span_us]]).reshape(-1, 2)
    gaps = edges[edges[:, 0] < edges[:, 1]]
    whole = np.array([[0, span_us]])
    return PassSearch(_windows(whole, start)[0], tuple(found), _windows(union, start), _windows(gaps, start))


@dataclass(frozen=True, eq=False, slots=True)
class _Served:
    """M stretches in which a satellite closes the service: the piece they belong to, and when; (M,) each.

    By piece and time; those of one satellite touch or are apart.
    """

    piece: Ints
    begin_us: Ints
    end_us: Ints


@dataclass(frozen=True, eq=False, slots=True)
class _Samples:
    """Instants (N, 7) on N pieces of paths, and the service's margins there."""

    cubics: Cubics
    site: Site
    link: RadioLink
    service: Service
    at_us: Ints
    margin_db: Floats

    @classmethod
    def of(cls, arcs: Arcs, site: Site, link: RadioLink, service: Service) -> "_Samples":
        share = np.arange(_SAMPLES)
        at_us = arcs.begin_us[:, None] + (arcs.end_us - arcs.begin_us)[:, None] * share // (_SAMPLES - 1)
        piece = np.repeat(np.arange(len(at_us)), _SAMPLES)
        margin_db = _margin_db(arcs.cubics.take(piece), at_us.ravel(), site, link, service)
        return cls(arcs.cubics, site, link, service, at_us, margin_db.reshape(at_us.shape))

    def served(self) -> _Served:
        closes = self.margin_db >= 0
        piece, step = np.nonzero(closes[:, :-1] | closes[:, 1:])
        begin_us, end_us = self.at_us[piece, step], self.at_us[piece, step + 1]
        before, after = closes[piece, step], closes[piece, step + 1]
        changing = np.flatnonzero(before != after)
        cubics = self.cubics.take(piece[changing])

        def serves(at_us: Ints) -> NDArray[np.bool_]:
            return _margin_db(cubics, at_us, self.site, self.link, self.service) >= 0

        change_us = begin_us.copy()
        change_us[changing] = first_change_us(serves, begin_us[changing], end_us[changing])
        return _Served(
            piece,
            np.where(before, begin_us, change_us),
            np.where(after, end_us, change_us - 1),  # the last microsecond that closes
        )


def _margin_db(cubics: Cubics, at_us: Ints, site: Site, link: RadioLink, service: Service) -> Floats:
    look = site.look(cubics.states(at_us)[0])
    margin_db: Floats = site_levels(link, {"": service}, look, latitude_deg=site.latitude_deg).margin_db[0]
    return margin_db


def _passes(arcs: Arcs, samples: _Samples, served: _Served, start: np.datetime64) -> Iterator[Pass]:
    """Yield the passes by satellite and time: pieces of a satellite that touch belong together."""
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
        # Pieces rise or fall all the way, so the highest point is at an end of one.
        top, at_end = divmod(int(np.argmax(elevation_deg[a:z])), 2)
        top += a
        own = slice(*served_bounds[n : n + 2])
        begin_us, end_us, top_us = arcs.begin_us[a], arcs.end_us[z - 1], edge_us[top, at_end]
        yield Pass(
            satellite=int(satellite[a]),
            seen=ServiceWindow(_utc(start, begin_us), _utc(start, end_us)),
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
    """Return the union of stretches as beginnings and ends (U, 2), rising; those that touch become one."""
    order = np.argsort(begin_us, kind="stable")
    begin_us, reached_us = begin_us[order], np.maximum.accumulate(end_us[order])
    first = np.flatnonzero(np.append(True, begin_us[1:] > reached_us[:-1]))[: len(begin_us)]
    last = np.append(first[1:], len(begin_us))[: len(first)] - 1
    union = np.stack([begin_us[first], reached_us[last]], axis=1)
    return union[union[:, 0] < union[:, 1]]


def _windows(edges_us: Ints, start: np.datetime64) -> tuple[ServiceWindow, ...]:
    return tuple(ServiceWindow(_utc(start, begin), _utc(start, end)) for begin, end in edges_us)


def _utc(start: np.datetime64, since_us: np.int64) -> np.datetime64:
    utc: np.datetime64 = start + since_us.astype("timedelta64[us]")
    return utc
