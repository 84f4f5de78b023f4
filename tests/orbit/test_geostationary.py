"""Geostationary satellites at longitudes: against the closed formulas of a satellite that stands over the equator."""

import math

import numpy as np
import pytest
from sgp4.propagation import gstime

import d2c
from d2c.errors import ScenarioError
from d2c.orbit.geostationary import geostationary_constellation
from d2c.scenario.load import read_scenario

EPOCH = np.datetime64("2026-03-01T07:30:00", "us")
RADIUS_M = 42_164_170  # of a sidereal day, by Kepler's third law with GM = 3.986004418e14 m3/s2
EARTH_M = 6_378_137


def look(*, latitude_deg, longitude_deg, slot_deg):
    """Return azimuth, elevation and range by the textbook, on a sphere of the equatorial radius."""
    latitude, apart = math.radians(latitude_deg), math.radians(slot_deg - longitude_deg)
    cosine = math.cos(latitude) * math.cos(apart)
    elevation = math.atan2(cosine - EARTH_M / RADIUS_M, math.sqrt(1 - cosine**2))
    azimuth = math.atan2(math.sin(apart) * math.cos(latitude), -math.sin(latitude) * cosine) % (2 * math.pi)
    slant_m = math.sqrt(EARTH_M**2 + RADIUS_M**2 - 2 * EARTH_M * RADIUS_M * cosine)
    return math.degrees(azimuth), math.degrees(elevation), slant_m


@pytest.mark.parametrize("slot_deg", [16.4, -5.0, 60.5])
@pytest.mark.parametrize("hours", [0, 13, 24, 60])
def test_a_satellite_stays_where_the_formula_has_it(slot_deg, hours):
    site = d2c.Site(latitude_deg=41.9, longitude_deg=12.5)
    made = geostationary_constellation([slot_deg], epoch=EPOCH)
    elements = d2c.Elements(made, {"constellation.geo_longitudes_deg": [slot_deg]})
    time = EPOCH + np.timedelta64(hours, "h")
    # the sphere of the formula is off by up to 0.2 deg of the horizon of the ellipsoid, and some 10 km of its radius
    _, elevation_deg, range_m = look(latitude_deg=41.9, longitude_deg=12.5, slot_deg=slot_deg)
    budget = d2c.link_budget(satellite=made.name[0], elements=elements, site=site, time=time)
    geometry = budget.to_dict()["geometry"]
    assert geometry["elevation_deg"] == pytest.approx(elevation_deg, abs=0.3)
    assert geometry["slant_range_m"] == pytest.approx(range_m, abs=30_000)


@pytest.mark.parametrize("slot_deg", [16.4, -120.0, 180.0])
def test_two_weeks_of_sgp4_keep_it_in_its_slot(slot_deg):
    (record,) = geostationary_constellation([slot_deg], epoch=EPOCH).records
    for day in range(15):
        _, (x, y, z), _ = record.sgp4_tsince(day * 1440.0)
        sidereal = gstime(2_440_587.5 + EPOCH.astype(np.int64) / 86_400e6 + day)
        off = math.degrees(math.atan2(y, x) - sidereal) - slot_deg
        assert abs((off + 180) % 360 - 180) < 0.05  # a box of station keeping
        assert math.sqrt(x * x + y * y + z * z) == pytest.approx(RADIUS_M / 1e3, abs=30)


@pytest.mark.parametrize("slot_deg", [16.4, -120.0])
def test_the_longitude_is_held_in_every_epoch(slot_deg):
    site = d2c.Site(latitude_deg=0.0, longitude_deg=slot_deg)
    for start in ("2026-01-01T00:00:00Z", "2026-06-21T05:45:00Z"):
        view = d2c.sky(
            site, set={"constellation.geo_longitudes_deg": [slot_deg]}, payload="3gpp-set1-geo", time=start
        )
        row = view.to_dict()["satellites"][0]
        # straight up: a degree of the satellite's longitude is 1.18 deg of the view
        assert row["elevation_deg"] > 89.9
        assert (row["satellite"], row["above_mask"]) == (
            f"GEO {abs(slot_deg):g} {'W' if slot_deg < 0 else 'E'}",
            True,
        )
        assert row["slant_range_m"] == pytest.approx(RADIUS_M - EARTH_M, abs=30_000)


def test_a_scenario_is_titled_by_its_slots_and_has_them_alone():
    scenario = read_scenario(
        "italy", overrides=["constellation.geo_longitudes_deg=[16.4,-5]", "link.payload=3gpp-set1-geo"]
    )
    assert scenario.title == "Italy, geostationary at 16.4 E, 5 W"
    assert scenario.constellation.elements is None
    assert not read_scenario(
        "italy", overrides=["constellation.walker=53:24/3/1", "constellation.altitude_km=550"]
    ).constellation.geo_longitudes_deg


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("constellation.geo_longitudes_deg=[181]", "geo_longitudes_deg"),
        ("constellation.geo_longitudes_deg=16.4", "must be a list"),
    ],
)
def test_a_wrong_slot_is_one_line(override, message):
    with pytest.raises(ScenarioError, match=message) as refused:
        read_scenario("italy", overrides=[override])
    assert "\n" not in str(refused.value)


def test_a_slot_comes_once():
    with pytest.raises(ScenarioError, match="each once"):
        geostationary_constellation([1.0, 1.0], epoch=EPOCH)
