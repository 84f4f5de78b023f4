"""Earth-fixed states against Skyfield, and bit equality over windows."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sgp4
from hypothesis import given, settings
from hypothesis import strategies as st
from skyfield.api import EarthSatellite, load
from skyfield.framelib import itrs

from d2c.orbit.catalogue import read_elements, select
from d2c.orbit.constellation import Constellation, build_constellation
from d2c.orbit.element_set import ElementSet, new_record
from d2c.orbit.ephemeris import Ephemeris, propagate, step_positions
from d2c.orbit.interpolation import POINTS, doubtful
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.shipped import shipped_folder

SHARED = Path(__file__).parents[2].parent / "shared"
SAME_POSITION_M, SAME_VELOCITY_M_S = 1e-3, 1e-6
# Of steps between knots; where the last of twelve knots contributes more than 2 cm, SGP4 is evaluated at the steps.
NEAR_CIRCULAR_M, ANY_ORBIT_M = 0.01, 0.1
START = np.datetime64("2026-08-22T18:00:00", "us")
SECOND_US = 1_000_000
DAY = np.timedelta64(86_400 * SECOND_US, "us")


@pytest.fixture(scope="module")
def nominal():
    return read_elements(shipped_folder("tles") / "starlink-d2c-2026-08.tle")


@pytest.fixture(scope="module")
def sample():
    return read_elements(shipped_folder("tles") / "starlink-sample-2026-09.tle")


@pytest.fixture(scope="module")
def vallado():
    """Orbits of every kind: low, geostationary, Molniya, lunar distance, decaying."""
    return read_elements(Path(sgp4.__file__).parent / "SGP4-VER.TLE")


def single(constellation, number):
    return select(constellation, norad_id=(number,))


def skyfield_states(record, utc):
    """Return Skyfield's Earth-fixed positions and velocities (T, 3) at these instants."""
    ts = load.timescale(builtin=True)
    days = utc.astype("datetime64[D]")
    times = ts.utc(
        1970, 1, 1 + days.astype(int), 0, 0, (utc - days) / np.timedelta64(1, "s")
    )  # days since 1970 as a day of January is what Skyfield allows
    position, velocity = EarthSatellite.from_satrec(record, ts).at(times).frame_xyz_and_velocity(itrs)
    return position.m.T, velocity.m_per_s.T


@pytest.mark.parametrize("i", [0, 100, 255])
def test_published_elements_match_skyfield(sample, i):
    satellite = sample.take(np.array([i]))
    utc = satellite.epoch_utc[0] + np.arange(-40, 40) * np.timedelta64(1_234_567_891, "us")
    ephemeris = propagate(satellite, utc)
    position_m, velocity_m_s = skyfield_states(satellite.records[0], utc)
    assert np.abs(ephemeris.position_m[:, 0] - position_m).max() < SAME_POSITION_M
    assert np.abs(ephemeris.velocity_m_s[:, 0] - velocity_m_s).max() < SAME_VELOCITY_M_S


def test_every_orbit_class_matches_skyfield(vallado):
    for i in range(len(vallado)):
        satellite = vallado.take(np.array([i]))
        utc = satellite.epoch_utc[0] + np.arange(0, 12) * np.timedelta64(7 * 60 * SECOND_US, "us")
        ephemeris = propagate(satellite, utc)
        valid = np.isfinite(ephemeris.position_m[:, 0, 0])
        assert valid[0]
        position_m, velocity_m_s = skyfield_states(satellite.records[0], utc)
        assert np.abs(ephemeris.position_m[valid, 0] - position_m[valid]).max() < SAME_POSITION_M
        assert np.abs(ephemeris.velocity_m_s[valid, 0] - velocity_m_s[valid]).max() < SAME_VELOCITY_M_S


def test_direct_to_cell_satellites_match_skyfield():
    file = SHARED / "data" / "tles" / "starlink_dtc_2026-08-22.3le"
    if not file.is_file():
        pytest.skip("the real element sets of 2026-08-22 do not ship with the project")
    real = read_elements(file)
    utc = START + np.arange(5) * np.timedelta64(17_000 * SECOND_US, "us")
    ephemeris = propagate(real, utc)
    for i in range(0, len(real), 8):
        position_m, velocity_m_s = skyfield_states(real.records[i], utc)
        assert np.abs(ephemeris.position_m[:, i] - position_m).max() < SAME_POSITION_M
        assert np.abs(ephemeris.velocity_m_s[:, i] - velocity_m_s).max() < SAME_VELOCITY_M_S


