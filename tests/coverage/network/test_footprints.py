"""Footprints on the ellipsoid, and the beams of an instant as the run assigned them."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from d2c import geodesy
from d2c.coverage.inputs import read_link
from d2c.coverage.network.footprints import (
    beam_footprints,
    footprints,
)
from d2c.coverage.run import run_coverage
from d2c.coverage.windows import Window
from d2c.link.beamwidth import HALF_POWER_DB, half_power_angle_deg
from d2c.link.geometry import footprint_radius_m
from d2c.link.terminal import off_axis_loss_db
from d2c.orbit import positions
from d2c.orbit.decay import NEVER
from d2c.scenario.load import read_scenario

CORNERS = 24
SINE_25_DEG = 0.4226


def place(latitude_deg, longitude_deg, height_m=0.0):
    """Return position and normal, each (1, 3)."""
    at = {"latitude_deg": np.array([latitude_deg]), "longitude_deg": np.array([longitude_deg])}
    return geodesy.position_m(**at, height_m=np.array([height_m])), geodesy.up(**at)


def on_ground(outline):
    """Return positions and normals (P, 3) of the corners of one outline."""
    at = {"longitude_deg": outline[:, 0], "latitude_deg": outline[:, 1]}
    return geodesy.position_m(**at, height_m=np.zeros(len(outline))), geodesy.up(**at)


def unit(vector):
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


@pytest.mark.parametrize("altitude_m", [340e3, 525e3, 1200e3])
@pytest.mark.parametrize("half_deg", [0.5, 2.64, 12.0])
def test_straight_down_the_footprint_is_that_of_the_sphere(altitude_m, half_deg):
    """At 35 deg the ellipsoid's mean radius of curvature is 6,370.9 km: the sphere of `footprint_radius_m`."""
    satellite, up = place(35.0, 12.0, altitude_m)
    outline = footprints(satellite, toward=-up, half_angle_deg=half_deg, corners=CORNERS)[0]
    below, _ = place(35.0, 12.0)
    chord = np.linalg.norm(on_ground(outline)[0] - below, axis=1)
    arc = 2 * 6371e3 * np.arcsin(chord / (2 * 6371e3))
    expected = footprint_radius_m(altitude_m=altitude_m, half_beamwidth_deg=half_deg)
    assert arc.mean() == pytest.approx(expected, rel=1e-3)
    assert np.ptp(arc) / expected < 5e-3  # the ellipsoid bends 0.4 % more along the meridian than across it


PAIRS = {
    "latitude_deg": st.floats(-85, 85),
    "longitude_deg": st.floats(-180, 180),
    "north_deg": st.floats(-6, 6),
    "east_deg": st.floats(-6, 6),
    "altitude_m": st.floats(300e3, 1500e3),
    "half_deg": st.floats(0.2, 6.0),
}


@given(**PAIRS)
def test_every_corner_is_off_the_axis_by_the_angle_on_the_near_side(
    latitude_deg, longitude_deg, north_deg, east_deg, altitude_m, half_deg
):
    satellite, _ = place(latitude_deg, longitude_deg, altitude_m)
    centre, up = place(np.clip(latitude_deg + north_deg, -89, 89), longitude_deg + east_deg)
    toward = unit(centre - satellite)
    assume(-np.sum(toward * up) > SINE_25_DEG)  # below, a wide beam may reach past the horizon
    outline = footprints(satellite, toward=toward, half_angle_deg=half_deg, corners=CORNERS)[0]
    corner, normal = on_ground(outline)
    rays = unit(corner - satellite)
    # by the cross product: the arc cosine of a number near one has no digits left
    off_axis_deg = np.degrees(np.arcsin(np.linalg.norm(np.cross(rays, toward), axis=1)))
    np.testing.assert_allclose(off_axis_deg, half_deg, atol=1e-6)
    assert (np.sum(-rays * normal, axis=1) > 0).all()


@given(**PAIRS)
def test_outlines_run_against_the_clock_and_have_no_jump(
    latitude_deg, longitude_deg, north_deg, east_deg, altitude_m, half_deg
):
    assume(abs(latitude_deg) < 70)
    satellite, _ = place(latitude_deg, longitude_deg, altitude_m)
    centre, up = place(latitude_deg + north_deg, longitude_deg + east_deg)
    toward = unit(centre - satellite)
    assume(-np.sum(toward * up) > SINE_25_DEG)
    outline = footprints(satellite, toward=toward, half_angle_deg=half_deg, corners=CORNERS)[0]
    assert np.abs(np.diff(outline, axis=0, append=outline[:1])).max() < 30
    x, y = (outline - outline.mean(axis=0)).T
    assert np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0  # twice the area, by the shoelace


def test_what_misses_the_earth_stands_on_the_horizon():
    satellite, _ = place(0.0, 0.0, 500e3)
    # From 500 km the horizon is 68 deg off the nadir; a beam 66 deg off it with 10 deg to each side reaches past.
    angle = np.radians(66)
    toward = np.array([[-np.cos(angle), np.sin(angle), 0.0]])
    outline = footprints(satellite, toward=toward, half_angle_deg=10.0, corners=48)[0]
    corner, normal = on_ground(outline)
    sine = np.sum(unit(satellite - corner) * normal, axis=1)
    assert (sine > -1e-6).all()
    past = np.abs(sine) < 1e-6
    assert 5 < past.sum() < 43
    assert outline[past][:, 0] == pytest.approx(
        21.9, abs=2.6
    )  # acos(6378 / 6878) = 22.0 deg, less to the sides


