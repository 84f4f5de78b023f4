"""The satellites above a site at an instant, and its best server over a span."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.best_server import first_of_each, server_order
from d2c.library.models import Service
from d2c.link.geometry import LookAngles
from d2c.link.satellite_links import SatelliteLinks
from d2c.orbit.constellation import Constellation
from d2c.orbit.ephemeris import propagate
from d2c.orbit.positions import PositionStream
from d2c.site.site import Site, SiteLevels, site_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TRACK_S = 120  # how far ahead the paths on a sky plot go
_TRACK_STEP_S = 10


@dataclass(frozen=True, slots=True)
class SiteLink:
    """What is asked of the links at a place: the mask, the two ends, the services, the surroundings."""

    mask_deg: float
    links: SatelliteLinks
    services: Mapping[str, Service]
    environment: str | None

    def levels_at(self, look: LookAngles, satellite: Ints, site: Site) -> SiteLevels:
        """Return the levels of satellites (N,) above the mask."""
        return site_levels(
            self.links,
            self.services,
            look,
            satellite,
            latitude_deg=site.latitude_deg,
            environment=self.environment,
        )


@dataclass(frozen=True, eq=False, slots=True)
class SkyView:
    """The N satellites above the horizon at `utc`: first the M above the mask, best downlink first.

    Below the mask follow the others, the highest first; `levels` are of the M only. `satellite`, `azimuth_deg` and
    those of `look` are (N,), `levels` (M,) and (V, M). `track_azimuth_deg` and `track_elevation_deg` (K, N) are the
    paths from `utc` on, every 10 s for two minutes, NaN where there is no position.
    """

    utc: np.datetime64
    satellite: Ints
    look: LookAngles
    azimuth_deg: Floats
    levels: SiteLevels
    track_azimuth_deg: Floats
    track_elevation_deg: Floats

    @property
    def above_mask(self) -> int:
        """Return M."""
        return len(self.levels.c_n_db)


def sky_at(constellation: Constellation, site: Site, radio: SiteLink, *, utc: np.datetime64) -> SkyView:
    """Return the satellites above the horizon of a site at an instant, at SGP4's own positions."""
    position_m = propagate(constellation, np.array([utc])).position_m[0]
    elevation_deg = site.look(position_m).elevation_deg
    above = np.flatnonzero(elevation_deg >= radio.mask_deg)
    levels = radio.levels_at(site.look(position_m[above]), above, site)
    order = server_order(c_n_db=levels.c_n_db, elevation_deg=elevation_deg[above], satellite=above)
    below = np.flatnonzero((elevation_deg >= 0) & (elevation_deg < radio.mask_deg))
    below = below[np.argsort(-elevation_deg[below], kind="stable")]
    satellite = np.concatenate([above[order], below])
    steps_s = np.arange(0, TRACK_S + 1, _TRACK_STEP_S)
    track_m = propagate(constellation.take(satellite), utc + steps_s.astype("timedelta64[s]")).position_m
    return SkyView(
        utc=utc,
        satellite=satellite,
        look=site.look(position_m[satellite]),
        azimuth_deg=site.azimuth_deg(position_m[satellite]),
        levels=_ordered(levels, order),
        track_azimuth_deg=site.azimuth_deg(track_m),
        track_elevation_deg=site.look(track_m).elevation_deg,
    )


def _ordered(levels: SiteLevels, order: Ints) -> SiteLevels:
    return SiteLevels(
        levels.c_n_db[order],
        levels.uplink_c_n_db[order],
        levels.margin_db[:, order],
        levels.probability[:, order],
    )


@dataclass(frozen=True, eq=False, slots=True)
class ServerLine:
    """The best server at each of T samples, as the coverage map takes it; V services.

    `visible` (T,): satellites above the mask; `server` (T,): the one with the highest downlink C/N, -1 for none.
    The others, (T,) and `margin_db` and `probability` (V, T), are of the server, NaN without one.
    """

    utc: NDArray[np.datetime64]
    visible: Ints
    server: Ints
    elevation_deg: Floats
    azimuth_deg: Floats
    slant_range_m: Floats
    c_n_db: Floats
    uplink_c_n_db: Floats
    margin_db: Floats
    probability: Floats


def server_line(
    constellation: Constellation,
    site: Site,
    radio: SiteLink,
    *,
    start: np.datetime64,
    step_us: int,
    samples: int,
) -> ServerLine:
    """Return the best server at `start` + k steps, from the positions that a coverage run takes.

    A satellite without a position (decay) does not come back.
    """
    parts = []
    for window in PositionStream(constellation, start, step_us).steps_before(samples):
        step = window.first + np.arange(len(window.position_m))
        parts.append(_best(start + step * np.timedelta64(step_us, "us"), window.position_m, site, radio))
    return ServerLine(
        **{
            name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
            for name in ServerLine.__slots__
        }
    )


def _best(utc: NDArray[np.datetime64], position_m: Floats, site: Site, radio: SiteLink) -> ServerLine:
    """Return the line over the steps of positions (T, S, 3)."""
    elevation_deg = site.look(position_m).elevation_deg
    above = elevation_deg >= radio.mask_deg
    step, satellite = np.nonzero(above)
    levels = radio.levels_at(site.look(position_m[step, satellite]), satellite, site)
    order = server_order(
        c_n_db=levels.c_n_db, elevation_deg=elevation_deg[step, satellite], satellite=satellite, step=step
    )
    best = order[first_of_each(step[order])]
    at, server_m = step[best], position_m[step[best], satellite[best]]
    look = site.look(server_m)

    def over_time(values: Floats) -> Floats:
        line = np.full((*values.shape[:-1], len(utc)), np.nan)
        line[..., at] = values
        return line

    server = np.full(len(utc), -1)
    server[at] = satellite[best]
    return ServerLine(
        utc=utc,
        visible=above.sum(axis=1),
        server=server,
        elevation_deg=over_time(look.elevation_deg),
        azimuth_deg=over_time(site.azimuth_deg(server_m)),
        slant_range_m=over_time(look.slant_range_m),
        c_n_db=over_time(levels.c_n_db[best]),
        uplink_c_n_db=over_time(levels.uplink_c_n_db[best]),
        margin_db=over_time(levels.margin_db[:, best]),
        probability=over_time(levels.probability[:, best]),
    )