def test_shapes_and_locks(nominal):
    few = nominal.take(np.arange(3))
    utc = START + np.arange(2) * DAY
    ephemeris = propagate(few, utc)
    assert ephemeris.position_m.shape == ephemeris.velocity_m_s.shape == (2, 3, 3)
    assert (ephemeris.utc == utc).all()
    with pytest.raises(ValueError, match="read-only"):
        ephemeris.position_m[0, 0, 0] = 0
    with pytest.raises(ValueError, match=r"\(T, S, 3\)"):
        Ephemeris(utc[:1], np.zeros((2, 3, 3)), np.zeros((2, 3, 3)))


def test_velocity_is_the_derivative_of_the_position(nominal):
    # Central difference over 2 s: h^2/6 of the third derivative, 7000 km (1.1e-3 / s)^3 / 6 = 1.6 mm/s. SGP4's
    # velocity leaves out terms of the second order in J2, each about 7.6 km/s (1.08e-3)^2 = 9 mm/s.
    utc = START + np.arange(3) * np.timedelta64(SECOND_US, "us")
    ephemeris = propagate(nominal, utc)
    slope = (ephemeris.position_m[2] - ephemeris.position_m[0]) / 2
    assert np.abs(slope - ephemeris.velocity_m_s[1]).max() < 0.05


@pytest.mark.parametrize("step_s", [1, 7, 30, 60, 61, 179, 239])
def test_steps_between_knots_are_within_a_centimetre(nominal, step_s):
    few = nominal.take(np.arange(0, 639, 20))
    count = 6000 // step_s  # a whole revolution
    exact = propagate(few, START + np.arange(count) * np.timedelta64(step_s * SECOND_US, "us")).position_m
    stepped = step_positions(few, start=START, step_us=step_s * SECOND_US, first=0, count=count)
    assert stepped.shape == exact.shape
    assert np.linalg.norm(stepped - exact, axis=2).max() < NEAR_CIRCULAR_M


def test_steps_of_every_orbit_class_match_skyfield(vallado):
    # Molniya-like perigees, geostationary, decaying: where twelve knots are not enough, SGP4 is evaluated at the steps.
    utc = np.arange(100) * np.timedelta64(431 * SECOND_US, "us")
    for i in range(len(vallado)):
        satellite, start = vallado.take(np.array([i])), vallado.epoch_utc[i]
        # steps of 43.1 s, of which every tenth is looked at
        stepped = step_positions(satellite, start=start, step_us=43_100_000, first=0, count=1000)[::10, 0]
        valid = np.isfinite(stepped[:, 0])
        assert valid[0]
        position_m, _ = skyfield_states(satellite.records[0], start + utc)
        assert np.linalg.norm(stepped[valid] - position_m[valid], axis=1).max() < ANY_ORBIT_M


def test_low_polar_orbits_need_no_sgp4_call_between_knots():
    # the oblate Earth pulls most over the poles; SGP4 at the steps would be correct too, but slow
    low = walker_constellation([parse_walker("97:60/6/1", altitude_km=200.0)], epoch=START)
    knots_m = propagate(low, START + np.arange(360) * np.timedelta64(240 * SECOND_US, "us")).position_m
    assert not any(doubtful(knots_m[k : k + POINTS]).any() for k in range(360 - POINTS))


@pytest.mark.parametrize("step_s", [240, 241, 600])
def test_long_steps_are_propagated(nominal, step_s):
    few = nominal.take(np.arange(4))
    exact = propagate(few, START + np.arange(5, 45) * np.timedelta64(step_s * SECOND_US, "us")).position_m
    stepped = step_positions(few, start=START, step_us=step_s * SECOND_US, first=5, count=40)
    assert np.array_equal(stepped, exact)


@pytest.mark.parametrize("step_s", [20, 80])
def test_knots_are_propagated(nominal, step_s):
    few = nominal.take(np.arange(4))
    exact = propagate(few, START + np.arange(10) * np.timedelta64(240 * SECOND_US, "us")).position_m
    per_knot = 240 // step_s
    stepped = step_positions(few, start=START, step_us=step_s * SECOND_US, first=0, count=9 * per_knot + 1)
    assert np.array_equal(stepped[::per_knot], exact)


@pytest.mark.parametrize("number", [22312, 28872, 29141])
def test_a_decaying_satellite_has_positions_until_its_last_step(vallado, number):
    satellite = single(vallado, number)
    start = satellite.epoch_utc[0]
    exact = propagate(satellite, start + np.arange(2880) * np.timedelta64(30 * SECOND_US, "us")).position_m
    stepped = step_positions(satellite, start=start, step_us=30 * SECOND_US, first=0, count=2880)
    first_nan = np.isnan(exact[:, 0, 0]).argmax()
    assert first_nan > 0
    assert np.isnan(stepped[:, 0, 0]).argmax() == first_nan
    assert np.linalg.norm(stepped - exact, axis=2)[:first_nan].max() < ANY_ORBIT_M
    # SGP4 may give positions again later, for too short a time to fall on a knot, but never without a state of its own
    assert np.isnan(stepped[np.isnan(exact)]).all()


