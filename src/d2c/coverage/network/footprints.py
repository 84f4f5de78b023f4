"""The beams that are lit at an instant, and where on the ground their gain has fallen by 3 dB."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy as ellipsoid
from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_FLATTENING
from d2c.coverage.inputs import Inputs, gateways_of
from d2c.coverage.kernels._interference import ActiveBeams
from d2c.coverage.network.assignment import active_beams, assign_beams, assignment_setup
from d2c.coverage.radio import kernel_link
from d2c.coverage.windows import Window
from d2c.link.budget import RadioLink
from d2c.link.terminal import off_axis_loss_db
from d2c.orbit.ephemeris import step_positions
from d2c.orbit.gateways import remove_unconnected
from d2c.scenario.model import Scenario

HALF_POWER_DB = 3.0
_WIDEST_DEG = 60.0  # half a beam; patterns of wider ones have no contour that a map could show

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamFootprints:
    """The A beams lit at one instant, satellite by satellite.

    satellite, cell, colour (A,): indices of the satellite and the beam cell, and the number of the frequency, as in
    `BeamPlan`; footprint (A, P, 2): longitude and latitude of the contour, without its first corner again at the end;
    below (A, 2): longitude and latitude of the point below the satellite.
    """

    utc: np.datetime64
    satellite: NDArray[np.int64]
    cell: NDArray[np.int64]
    colour: NDArray[np.int64]
    footprint: Floats
    below: Floats

    def __len__(self) -> int:
        """Return the number of beams."""
        return len(self.satellite)


def beam_footprints(
    scenario: Scenario, inputs: Inputs, window: Window, *, corners: int = 48
) -> list[BeamFootprints]:
    """Return the beams lit at each step of a window, as the run of that scenario assigns them.

    Only for a scenario with beams. A satellite that decays within the span and for which SGP4 gives positions again
    later would be lit here, and is not in the run.
    """
    plan, beams = inputs.beams, scenario.beams
    assert plan is not None
    assert beams is not None
    radio, _ = kernel_link(scenario, inputs)
    step_us = scenario.time.step_us
    mask = scenario.link.min_elevation_deg
    field = assignment_setup(plan, beams, link=inputs.link, step_us=step_us, min_elevation_deg=mask)
    before = field.before(window)
    position_m = step_positions(
        inputs.constellation,
        start=inputs.start,
        step_us=step_us,
        first=window.first - before,
        count=before + window.count,
    )
    remove_unconnected(position_m, gateways_of(scenario.constellation))
    server = assign_beams(position_m, field, radio, window).server[before:]
    position_m = position_m[before:]
    found = active_beams(server, position_m, field, radio)
    half_deg = half_power_deg(inputs.link)
    return [
        _lit(
            found,
            k,
            position_m[k],
            half_deg=half_deg,
            corners=corners,
            utc=_instant(scenario, inputs, window.first + k),
        )
        for k in range(window.count)
    ]


def _lit(
    beams: ActiveBeams, step: int, position_m: Floats, *, half_deg: float, corners: int, utc: np.datetime64
) -> BeamFootprints:
    these = slice(beams.first[step], beams.first[step + 1])
    satellite = beams.satellite[these]
    at = position_m[satellite]
    return BeamFootprints(
        utc=utc,
        satellite=satellite,
        cell=beams.cell[these],
        colour=beams.colour[these],
        footprint=footprints(at, toward=beams.toward[these], half_angle_deg=half_deg, corners=corners),
        below=sub_satellite_points_deg(at),
    )


def _instant(scenario: Scenario, inputs: Inputs, step: int) -> np.datetime64:
    return inputs.start + step * np.timedelta64(scenario.time.step_us, "us")


def half_power_deg(link: RadioLink) -> float:
    """Return the angle off its axis at which the payload's beam has lost 3 dB by its pattern; NaN if it never does."""
    frequency_hz = link.payload.downlink.frequency_mhz.value * 1e6

    def loss_db(off_axis_deg: Floats) -> Floats:
        return off_axis_loss_db(link.payload.beam, off_axis_deg=off_axis_deg, frequency_hz=frequency_hz)

    off_axis_deg = np.linspace(0.0, _WIDEST_DEG, 6001)
    beyond = np.flatnonzero(loss_db(off_axis_deg) >= HALF_POWER_DB)
    if not beyond.size:
        return np.nan
    low, high = off_axis_deg[max(beyond[0] - 1, 0)], off_axis_deg[beyond[0]]
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if loss_db(np.array([middle]))[0] >= HALF_POWER_DB else (middle, high)
    return float(high)