@pytest.mark.parametrize("payload", ["starlink-d2c", "ast-bluebird"])
def test_the_half_power_angle_is_where_the_pattern_has_lost_three_decibels(payload):
    link = read_link(read_scenario("italy-loaded", overrides=[f"link.payload={payload!r}"]).link)
    angle = half_power_angle_deg(link.payload)
    frequency_hz = link.payload.downlink.frequency_mhz.value * 1e6
    around = angle + np.array([-1e-6, 0.0, 1e-6])
    loss_db = off_axis_loss_db(link.payload.beam, off_axis_deg=around, frequency_hz=frequency_hz)
    assert loss_db[0] <= HALF_POWER_DB <= loss_db[2]
    assert loss_db[1] == pytest.approx(HALF_POWER_DB, abs=1e-4)


def test_the_half_power_angle_of_an_aperture_by_hand():
    """TR 38.811, 6.4.1: 4 |J1(x)/x|^2 with x = k a sin(angle); J1 tables give 0.5012 (-3.000 dB) at x = 1.6137."""
    link = read_link(read_scenario("italy", overrides=["link.payload=3gpp-set1-leo600"]).link)
    beam = link.payload.beam
    assert beam.pattern == "aperture"
    wavelength_m = 299_792_458 / (link.payload.downlink.frequency_mhz.value * 1e6)
    by_hand = np.degrees(np.arcsin(1.6137 * wavelength_m / (np.pi * beam.aperture_m.value)))
    assert half_power_angle_deg(link.payload) == pytest.approx(by_hand, rel=1e-4)


@pytest.fixture(scope="module")
def loaded():
    small = [
        "region.area=molise",
        "time.duration_h=3",
        "time.step_s=60",
        "beams.margin_km=150",
        "beams.reuse=3",
    ]
    return run_coverage(read_scenario("italy-loaded", overrides=small), workers=2)


def test_the_beams_of_an_instant_are_those_of_the_run(loaded):
    """At every step as many as the run counted; the hours' periods and any cut of the span included."""
    active = loaded.network.statistics.active_beams
    whole = beam_footprints(loaded.scenario, loaded.inputs, Window(0, loaded.samples))
    np.testing.assert_array_equal([len(lit) for lit in whole], active)
    for step in (0, 1, 59, 60, 61, 179):
        (alone,) = beam_footprints(loaded.scenario, loaded.inputs, Window(step, 1))
        assert alone.utc == whole[step].utc == loaded.inputs.start + step * np.timedelta64(60, "s")
        for name in ("satellite", "cell", "colour", "footprint", "sub_satellite_deg"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(whole[step], name), err_msg=name)


def test_each_footprint_holds_the_middle_of_its_beam_cell(loaded):
    for lit in beam_footprints(loaded.scenario, loaded.inputs, Window(30, 1)):
        grid = loaded.inputs.beams.grid
        middle = np.column_stack([grid.longitude_deg, grid.latitude_deg])[lit.cell]
        low, high = lit.footprint.min(axis=1), lit.footprint.max(axis=1)
        assert len(lit) > 10
        assert ((low < middle) & (middle < high)).all()
        np.testing.assert_array_equal(lit.colour, loaded.inputs.beams.colour[lit.cell])


def test_a_decayed_satellite_has_no_beam_in_the_run_nor_on_the_map(loaded, monkeypatch):
    """SGP4 loses some satellites at step 20 and gives their positions again from step 24 on."""
    step, lost_at = 130, 20
    (usual,) = beam_footprints(loaded.scenario, loaded.inputs, Window(step, 1))
    lost = np.unique(usual.satellite)[:3]
    real = positions.step_positions

    def with_a_loss(constellation, *, start, step_us, first, count):
        position_m = real(constellation, start=start, step_us=step_us, first=first, count=count)
        gone = np.isin(first + np.arange(count), range(lost_at, lost_at + 4))
        position_m[np.ix_(gone, lost)] = np.nan
        return position_m

    monkeypatch.setattr(positions, "step_positions", with_a_loss)
    run = run_coverage(loaded.scenario, workers=2)
    assert (run.decayed_at[lost] == lost_at).all()
    assert run.satellites_decayed == len(lost)
    whole = beam_footprints(run.scenario, run.inputs, Window(0, run.samples), decayed_at=run.decayed_at)
    of_satellite = np.array(
        [np.bincount(lit.satellite, minlength=len(run.inputs.constellation)) for lit in whole]
    )
    np.testing.assert_array_equal(of_satellite.sum(axis=0), run.network.statistics.beam_steps)
    assert not of_satellite[lost_at:, lost].any()
    for decayed_at in (run.decayed_at, None):
        (found,) = beam_footprints(run.scenario, run.inputs, Window(step, 1), decayed_at=decayed_at)
        assert len(found) == run.network.statistics.active_beams[step]
        assert not np.isin(found.satellite, lost).any()
        for name in ("satellite", "cell", "colour", "footprint", "sub_satellite_deg"):
            np.testing.assert_array_equal(getattr(found, name), getattr(whole[step], name), err_msg=name)
    # the steps that the assignment needs do not reach back to the loss: it must be known from before
    (unaware,) = beam_footprints(
        run.scenario, run.inputs, Window(step, 1), decayed_at=np.full(len(run.decayed_at), NEVER)
    )
    assert np.isin(lost, unaware.satellite).all()
