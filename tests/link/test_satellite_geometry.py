"""Geometry and Doppler of real satellites against Skyfield; residual Doppler against Skyfield and hand derivations."""

import numpy as np
import pytest
from skyfield.api import EarthSatellite, load, wgs84

from d2c.constants import SPEED_OF_LIGHT_M_S
from d2c.errors import ModelRangeError
from d2c.library import models
from d2c.link.beamwidth import footprint
from d2c.link.satellite_geometry import geometry_on_sphere, next_in_view_utc, satellite_geometry
from d2c.orbit.catalogue import find_elements, read_elements

TIMES = load.timescale(builtin=True)


@pytest.fixture(scope="module")
def constellation():
    """Starlink satellites of September 2026."""
    return read_elements(find_elements("starlink-sample-2026-09"))


def skyfield_time(utc, seconds=0.0):
    day = utc.astype("datetime64[D]")
    date = day.item()
    since_midnight = (utc - day) / np.timedelta64(1, "s")
    return TIMES.utc(date.year, date.month, date.day, 0, 0, since_midnight + seconds)


@pytest.mark.parametrize(("index", "north_deg", "east_deg"), [(0, 4, 3), (57, -6, 2), (131, 0, 0.4)])
def test_geometry_equals_skyfield(constellation, index, north_deg, east_deg):
    utc = constellation.epoch_utc[index].astype("datetime64[s]") + np.timedelta64(900, "s")
    satellite = EarthSatellite.from_satrec(constellation.records[index], TIMES)
    subpoint = wgs84.subpoint(satellite.at(skyfield_time(utc)))
    latitude_deg, longitude_deg = subpoint.latitude.degrees + north_deg, subpoint.longitude.degrees + east_deg
    path = satellite - wgs84.latlon(latitude_deg, longitude_deg)
    elevation, _, distance = path.at(skyfield_time(utc)).altaz()

    def range_rate_m_s(seconds):
        state = path.at(skyfield_time(utc, seconds))
        return state.position.m @ state.velocity.m_per_s / np.linalg.norm(state.position.m)

    geometry = satellite_geometry(
        constellation, index, utc=utc, latitude_deg=latitude_deg, longitude_deg=longitude_deg
    )
    assert geometry.look.elevation_deg == pytest.approx(elevation.degrees, abs=1e-7)
    assert geometry.look.slant_range_m == pytest.approx(distance.m, abs=1e-3)
    assert geometry.delay_s == pytest.approx(distance.m / SPEED_OF_LIGHT_M_S, rel=1e-9)
    assert geometry.doppler * SPEED_OF_LIGHT_M_S == pytest.approx(-range_rate_m_s(0), abs=1e-5)
    # a five-point difference, against the three points of `satellite_geometry`
    weights = {-1.0: 1 / 12, -0.5: -8 / 12, 0.5: 8 / 12, 1.0: -1 / 12}
    rate_m_s2 = sum(w * range_rate_m_s(s) for s, w in weights.items()) / 0.5
    assert geometry.doppler_rate * SPEED_OF_LIGHT_M_S == pytest.approx(-rate_m_s2, rel=1e-5)
    assert np.isnan(geometry.residual_doppler)


def test_residual_doppler_equals_skyfield(constellation):
    # 30 km from the beam centre along the ground track, determined here from two subpoints
    index, radius_m = 0, 30e3
    utc = constellation.epoch_utc[index].astype("datetime64[s]") + np.timedelta64(900, "s")
    satellite = EarthSatellite.from_satrec(constellation.records[index], TIMES)
    subpoint = wgs84.subpoint(satellite.at(skyfield_time(utc)))
    site = {"latitude_deg": subpoint.latitude.degrees, "longitude_deg": subpoint.longitude.degrees}
    seconds = 2.0
    subpoint_later = wgs84.subpoint(satellite.at(skyfield_time(utc, seconds)))
    degrees = np.array(
        [
            subpoint_later.latitude.degrees - subpoint.latitude.degrees,
            (subpoint_later.longitude.degrees - subpoint.longitude.degrees)
            * np.cos(subpoint.latitude.radians),
        ]
    )
    offset_deg = degrees / np.hypot(*degrees) * np.degrees(radius_m / 6_371_000)

    def range_rate_m_s(latitude_deg, longitude_deg):
        state = (satellite - wgs84.latlon(latitude_deg, longitude_deg)).at(skyfield_time(utc))
        return state.position.m @ state.velocity.m_per_s / np.linalg.norm(state.position.m)

    beam_centre = (
        site["latitude_deg"] + offset_deg[0],
        site["longitude_deg"] + offset_deg[1] / np.cos(subpoint.latitude.radians),
    )
    expected = range_rate_m_s(*beam_centre) - range_rate_m_s(*site.values())
    geometry = satellite_geometry(constellation, index, utc=utc, **site, beam_radius_m=radius_m)
    assert geometry.residual_doppler * SPEED_OF_LIGHT_M_S == pytest.approx(abs(expected), rel=5e-3)


