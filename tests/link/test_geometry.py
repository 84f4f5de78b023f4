"""Geometry against printed values and Skyfield."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyfield.api import load, wgs84
from skyfield.framelib import itrs

from d2c.errors import ModelRangeError
from d2c.link.geometry import delay_s, doppler, look_at, look_on_sphere


@pytest.mark.parametrize(
    ("altitude_km", "printed_km"),
    # 3GPP TR 36.763 V0.0.12, largest distance at 10 deg of elevation
    [(600, 1932), (1200, 3131)],
)
def test_slant_range_at_10_deg(altitude_km, printed_km):
    look = look_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=10)
    assert look.slant_range_m / 1e3 == pytest.approx(printed_km, abs=0.5)


def test_slant_range_of_a_geostationary_satellite():
    # TR 36.763 set 3: edge of the beam at 12.5 deg, 40,316 km
    look = look_on_sphere(altitude_m=35_786e3, elevation_deg=12.5)
    assert look.slant_range_m / 1e3 == pytest.approx(40_316, abs=1)


def test_round_trip_delay():
    # TR 36.763: 25.77 ms for a transparent payload at 600 km: handset and gateway both at 10 deg, there and back
    look = look_on_sphere(altitude_m=600e3, elevation_deg=10)
    assert 4e3 * delay_s(slant_range_m=look.slant_range_m) == pytest.approx(25.77, abs=0.01)


@given(st.floats(150, 40_000), st.floats(0, 90))
def test_triangle_closes(altitude_km, elevation_deg):
    # the angles of the triangle Earth's centre, handset, satellite: hand derivation by the law of sines
    look = look_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=elevation_deg)
    centre = np.radians(90 - elevation_deg - look.off_nadir_deg)
    radius = 6_371e3 + altitude_km * 1e3
    # the half-chord form keeps its digits for small angles
    chord2 = (radius - 6_371e3) ** 2 + 4 * radius * 6_371e3 * np.sin(centre / 2) ** 2
    assert look.slant_range_m == pytest.approx(np.sqrt(chord2), rel=1e-9)


@pytest.mark.parametrize(("altitude_m", "elevation_deg"), [(600e3, -1), (600e3, 91), (0, 30), (-5, 30)])
def test_outside_the_range_is_an_error(altitude_m, elevation_deg):
    with pytest.raises(ModelRangeError):
        look_on_sphere(altitude_m=altitude_m, elevation_deg=elevation_deg)


def test_look_at_equals_skyfield():
    timescale = load.timescale(builtin=True)
    time = timescale.utc(2026, 8, 22, 18)
    here, there = wgs84.latlon(42.35, 13.4), wgs84.latlon(40.0, 10.0, elevation_m=360e3)
    altitude, _, distance = (there - here).at(time).altaz()
    up = [
        np.cos(np.radians(42.35)) * np.cos(np.radians(13.4)),
        np.cos(np.radians(42.35)) * np.sin(np.radians(13.4)),
    ]
    look = look_at(
        there.at(time).frame_xyz(itrs).m,
        handset_m=here.at(time).frame_xyz(itrs).m,
        up=np.array([*up, np.sin(np.radians(42.35))]),
    )
    assert look.elevation_deg == pytest.approx(altitude.degrees, abs=1e-7)
    assert look.slant_range_m == pytest.approx(distance.m, abs=0.01)


def test_doppler_of_a_satellite_that_comes_straight():
    # 7,560 m/s towards the handset: 25.2 ppm by v / c
    shift = doppler(
        satellite_m=np.array([7e6, 0, 0]),
        velocity_m_s=np.array([-7560.0, 0, 0]),
        handset_m=np.array([6.4e6, 0, 0]),
    )
    assert shift * 1e6 == pytest.approx(25.217, abs=0.001)
