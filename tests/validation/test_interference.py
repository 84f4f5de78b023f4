"""The layout of TR 38.821's calibration: against plain numpy, and what the choices of users and beams matter."""

import numpy as np
import pytest

from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles
from d2c.link.terminal import off_axis_loss_db
from d2c.units import from_db, to_db
from d2c.validation.interference_checks import beam_axes, geometry_percentiles, ground_along

SC6 = {
    "payload": "3gpp-set1-leo600-ka",
    "handset": "satcom-vsat",
    "losses": "tr38821",
    "altitude_km": 600.0,
}
SATELLITE_M = np.array([6_971_000.0, 0.0, 0.0])
PERCENT = (5, 50, 95)


@pytest.fixture(scope="module")
def payload():
    return models.read_payload(SC6["payload"])


def slowly(payload, direction, *, tiers=4):
    """Return the points of C/I and C/(I+N) over users in some directions, by the patterns' and budget's formulas."""
    axis, tier = beam_axes(payload, tiers=tiers)
    off_axis_deg = np.degrees(np.arccos(np.clip(direction @ axis.T, -1.0, 1.0)))
    gain = from_db(-off_axis_loss_db(payload.beam, off_axis_deg=off_axis_deg, frequency_hz=20e9))
    server = gain.argmax(axis=1)
    counted = tier[server] <= 2
    gain, direction = gain[counted], direction[counted]
    place_m = ground_along(direction, SATELLITE_M)
    look = look_angles(SATELLITE_M, handset_m=place_m, up=place_m / 6_371_000.0)
    link = RadioLink(payload, models.read_handset(SC6["handset"]), models.read_loss_set(SC6["losses"]))
    budget = link.downlink(
        slant_range_m=look.slant_range_m,
        elevation_deg=look.elevation_deg,
        off_nadir_deg=np.zeros(len(place_m)),
    )
    own = gain.max(axis=1)
    others = gain.sum(axis=1) - own
    c_i_db, c_in_db = to_db(own / others), to_db(own / (others + from_db(-budget.c_n_db)))
    return np.percentile(c_i_db, PERCENT), np.percentile(c_in_db, PERCENT)


def directions(*, on_ground, number=60_000, seed=6):
    """Return unit vectors from the satellite to places drawn evenly on the ground, or evenly in its view."""
    rng = np.random.default_rng(seed)
    turn, share = rng.uniform(0, 2 * np.pi, number), rng.uniform(0, 1, number)
    if on_ground:
        cosine = 1 - share * (1 - np.cos(0.008))  # within 51 km of the nadir
        sine = np.sqrt(1 - cosine**2)
        away = 6_371_000.0 * np.stack([sine * np.cos(turn), sine * np.sin(turn), -cosine], axis=-1)
        away[:, 2] += SATELLITE_M[0]
    else:
        sine = 0.0846 * np.sqrt(share)
        away = np.stack([sine * np.cos(turn), sine * np.sin(turn), np.sqrt(1 - sine**2)], axis=-1)
    return away / np.linalg.norm(away, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def sc6():
    return {quantity: geometry_percentiles(quantity, tiers=4, **SC6) for quantity in ("c_i_db", "c_in_db")}


@pytest.fixture(scope="module")
def on_ground(payload):
    return slowly(payload, directions(on_ground=True))


def test_layout_is_that_of_the_calibration(payload):
    axis, tier = beam_axes(payload, tiers=4)
    assert np.bincount(tier).tolist() == [1, 6, 12, 18, 24]  # 61 beams
    assert len(beam_axes(payload, tiers=6)[0]) == 127
    # QuaDRiGa's calibration: sqrt(3)/2 of the half-power width, 1.526 deg
    spacing_deg = np.degrees(np.arccos(axis[tier == 1] @ axis[tier == 0][0]))
    np.testing.assert_allclose(spacing_deg, 1.526, atol=0.003)


def test_beams_meet_the_sphere_where_they_point(payload):
    axis, _ = beam_axes(payload, tiers=4)
    place_m = ground_along(axis, SATELLITE_M)
    np.testing.assert_allclose(np.linalg.norm(place_m, axis=1), 6_371_000.0, rtol=1e-12)
    away = place_m - SATELLITE_M
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    np.testing.assert_allclose(np.stack([away[:, 2], away[:, 1], -away[:, 0]], axis=-1), axis, atol=1e-9)


def test_kernel_is_near_plain_numpy(sc6, on_ground):
    # four standard errors of the median, the widest, over 42,000 random users
    c_i_db, c_in_db = on_ground
    np.testing.assert_allclose(sc6["c_i_db"], c_i_db, atol=0.06)
    np.testing.assert_allclose(sc6["c_in_db"], c_in_db, atol=0.06)


def test_users_in_view_or_on_the_ground_are_alike(payload, on_ground):
    # the report leaves open where users are even; the same draws in both, so that only the difference counts
    in_view = slowly(payload, directions(on_ground=False))
    np.testing.assert_allclose(on_ground, in_view, atol=0.01)


def test_fewer_interferers_miss_the_printed_figures():
    # the inner 19 beams alone, without the two tiers around them
    outer = geometry_percentiles("c_i_db", tiers=2, **SC6)
    assert np.abs(np.subtract(outer, [-3.0, -1.0, 1.2])).max() > 3.0


def test_noise_only_lowers(sc6):
    assert all(c_in < c_i for c_i, c_in in zip(sc6["c_i_db"], sc6["c_in_db"], strict=True))
