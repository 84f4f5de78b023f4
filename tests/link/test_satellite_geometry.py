"""What a handset sees of a real satellite against Skyfield, and the residuals against vectors."""

import numpy as np
import pytest
from skyfield.api import EarthSatellite, load, wgs84

from d2c.constants import SPEED_OF_LIGHT_M_S
from d2c.errors import ModelRangeError
from d2c.library import models as systems
from d2c.link.satellite_geometry import footprint, geometry_on_sphere, next_in_view_utc, satellite_geometry
from d2c.orbit.catalogue import find_elements, read_elements

TIMES = load.timescale(builtin=True)


@pytest.fixture(scope="module")
def constellation():
    """Real Starlinks of September 2026."""
    return read_elements(find_elements("starlink-sample-2026-09"))


def skyfield_time(utc, seconds=0.0):
    day = utc.astype("datetime64[D]")
    at = day.item()
    since_midnight = (utc - day) / np.timedelta64(1, "s")
    return TIMES.utc(at.year, at.month, at.day, 0, 0, since_midnight + seconds)


@pytest.mark.parametrize(("index", "north_deg", "east_deg"), [(0, 4, 3), (57, -6, 2), (131, 0, 0.4)])
def test_real_satellite_equals_skyfield(constellation, index, north_deg, east_deg):
    utc = constellation.epoch_utc[index].astype("datetime64[s]") + np.timedelta64(900, "s")
    satellite = EarthSatellite.from_satrec(constellation.records[index], TIMES)
    below = wgs84.subpoint(satellite.at(skyfield_time(utc)))
    latitude_deg, longitude_deg = below.latitude.degrees + north_deg, below.longitude.degrees + east_deg
    path = satellite - wgs84.latlon(latitude_deg, longitude_deg)
    elevation, _, distance = path.at(skyfield_time(utc)).altaz()

    def range_rate_m_s(seconds):
        state = path.at(skyfield_time(utc, seconds))
        return state.position.m @ state.velocity.m_per_s / np.linalg.norm(state.position.m)

    sight = satellite_geometry(
        constellation, index, utc=utc, latitude_deg=latitude_deg, longitude_deg=longitude_deg
    )
    assert sight.look.elevation_deg == pytest.approx(elevation.degrees, abs=1e-7)
    assert sight.look.slant_range_m == pytest.approx(distance.m, abs=1e-3)
    assert sight.delay_s == pytest.approx(distance.m / SPEED_OF_LIGHT_M_S, rel=1e-9)
    assert sight.doppler * SPEED_OF_LIGHT_M_S == pytest.approx(-range_rate_m_s(0), abs=1e-5)
    # a difference of five points, against the three of `sight_of`
    weights = {-1.0: 1 / 12, -0.5: -8 / 12, 0.5: 8 / 12, 1.0: -1 / 12}
    rate_m_s2 = sum(w * range_rate_m_s(s) for s, w in weights.items()) / 0.5
    assert sight.doppler_rate * SPEED_OF_LIGHT_M_S == pytest.approx(-rate_m_s2, rel=1e-5)
    assert np.isnan(sight.residual_doppler)


def test_residual_of_a_real_satellite_equals_skyfield(constellation):
    # 30 km from the beam's centre along the ground track of the pass, which is found here by subpoints
    index, radius_m = 0, 30e3
    utc = constellation.epoch_utc[index].astype("datetime64[s]") + np.timedelta64(900, "s")
    satellite = EarthSatellite.from_satrec(constellation.records[index], TIMES)
    here = wgs84.subpoint(satellite.at(skyfield_time(utc)))
    place = {"latitude_deg": here.latitude.degrees, "longitude_deg": here.longitude.degrees}
    seconds = 2.0
    ahead = wgs84.subpoint(satellite.at(skyfield_time(utc, seconds)))
    degrees = np.array(
        [
            ahead.latitude.degrees - here.latitude.degrees,
            (ahead.longitude.degrees - here.longitude.degrees) * np.cos(here.latitude.radians),
        ]
    )
    toward = degrees / np.hypot(*degrees) * np.degrees(radius_m / 6_371_000)

    def range_rate_m_s(latitude_deg, longitude_deg):
        state = (satellite - wgs84.latlon(latitude_deg, longitude_deg)).at(skyfield_time(utc))
        return state.position.m @ state.velocity.m_per_s / np.linalg.norm(state.position.m)

    moved = (
        place["latitude_deg"] + toward[0],
        place["longitude_deg"] + toward[1] / np.cos(here.latitude.radians),
    )
    expected = range_rate_m_s(*moved) - range_rate_m_s(*place.values())
    sight = satellite_geometry(constellation, index, utc=utc, **place, beam_radius_m=radius_m)
    assert sight.residual_doppler * SPEED_OF_LIGHT_M_S == pytest.approx(abs(expected), rel=5e-3)


