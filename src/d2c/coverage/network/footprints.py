"""Footprints of the active beams at an instant: their -3 dB contours on the ground."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.constants import EARTH_EQUATORIAL_RADIUS_M, EARTH_FLATTENING
from d2c.coverage.inputs import Inputs, position_stream
from d2c.coverage.kernels._interference import ActiveBeams
from d2c.coverage.network.assignment import active_beams, assign_beams, assignment_setup
from d2c.coverage.radio import kernel_link
from d2c.coverage.windows import Window
from d2c.link.beamwidth import half_power_angle_deg
from d2c.scenario.model import Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamFootprints:
    """The A active beams at one instant, by satellite.

    satellite, cell, colour (A,): indices of the satellite and the beam cell, and the frequency colour, as in
    `BeamPlan`; footprint (A, P, 2): longitude and latitude of the contour, not closed;
    sub_satellite_deg (A, 2): longitude and latitude of the sub-satellite point.
    """

    utc: np.datetime64
    satellite: NDArray[np.int64]
    cell: NDArray[np.int64]
    colour: NDArray[np.int64]
    footprint: Floats
    sub_satellite_deg: Floats

    def __len__(self) -> int:
        """Return the number of beams."""
        return len(self.satellite)


def beam_footprints(
    scenario: Scenario,
    inputs: Inputs,
    window: Window,
    *,
    decayed_at: NDArray[np.int64] | None = None,
    corners: int = 48,
) -> list[BeamFootprints]:
    """Return the active beams at each step of a window, as the run of that scenario assigns them.

    decayed_at (S,): decay steps of the satellites from the run; unless given, the steps before the window are searched
    for them. Only for a scenario with beams.
    """
    plan, step_us = inputs.beams, scenario.time.step_us
    assert plan is not None
    link, _ = kernel_link(scenario, inputs)
    setup = assignment_setup(
        plan, link=inputs.link, step_us=step_us, min_elevation_deg=scenario.link.min_elevation_deg
    )
    lead = setup.lead_steps(window)
    first = window.first - lead
    stream = position_stream(scenario, inputs)
    if decayed_at is None:
        decayed_at = stream.decays_before(first)
    position_m = stream.window(first=first, count=lead + window.count, decayed_at=decayed_at).position_m
    server = assign_beams(position_m, setup, link, window).server[lead:]
    position_m = position_m[lead:]
    beams = active_beams(server, position_m, setup, link)
    half_deg = half_power_angle_deg(inputs.link.payload)
    return [
        _step_footprints(
            beams,
            k,
            position_m[k],
            half_deg=half_deg,
            corners=corners,
            utc=_instant(scenario, inputs, window.first + k),
        )
        for k in range(window.count)
    ]


def _step_footprints(
    beams: ActiveBeams, step: int, position_m: Floats, *, half_deg: float, corners: int, utc: np.datetime64
) -> BeamFootprints:
    of_step = slice(beams.first[step], beams.first[step + 1])
    satellite = beams.satellite[of_step]
    at = position_m[satellite]
    return BeamFootprints(
        utc=utc,
        satellite=satellite,
        cell=beams.cell[of_step],
        colour=beams.colour[of_step],
        footprint=footprints(at, toward=beams.toward[of_step], half_angle_deg=half_deg, corners=corners),
        sub_satellite_deg=geodesy.foot_longitude_latitude_deg(at),
    )


def _instant(scenario: Scenario, inputs: Inputs, step: int) -> np.datetime64:
    return inputs.start + step * np.timedelta64(scenario.time.step_us, "us")


def footprints(satellite_m: Floats, *, toward: Floats, half_angle_deg: float, corners: int) -> Floats:
    """Return the intersections of cones about the directions `toward` (A, 3) from satellites (A, 3) with the ellipsoid.

    Longitude and latitude in degrees (A, P, 2), counter-clockwise as seen from above; longitudes of one contour are
    continuous and may pass 180 deg. Rays that miss the Earth are replaced by the nearest point of the horizon.
    """
    across = np.cross(toward, satellite_m)  # horizontal, unless the beam points to nadir
    straight = np.linalg.norm(across, axis=1) < 1e-9 * np.linalg.norm(satellite_m, axis=1)
    across[straight] = np.cross(toward[straight], [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across, axis=1)[:, None]
    along = np.cross(across, toward)
    half, turn = np.radians(half_angle_deg), 2 * np.pi * np.arange(corners) / corners
    rim = np.cos(turn)[:, None] * across[:, None] + np.sin(turn)[:, None] * along[:, None]
    rays = np.cos(half) * toward[:, None] + np.sin(half) * rim
    return _unbroken(geodesy.surface_longitude_latitude_deg(_on_ground(satellite_m[:, None], rays)))


def _on_ground(from_m: Floats, rays: Floats) -> Floats:
    """Return the first intersection of rays with the ellipsoid, or the nearest point of the horizon."""
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
    """Return the tangent point from `start` to a sphere of the equatorial radius, in the azimuth of each ray."""
    distance = np.linalg.norm(start, axis=-1, keepdims=True)
    outward = start / distance
    aside = ray - np.sum(ray * outward, axis=-1, keepdims=True) * outward
    aside /= np.maximum(
        np.linalg.norm(aside, axis=-1, keepdims=True), 1e-12
    )  # straight down there is no side
    cosine = EARTH_EQUATORIAL_RADIUS_M / distance
    return np.asarray(EARTH_EQUATORIAL_RADIUS_M * (cosine * outward + np.sqrt(1 - cosine**2) * aside))


def _unbroken(contour: Floats) -> Floats:
    """Return contours (A, P, 2) whose longitudes do not jump by 360 deg between corners."""
    contour = contour.copy()
    contour[..., 0] = np.unwrap(contour[..., 0], axis=-1, period=360.0)
    return contour
