"""The sky over a place and its best server: against Skyfield, and against the exact formula of one cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyfield.api import EarthSatellite, load, wgs84

from d2c.analysis.explain import explain_span
from d2c.coverage.inputs import read_inputs
from d2c.link.satellite_geometry import satellite_geometry
from d2c.orbit.catalogue import find_elements
from d2c.orbit.ephemeris import step_positions
from d2c.output.reports.link import link_report
from d2c.scenario.load import read_scenario
from d2c.site.inputs import read_site_inputs
from d2c.site.site import Site
from d2c.site.sky import SiteLink, server_line, sky_at

SAME_FORMULA = 1e-9
INSTANT = np.datetime64("2026-08-22T18:04:00", "us")


@pytest.fixture(scope="module")
def inputs():
    return read_site_inputs(read_scenario("italy"), Site(latitude_deg=35.50142, longitude_deg=12.60964))


@pytest.fixture(scope="module")
def sky(inputs):
    return sky_at(inputs.satellites.constellation, inputs.site, inputs.radio, utc=INSTANT)


def test_directions_are_those_of_skyfield(inputs, sky):
    timescale = load.timescale(builtin=True)
    lines = find_elements("starlink-d2c-2026-08").read_text().splitlines()
    place, time = (
        wgs84.latlon(inputs.site.latitude_deg, inputs.site.longitude_deg),
        timescale.utc(2026, 8, 22, 18, 4),
    )
    visible = []
    for s in range(len(lines) // 3):
        satellite = EarthSatellite(lines[3 * s + 1], lines[3 * s + 2], lines[3 * s], timescale)
        elevation, azimuth, distance = (satellite - place).at(time).altaz()
        if elevation.degrees >= 0:
            visible.append(s)
        if s in sky.satellite:
            (n,) = np.flatnonzero(sky.satellite == s)
            assert sky.look.elevation_deg[n] == pytest.approx(elevation.degrees, abs=1e-6)
            assert sky.azimuth_deg[n] == pytest.approx(azimuth.degrees, abs=1e-6)
            assert sky.look.slant_range_m[n] == pytest.approx(distance.m, abs=0.01)
    assert sorted(sky.satellite.tolist()) == visible
    assert 2 <= sky.above_mask < len(visible)


def test_levels_are_those_of_a_link_report(inputs, sky):
    site, radio = inputs.site, inputs.radio
    at = {"utc": INSTANT, "latitude_deg": site.latitude_deg, "longitude_deg": site.longitude_deg}
    for n in range(sky.above_mask):
        sight = satellite_geometry(inputs.satellites.constellation, int(sky.satellite[n]), **at)
        report = link_report(radio.links.first, sight, radio.services, latitude_deg=site.latitude_deg)
        assert sky.levels.c_n_db[n] == pytest.approx(report["downlink"]["c_n_db"], abs=SAME_FORMULA)
        assert sky.levels.uplink_c_n_db[n] == pytest.approx(report["uplink"]["c_n_db"], abs=SAME_FORMULA)
        for v, service in enumerate(report["services"]):
            assert sky.levels.margin_db[v, n] == pytest.approx(service["margin_db"], abs=SAME_FORMULA)
    assert ((sky.levels.probability > 0) & (sky.levels.probability <= 1)).all()  # `italy` is rural


def test_order_best_first_then_below_the_mask_by_elevation(sky):
    mask_deg, elevation_deg = 25.0, sky.look.elevation_deg
    assert (elevation_deg[: sky.above_mask] >= mask_deg).all()
    assert (np.diff(sky.levels.c_n_db) <= 0).all()
    below = elevation_deg[sky.above_mask :]
    assert ((below >= 0) & (below < mask_deg)).all()
    assert (np.diff(below) <= 0).all()


def test_tracks_begin_where_the_satellites_are(inputs, sky):
    np.testing.assert_allclose(sky.track_azimuth_deg[0], sky.azimuth_deg, atol=1e-9)
    np.testing.assert_allclose(sky.track_elevation_deg[0], sky.look.elevation_deg, atol=1e-9)
    later = sky_at(
        inputs.satellites.constellation, inputs.site, inputs.radio, utc=INSTANT + np.timedelta64(60, "s")
    )
    for n, satellite in enumerate(sky.satellite.tolist()):
        if satellite in later.satellite:
            (m,) = np.flatnonzero(later.satellite == satellite)
            assert sky.track_elevation_deg[6, n] == pytest.approx(later.look.elevation_deg[m], abs=1e-9)


def test_best_server_is_that_of_the_cell_at_the_same_place():
    """The slow reckoning of a cell (explain) and the line over a place at its centre: one formula."""
    scenario = read_scenario(
        "italy",
        overrides=[
            "constellation.walker='53:240/12/1'",
            "constellation.altitude_km=525",
            "region.area=sicilia",
            "grid.resolution=4",
            "time.start='2026-08-22T18:00:00Z'",
            "time.duration_h=2",
            "link.payload=3gpp-set1-leo600",
            "link.environment=suburban",
            "link.services=['voice', 'cell-broadcast']",
        ],
    )
    run = read_inputs(scenario)
    span = explain_span(scenario, run, 5)
    site = Site(latitude_deg=float(run.grid.latitude_deg[5]), longitude_deg=float(run.grid.longitude_deg[5]))
    inputs = read_site_inputs(scenario, site)
    line = server_line(
        inputs.satellites.constellation,
        site,
        inputs.radio,
        start=inputs.satellites.start,
        step_us=scenario.time.step_us,
        samples=scenario.time.samples,
    )
    np.testing.assert_array_equal(line.visible, span.visible)
    np.testing.assert_array_equal(line.server, span.server)
    np.testing.assert_allclose(line.c_n_db, span.c_n_db, atol=SAME_FORMULA)
    np.testing.assert_allclose(line.margin_db, span.margin_db, atol=SAME_FORMULA)
    nobody = span.visible == 0
    assert 0 < nobody.mean() < 1
    for values in (line.elevation_deg, line.azimuth_deg, line.slant_range_m):
        np.testing.assert_array_equal(np.isnan(values), nobody)
    assert np.nanmin(line.elevation_deg) >= 25.0


def test_memory_windows_do_not_change_the_line(inputs, monkeypatch):
    ask = {"start": INSTANT, "step_us": 30_000_000, "samples": 50}
    constellation, site, radio = inputs.satellites.constellation, inputs.site, inputs.radio
    whole = server_line(constellation, site, radio, **ask)
    monkeypatch.setattr("d2c.orbit.positions._BYTES_AT_ONCE", 24 * 7 * len(constellation))
    parts = server_line(constellation, site, radio, **ask)
    for name in ("utc", "visible", "server", "c_n_db", "margin_db", "elevation_deg"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_a_lost_satellite_does_not_come_back(inputs, monkeypatch):
    def with_a_loss(constellation, *, start, step_us, first, count):
        found = step_positions(constellation, start=start, step_us=step_us, first=first, count=count)
        found[first + np.arange(count) == 20, :300] = np.nan
        return found

    monkeypatch.setattr("d2c.orbit.positions.step_positions", with_a_loss)
    monkeypatch.setattr("d2c.orbit.positions._BYTES_AT_ONCE", 24 * 7 * 639)
    line = server_line(
        inputs.satellites.constellation,
        inputs.site,
        inputs.radio,
        start=INSTANT,
        step_us=30_000_000,
        samples=60,
    )
    assert (line.server[:20] < 300).any()
    assert (line.server[20:] >= 300).any()
    assert not ((line.server[20:] >= 0) & (line.server[20:] < 300)).any()


def test_a_sky_without_satellites(inputs):
    nobody = SiteLink(89.9, inputs.radio.links, inputs.radio.services, None)
    sky = sky_at(inputs.satellites.constellation, inputs.site, nobody, utc=INSTANT)
    assert sky.above_mask == 0
    assert len(sky.satellite) > 0
    line = server_line(
        inputs.satellites.constellation, inputs.site, nobody, start=INSTANT, step_us=60_000_000, samples=3
    )
    assert (line.server == -1).all()
    assert np.isnan(line.margin_db).all()


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(0, 359.999), st.floats(1, 89))
def test_azimuth_of_a_point_built_from_east_north_and_up(
    latitude_deg, longitude_deg, azimuth_deg, elevation_deg
):
    site = Site(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    level = np.sin(azimuth) * site.east + np.cos(azimuth) * site.north
    point_m = site.position_m + 1e6 * (np.cos(elevation) * level + np.sin(elevation) * site.up)
    found = float(site.azimuth_deg(point_m))
    assert 0 <= found < 360
    assert abs((found - azimuth_deg + 180) % 360 - 180) < 1e-6
    assert float(site.look(point_m).elevation_deg) == pytest.approx(elevation_deg, abs=1e-6)


@pytest.mark.parametrize(("latitude_deg", "longitude_deg"), [(0.0, 0.0), (45.0, 90.0), (-33.9, 18.4)])
def test_east_and_north_point_there(latitude_deg, longitude_deg):
    """A little further east and north on the ellipsoid, by its own formula of positions."""
    site = Site(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    east = Site(latitude_deg=latitude_deg, longitude_deg=longitude_deg + 1e-4).position_m - site.position_m
    north = Site(latitude_deg=latitude_deg + 1e-4, longitude_deg=longitude_deg).position_m - site.position_m
    np.testing.assert_allclose(east / np.linalg.norm(east), site.east, atol=1e-5)
    np.testing.assert_allclose(north / np.linalg.norm(north), site.north, atol=1e-5)