def test_residual_below_the_satellite_by_hand():
    # At the zenith w R sin(theta) (R + h) / range is the shift at the centre, theta = 25 / 6371: with h = 600 km,
    # w = 1.08474e-3 rad/s and range 600.7 km (6.3e-3 rad off the zenith), 1.0500 ppm
    sight = geometry_on_sphere(altitude_m=600e3, elevation_deg=90.0, beam_radius_m=25e3)
    theta = 25 / 6371
    slant = np.sqrt(6371.0**2 + 6971.0**2 - 2 * 6371 * 6971 * np.cos(theta))
    by_hand_km_s = 1.08474e-3 * 6371 * 6971 * np.sin(theta) / slant
    assert sight.residual_doppler * SPEED_OF_LIGHT_M_S / 1e3 == pytest.approx(by_hand_km_s, rel=1e-5)
    assert sight.doppler == pytest.approx(0, abs=1e-15)


def test_residual_is_the_rate_times_the_time_the_centre_takes():
    # a small distance along the track is a small time, during which w R theta passes: shift = rate * time, less a part
    # that is quadratic in the distance
    sight = geometry_on_sphere(
        altitude_m=360e3, elevation_deg=np.array([20.0, 45.0, 70.0]), beam_radius_m=100.0
    )
    speed_of_the_track = 7697.0 / 6731 * 6371
    seconds = 100.0 / speed_of_the_track
    np.testing.assert_allclose(sight.residual_doppler, -sight.doppler_rate * seconds, rtol=2e-3)


def test_residual_at_the_horizon_takes_the_centre_that_is_visible():
    sight = geometry_on_sphere(altitude_m=360e3, elevation_deg=0.0, beam_radius_m=20e3)
    assert sight.residual_doppler > 0
    far = geometry_on_sphere(altitude_m=360e3, elevation_deg=0.0, beam_radius_m=20_000e3)
    assert np.isnan(far.residual_doppler)


def test_beamwidth_of_the_2_m_aperture():
    # 3GPP TR 38.821, set 1, LEO in the S band: 4.4127 deg
    beam = footprint(systems.payload("3gpp-set1-leo600"))
    assert 2 * beam.half_beamwidth_deg == pytest.approx(4.4127, abs=0.02)
    assert not beam.assumed


def test_a_footprint_says_what_of_its_pattern_is_assumed():
    beam = footprint(systems.payload("starlink-d2c-35dbi"))
    assert "contours as drawings only" in beam.assumed
    assert beam.assumed.count("System 3 is this system") == 1  # side lobes and their number have one reason


def test_beamwidth_where_the_source_has_none():
    # uniform aperture of 35 dBi: pi D / wavelength = 56.23, half power at sin = 1.6163 / 56.23, 1.647 deg
    known = systems.payload("starlink-d2c-35dbi")
    bare = known.beam.model_copy(update={"pattern": "isotropic"})
    payload = known.model_copy(update={"beam": bare})
    beam = footprint(payload)
    assert beam.half_beamwidth_deg == pytest.approx(1.647, abs=1e-3)
    assert "uniform circular aperture" in beam.assumed
    assert beam.radius_m(altitude_m=360e3) == pytest.approx(360e3 * np.tan(np.radians(1.647)), rel=5e-3)
    gain = payload.beam.peak_gain_dbi.model_copy(update={"value": 3.0})
    everywhere = payload.beam.model_copy(update={"peak_gain_dbi": gain})
    assert footprint(payload.model_copy(update={"beam": everywhere})) is None


def test_next_time_in_view(constellation):
    utc = constellation.epoch_utc[0].astype("datetime64[m]")
    place = {"latitude_deg": 42.0, "longitude_deg": 12.5}
    rise = next_in_view_utc(constellation, 0, utc=utc, **place)
    assert rise > utc
    assert satellite_geometry(constellation, 0, utc=rise, **place).look.elevation_deg > 0
    before = rise - np.timedelta64(1, "m")
    assert before == utc or satellite_geometry(constellation, 0, utc=before, **place).look.elevation_deg <= 0
    # the elements' inclination is 53 deg: never above the pole's horizon
    assert next_in_view_utc(constellation, 0, utc=utc, latitude_deg=89.9, longitude_deg=0.0) is None


def test_decayed_satellite_is_an_error(constellation):
    long_after = constellation.epoch_utc[0] + np.timedelta64(20_000, "D")
    with pytest.raises(ModelRangeError, match=r"STARLINK-37821.*decayed"):
        satellite_geometry(constellation, 0, utc=long_after, latitude_deg=42.0, longitude_deg=12.0)