def test_residual_doppler_at_the_zenith_by_hand():
    # At the zenith w R sin(theta) (R + h) / range is the shift at the beam centre, theta = 25 / 6371: with h = 600 km,
    # w = 1.08474e-3 rad/s and range 600.7 km (6.3e-3 rad off the zenith), 1.0500 ppm
    geometry = geometry_on_sphere(altitude_m=600e3, elevation_deg=90.0, beam_radius_m=25e3)
    theta = 25 / 6371
    slant = np.sqrt(6371.0**2 + 6971.0**2 - 2 * 6371 * 6971 * np.cos(theta))
    by_hand_km_s = 1.08474e-3 * 6371 * 6971 * np.sin(theta) / slant
    assert geometry.residual_doppler * SPEED_OF_LIGHT_M_S / 1e3 == pytest.approx(by_hand_km_s, rel=1e-5)
    assert geometry.doppler == pytest.approx(0, abs=1e-15)


def test_residual_doppler_is_rate_times_time_for_small_beams():
    # a small distance along the track is a short time at the ground speed w R: shift = rate * time, except for a term
    # quadratic in the distance
    geometry = geometry_on_sphere(
        altitude_m=360e3, elevation_deg=np.array([20.0, 45.0, 70.0]), beam_radius_m=100.0
    )
    ground_speed_m_s = 7697.0 / 6731 * 6371
    seconds = 100.0 / ground_speed_m_s
    np.testing.assert_allclose(geometry.residual_doppler, -geometry.doppler_rate * seconds, rtol=2e-3)


def test_residual_doppler_at_the_horizon_uses_the_visible_beam_centre():
    geometry = geometry_on_sphere(altitude_m=360e3, elevation_deg=0.0, beam_radius_m=20e3)
    assert geometry.residual_doppler > 0
    far = geometry_on_sphere(altitude_m=360e3, elevation_deg=0.0, beam_radius_m=20_000e3)
    assert np.isnan(far.residual_doppler)


def test_beamwidth_of_the_2_m_aperture():
    # 3GPP TR 38.821, set 1, LEO in the S band: 4.4127 deg
    beam = footprint(models.read_payload("3gpp-set1-leo600"))
    assert 2 * beam.half_beamwidth_deg == pytest.approx(4.4127, abs=0.02)
    assert not beam.assumed


def test_footprint_lists_the_assumptions_of_its_pattern():
    beam = footprint(models.read_payload("starlink-d2c-35dbi"))
    # both sides have the same reason
    assert beam.assumed.count("which side lies along the track") == 1


def test_beamwidth_of_the_published_array_is_that_of_the_square_of_its_area():
    """0.8859 wavelengths of 150.46 mm over the root of 2.7 m by 2.3 m: 3.06 deg, between its 2.83 and 3.32 deg."""
    beam = footprint(models.read_payload("starlink-d2c"))
    assert 2 * beam.half_beamwidth_deg == pytest.approx(3.06, abs=0.01)
    assert "equal area" in beam.source


def test_beamwidth_from_the_peak_gain():
    # uniform aperture of 35 dBi: pi D / wavelength = 56.23, half power at sin = 1.6163 / 56.23, 1.647 deg
    with_pattern = models.read_payload("starlink-d2c-35dbi")
    without_pattern = with_pattern.beam.model_copy(update={"pattern": "isotropic"})
    payload = with_pattern.model_copy(update={"beam": without_pattern})
    beam = footprint(payload)
    assert beam.half_beamwidth_deg == pytest.approx(1.647, abs=1e-3)
    assert "uniform circular aperture" in beam.assumed
    assert beam.radius_m(altitude_m=360e3) == pytest.approx(360e3 * np.tan(np.radians(1.647)), rel=5e-3)
    gain = payload.beam.peak_gain_dbi.model_copy(update={"value": 3.0})
    low_gain = payload.beam.model_copy(update={"peak_gain_dbi": gain})
    assert footprint(payload.model_copy(update={"beam": low_gain})) is None


def test_next_time_in_view(constellation):
    utc = constellation.epoch_utc[0].astype("datetime64[m]")
    site = {"latitude_deg": 42.0, "longitude_deg": 12.5}
    rise = next_in_view_utc(constellation, 0, utc=utc, **site)
    assert rise > utc
    assert satellite_geometry(constellation, 0, utc=rise, **site).look.elevation_deg > 0
    before = rise - np.timedelta64(1, "m")
    assert before == utc or satellite_geometry(constellation, 0, utc=before, **site).look.elevation_deg <= 0
    # inclination 53 deg: never above the horizon of the pole
    assert next_in_view_utc(constellation, 0, utc=utc, latitude_deg=89.9, longitude_deg=0.0) is None


def test_decayed_satellite_is_an_error(constellation):
    long_after = constellation.epoch_utc[0] + np.timedelta64(20_000, "D")
    with pytest.raises(ModelRangeError, match=r"STARLINK-37821.*decayed"):
        satellite_geometry(constellation, 0, utc=long_after, latitude_deg=42.0, longitude_deg=12.0)
