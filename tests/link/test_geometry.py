"""Satellite-handset geometry and Doppler against printed values, hand derivations and Skyfield."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyfield.api import load, wgs84
from skyfield.framelib import itrs

from d2c.constants import EARTH_GM_M3_S2, SPEED_OF_LIGHT_M_S, SPHERE_RADIUS_M
from d2c.errors import ModelRangeError
from d2c.link.geometry import (
    azimuth_deg,
    delay_s,
    doppler,
    doppler_on_sphere,
    doppler_rate_on_sphere,
    elevation_at_offset_deg,
    footprint_radius_m,
    look_angles,
    look_angles_on_sphere,
    orbital_speed_m_s,
)

# 0.93 ppm, printed separately in the geostationary column
AIRCRAFT_PPM = 1000 / 3.6 / SPEED_OF_LIGHT_M_S * 1e6


@pytest.mark.parametrize(
    ("altitude_km", "printed_km"),
    # 3GPP TR 36.763 V0.0.12, largest distance at 10 deg of elevation
    [(600, 1932), (1200, 3131)],
)
def test_slant_range_at_10_deg(altitude_km, printed_km):
    look = look_angles_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=10)
    assert look.slant_range_m / 1e3 == pytest.approx(printed_km, abs=0.5)


def test_slant_range_of_a_geostationary_satellite():
    # TR 36.763 set 3: edge of the beam at 12.5 deg, 40,316 km
    look = look_angles_on_sphere(altitude_m=35_786e3, elevation_deg=12.5)
    assert look.slant_range_m / 1e3 == pytest.approx(40_316, abs=1)


def test_round_trip_delay():
    # TR 36.763: 25.77 ms for a transparent payload at 600 km: handset and gateway both at 10 deg, round trip
    look = look_angles_on_sphere(altitude_m=600e3, elevation_deg=10)
    assert 4e3 * delay_s(slant_range_m=look.slant_range_m) == pytest.approx(25.77, abs=0.01)


@given(st.floats(150, 40_000), st.floats(0, 90))
def test_law_of_sines(altitude_km, elevation_deg):
    # triangle of Earth's centre, handset and satellite: hand derivation by the law of sines
    look = look_angles_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=elevation_deg)
    centre = np.radians(90 - elevation_deg - look.off_nadir_deg)
    radius = 6_371e3 + altitude_km * 1e3
    # the half-chord form keeps full precision for small angles
    chord2 = (radius - 6_371e3) ** 2 + 4 * radius * 6_371e3 * np.sin(centre / 2) ** 2
    assert look.slant_range_m == pytest.approx(np.sqrt(chord2), rel=1e-9)


@pytest.mark.parametrize(("altitude_m", "elevation_deg"), [(600e3, -1), (600e3, 91), (0, 30), (-5, 30)])
def test_range_errors(altitude_m, elevation_deg):
    with pytest.raises(ModelRangeError):
        look_angles_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg)


def test_look_angles_equal_skyfield():
    timescale = load.timescale(builtin=True)
    time = timescale.utc(2026, 8, 22, 18)
    site, target = wgs84.latlon(42.35, 13.4), wgs84.latlon(40.0, 10.0, elevation_m=360e3)
    altitude, azimuth, distance = (target - site).at(time).altaz()
    up = [
        np.cos(np.radians(42.35)) * np.cos(np.radians(13.4)),
        np.cos(np.radians(42.35)) * np.sin(np.radians(13.4)),
    ]
    path = {
        "handset_m": site.at(time).frame_xyz(itrs).m,
        "up": np.array([*up, np.sin(np.radians(42.35))]),
    }
    satellite_m = target.at(time).frame_xyz(itrs).m
    look = look_angles(satellite_m, **path)
    assert azimuth_deg(satellite_m, **path) == pytest.approx(azimuth.degrees, abs=1e-7)
    assert look.elevation_deg == pytest.approx(altitude.degrees, abs=1e-7)
    assert look.slant_range_m == pytest.approx(distance.m, abs=0.01)


def test_doppler_of_a_head_on_satellite():
    # 7,560 m/s towards the handset: 25.2 ppm by v / c
    shift = doppler(
        satellite_m=np.array([7e6, 0, 0]),
        velocity_m_s=np.array([-7560.0, 0, 0]),
        handset_m=np.array([6.4e6, 0, 0]),
    )
    assert shift * 1e6 == pytest.approx(25.217, abs=0.001)


@pytest.mark.parametrize(("altitude_km", "printed_km_s"), [(600, 7.5622), (1500, 7.1172), (10_000, 4.9301)])
def test_orbital_speed(altitude_km, printed_km_s):
    # 3GPP TR 38.811 V15.4.0, table 5.3.4.3.2-7; no radius and gravitational constant fit all three rows exactly
    assert orbital_speed_m_s(altitude_m=altitude_km * 1e3) / 1e3 == pytest.approx(printed_km_s, rel=1e-3)


@pytest.mark.parametrize(("altitude_km", "printed_ppm"), [(600, 24), (1200, 21)])
def test_maximum_doppler(altitude_km, printed_ppm):
    # TR 36.763 V0.0.12: 24 and 21 ppm. The shift at a stationary handset is less at any elevation; an aircraft of
    # 1,000 km/h (TR 38.811, 5.3.4.3.2) adds its speed, and the sum at the horizon rounds to the printed figure
    shift_ppm = doppler_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=np.linspace(0, 90, 91)) * 1e6
    assert shift_ppm.max() <= printed_ppm
    assert round(shift_ppm[0] + AIRCRAFT_PPM) == printed_ppm


@pytest.mark.parametrize(("altitude_km", "printed_khz"), [(600, 48), (1500, 40), (10_000, 15)])
def test_maximum_doppler_at_2_ghz(altitude_km, printed_khz):
    # TR 38.811 V15.4.0, table 5.3.4.3.2-7, including the speed of the aircraft
    shift_ppm = doppler_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=0) * 1e6
    assert round((shift_ppm + AIRCRAFT_PPM) * 2) == printed_khz


@pytest.mark.parametrize(("altitude_km", "printed_hz_s", "half_digit"), [(1500, 180, 5), (10_000, 6, 0.5)])
def test_maximum_doppler_rate_at_2_ghz(altitude_km, printed_hz_s, half_digit):
    # TR 38.811 V15.4.0, table 5.3.4.3.2-7, whose text omits the minus sign
    rate = doppler_rate_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=90) * 2e9
    assert -rate == pytest.approx(printed_hz_s, abs=half_digit)


def test_maximum_doppler_rate():
    # TR 36.763 V0.0.12: 0.13 ppm/s at 1200 km, a maximum: R w^2 (R + h) / h / c is 0.123. Its 0.27 at 600 km is
    # less than the 0.29 of a pass through the zenith over a non-rotating Earth, and more than the 0.25 of an
    # equatorial orbit over a rotating one (w less 7.2921e-5 rad/s): the report does not state the inclination.
    def at_zenith(altitude_km, earth_rotation_rad_s):
        radius = SPHERE_RADIUS_M + altitude_km * 1e3
        speed = np.sqrt(EARTH_GM_M3_S2 / radius**3) - earth_rotation_rad_s
        return speed**2 * SPHERE_RADIUS_M * radius / (altitude_km * 1e3) / SPEED_OF_LIGHT_M_S * 1e6

    for altitude_km in (600, 1200):
        rate_ppm_s = doppler_rate_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=90) * 1e6
        assert -rate_ppm_s == pytest.approx(at_zenith(altitude_km, 0), rel=1e-12)
    assert at_zenith(1200, 0) < 0.13
    assert at_zenith(600, 7.2921e-5) < 0.27 < at_zenith(600, 0) < 0.27 * 1.08


def test_doppler_of_the_space_station_by_hand():
    # J. R. Miller (G3RUH), amsat-bb, 22 December 2004: Re W = 7.290 km/s at the horizon and Re Rs W^2 / (Rs - Re) =
    # 157 m/s2 overhead, with Re = 6378.14 km and Rs = 6735 km; on the 6,371 km sphere the same height is 357 km
    shift = doppler_on_sphere(altitude_m=357e3, elevation_deg=0) * SPEED_OF_LIGHT_M_S
    rate = doppler_rate_on_sphere(altitude_m=357e3, elevation_deg=90) * SPEED_OF_LIGHT_M_S
    assert shift / 1e3 == pytest.approx(7.290, abs=0.005)
    assert -rate == pytest.approx(157, abs=0.5)


def pass_in_the_plane(altitude_m, elevation_deg, seconds=0.0):
    """Return satellite position and velocity, after `seconds`, and handset position of a pass in the orbital plane."""
    radius = SPHERE_RADIUS_M + altitude_m
    look = look_angles_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg)
    speed = orbital_speed_m_s(altitude_m=altitude_m)
    angle = np.radians(90 - elevation_deg - look.off_nadir_deg) - speed / radius * seconds
    position = radius * np.array([np.cos(angle), np.sin(angle), 0])
    velocity = speed * np.array([np.sin(angle), -np.cos(angle), 0])
    return position, velocity, np.array([SPHERE_RADIUS_M, 0, 0])


@given(st.floats(150e3, 36_000e3), st.floats(1, 89))
def test_doppler_on_sphere_equals_vectors(altitude_m, elevation_deg):
    position, velocity, handset = pass_in_the_plane(altitude_m, elevation_deg)
    by_vectors = doppler(satellite_m=position, velocity_m_s=velocity, handset_m=handset)
    shift = doppler_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg)
    assert shift == pytest.approx(by_vectors, rel=1e-9)
    assert shift > 0  # approaching


@given(st.floats(150e3, 36_000e3), st.floats(1, 90))
def test_doppler_rate_is_the_derivative(altitude_m, elevation_deg):
    # about a hundredth of the pass
    half_step_s = 0.01 * altitude_m / orbital_speed_m_s(altitude_m=altitude_m)
    before, after = (
        doppler(satellite_m=position, velocity_m_s=velocity, handset_m=handset)
        for position, velocity, handset in (
            pass_in_the_plane(altitude_m, elevation_deg, s) for s in (-half_step_s, half_step_s)
        )
    )
    rate = doppler_rate_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg)
    assert rate == pytest.approx((after - before) / (2 * half_step_s), rel=2e-3)


@given(st.floats(150e3, 36_000e3), st.floats(20, 90), st.floats(-100e3, 100e3))
def test_elevation_at_a_displaced_site(altitude_m, elevation_deg, offset_m):
    # the same satellite, by vectors from a site rotated by the offset along the ground
    position, _, _ = pass_in_the_plane(altitude_m, elevation_deg)
    angle = offset_m / SPHERE_RADIUS_M
    up = np.array([np.cos(angle), np.sin(angle), 0])
    path = position - SPHERE_RADIUS_M * up
    forward = np.array([-np.sin(angle), np.cos(angle), 0])
    by_vectors = np.degrees(np.arctan2(path @ up, path @ forward))
    elevation_at_site = elevation_at_offset_deg(
        altitude_m=altitude_m, elevation_deg=elevation_deg, offset_m=offset_m
    )
    assert elevation_at_site == pytest.approx(by_vectors, abs=1e-6)


@pytest.mark.parametrize(
    ("altitude_km", "beamwidth_deg", "printed_km"),
    # TR 36.763 V0.0.12, tables 6.2-6 and 6.2-7: sets 3 and 4, satellite beam diameter at nadir point
    [(600, 22.0631, 234), (1200, 22.0631, 470), (35_786, 0.7353, 459), (600, 104.7, 1700)],
)
def test_beam_diameter(altitude_km, beamwidth_deg, printed_km):
    radius_m = footprint_radius_m(altitude_m=altitude_km * 1e3, half_beamwidth_deg=beamwidth_deg / 2)
    assert 2 * radius_m / 1e3 == pytest.approx(printed_km, rel=0.01)


def test_beam_beyond_the_horizon_has_no_footprint():
    # at 600 km the horizon is asin(6371 / 6971) = 66.05 deg off the nadir
    radius_m = footprint_radius_m(altitude_m=600e3, half_beamwidth_deg=np.array([66.0, 66.1]))
    assert np.isnan(radius_m).tolist() == [False, True]