@settings(deadline=None)
@given(
    step_us=st.integers(100_000, 200 * SECOND_US),
    cuts=st.lists(st.integers(1, 119), max_size=5, unique=True),
    offset=st.integers(0, 5_000),
)
def test_any_division_into_windows_gives_the_same_bits(vallado, nominal, step_us, cuts, offset):
    # Near-Earth and deep-space satellites together: the latter carry their integrator's state from call to call.
    few = nominal.take(np.array([0, 400]))
    deep = vallado.take(np.array([3, 5, 12, 16, 20]))
    for satellites, start in ((few, START), (deep, np.datetime64("2006-06-25T00:00:00.25", "us"))):

        def window(first, count, satellites=satellites, start=start):
            return step_positions(satellites, start=start, step_us=step_us, first=first, count=count)

        whole = window(offset, 120)
        edges = [0, *sorted(cuts), 120]
        parts = [window(offset + a, b - a) for a, b in pairwise(edges)]
        assert np.array_equal(np.concatenate(parts), whole, equal_nan=True)


def test_order_and_number_of_satellites_do_not_matter(nominal):
    few = nominal.take(np.arange(6))
    turned = nominal.take(np.arange(6)[::-1])
    one_way = step_positions(few, start=START, step_us=30 * SECOND_US, first=3, count=9)
    other = step_positions(turned, start=START, step_us=30 * SECOND_US, first=3, count=9)
    assert np.array_equal(one_way, other[:, ::-1])
    for i in range(6):
        alone = step_positions(few.take(np.array([i])), start=START, step_us=30 * SECOND_US, first=3, count=9)
        assert np.array_equal(alone[:, 0], one_way[:, i])


def test_no_satellites_have_no_positions(nominal):
    none = nominal.take(np.arange(0))
    for step_s in (30, 300):
        stepped = step_positions(none, start=START, step_us=step_s * SECOND_US, first=0, count=20)
        assert stepped.shape == (20, 0, 3)


def test_decayed_satellites_are_nan_and_others_unaffected(vallado, nominal):
    # 29141 of Vallado's file, in the last stage of decay: his program prints its last state for 420 min.
    both = Constellation(
        records=(single(vallado, 29141).records[0], nominal.records[0]),
        name=("SL-14 DEB", nominal.name[0]),
        norad_id=np.array([29141, 80001]),
        epoch_utc=np.array([single(vallado, 29141).epoch_utc[0], START]),
        rejected=(),
        dropped=(),
        source="test",
    )
    utc = both.epoch_utc[0] + np.arange(0, 1440, 20) * np.timedelta64(60 * SECOND_US, "us")
    ephemeris = propagate(both, utc)
    decayed = np.isnan(ephemeris.position_m[:, 0]).all(axis=1)
    assert not decayed[0]
    assert decayed[440 // 20 :].all()
    assert np.isnan(ephemeris.velocity_m_s[decayed, 0]).all()
    assert np.isfinite(ephemeris.position_m[:, 1]).all()


def test_below_the_surface_is_nan(vallado):
    # 22312, decayed 2006-04-04: SGP4 takes it through the ground before it reports error 6 or 1.
    satellite = single(vallado, 22312)
    utc = satellite.epoch_utc[0] + np.arange(0, 1440, 2) * np.timedelta64(60 * SECOND_US, "us")
    position_m = propagate(satellite, utc).position_m[:, 0]
    valid = np.isfinite(position_m[:, 0])
    x, y, z = position_m[valid].T
    assert ((x**2 + y**2) / 6_378_137.0**2 + z**2 / 6_356_752.3**2).min() >= 1


def test_invalid_states_with_error_code_0_are_nan():
    # satellite-js issue 152: two years after the epoch of this high-drag set SGP4 gives an altitude of 28,000 km
    # with error code 0; python-sgp4 issue 137 is the same.
    record = new_record(
        norad_id=45110,
        epoch_utc=np.datetime64("2023-08-20T19:24:58", "us"),
        mean_motion_rev_day=15.34502222,
        eccentricity=0.0009740,
        inclination_deg=69.9913,
        raan_deg=111.5649,
        argument_of_perigee_deg=159.9373,
        mean_anomaly_deg=200.0626,
        bstar=0.32750e-2,
    )
    satellite = build_constellation([ElementSet(1, "X", 45110, record)], rejected=(), source="test")
    late = satellite.epoch_utc[0] + np.arange(840, 860) * DAY
    errors = [record.sgp4_tsince(days * 1440.0)[0] for days in range(840, 860)]
    assert 0 in errors
    assert np.isnan(propagate(satellite, late).position_m).all()
    early = satellite.epoch_utc[0] + np.arange(0, 14) * DAY
    assert np.isfinite(propagate(satellite, early).position_m).all()