def footprints(satellite_m: Floats, *, toward: Floats, half_angle_deg: float, corners: int) -> Floats:
    """Return where cones about the directions `toward` (A, 3) from satellites (A, 3) meet the ellipsoid.

    Longitude and latitude in degrees (A, P, 2), counter-clockwise as seen from above; longitudes of one contour are
    not cut at 180 deg, so they may pass it. What of a cone misses the Earth stands on the horizon instead.
    """
    across = np.cross(toward, satellite_m)  # level, where a beam is not straight down
    straight = np.linalg.norm(across, axis=1) < 1e-9 * np.linalg.norm(satellite_m, axis=1)
    across[straight] = np.cross(toward[straight], [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across, axis=1)[:, None]
    along = np.cross(across, toward)
    half, turn = np.radians(half_angle_deg), 2 * np.pi * np.arange(corners) / corners
    rim = np.cos(turn)[:, None] * across[:, None] + np.sin(turn)[:, None] * along[:, None]
    rays = np.cos(half) * toward[:, None] + np.sin(half) * rim
    return _unbroken(_longitude_latitude(_on_ground(satellite_m[:, None], rays)))


def _on_ground(from_m: Floats, rays: Floats) -> Floats:
    """Return where rays first meet the ellipsoid, or the horizon nearest to those that do not."""
    # stretched along the axis, the ellipsoid is a sphere and rays stay straight
    stretch = np.array([1.0, 1.0, 1.0 / (1.0 - EARTH_FLATTENING)])
    start, ray = from_m * stretch, rays * stretch
    a = np.sum(ray * ray, axis=-1)
    b = np.sum(start * ray, axis=-1)
    c = np.sum(start * start, axis=-1) - EARTH_EQUATORIAL_RADIUS_M**2
    root = b * b - a * c
    point = start + ((-b - np.sqrt(np.maximum(root, 0.0))) / a)[..., None] * ray
    return np.asarray(np.where((root < 0)[..., None], _horizon(start, ray), point) / stretch)


def _horizon(start: Floats, ray: Floats) -> Floats:
    """Return where a sphere of the equatorial radius is touched from `start`, on the side to which each ray goes."""
    distance = np.linalg.norm(start, axis=-1, keepdims=True)
    outward = start / distance
    aside = ray - np.sum(ray * outward, axis=-1, keepdims=True) * outward
    aside /= np.maximum(
        np.linalg.norm(aside, axis=-1, keepdims=True), 1e-12
    )  # straight down there is no side
    cosine = EARTH_EQUATORIAL_RADIUS_M / distance
    return np.asarray(EARTH_EQUATORIAL_RADIUS_M * (cosine * outward + np.sqrt(1 - cosine**2) * aside))


def sub_satellite_points_deg(position_m: Floats) -> Floats:
    """Return longitude and latitude (A, 2) of the points of the ellipsoid whose normals lead to positions (A, 3)."""
    place = _longitude_latitude(position_m)
    for _ in range(12):  # each time ten times nearer, and more for low orbits
        place_deg = {"longitude_deg": place[:, 0], "latitude_deg": place[:, 1]}
        up = ellipsoid.up(**place_deg)
        ground = ellipsoid.position_m(**place_deg, height_m=np.zeros(len(place)))
        height = np.sum((position_m - ground) * up, axis=-1)
        place = _longitude_latitude(position_m - height[:, None] * up)
    return place


def _longitude_latitude(point_m: Floats) -> Floats:
    """Return longitude and geodetic latitude in degrees of points of the ellipsoid (..., 3), (..., 2)."""
    x, y, z = np.moveaxis(point_m, -1, 0)
    latitude = np.arctan2(z, (1.0 - EARTH_FLATTENING) ** 2 * np.hypot(x, y))
    return np.stack([np.degrees(np.arctan2(y, x)), np.degrees(latitude)], axis=-1)


def _unbroken(contour: Floats) -> Floats:
    """Return contours (A, P, 2) whose longitudes do not jump by 360 deg between corners."""
    contour = contour.copy()
    contour[..., 0] = np.unwrap(contour[..., 0], axis=-1, period=360.0)
    return contour
