"""The whole chain against a slow reference that knows only Skyfield: `(satellite - place).at(t).altaz()`."""

import numpy as np
import pytest
from coverage_twin import count_gaps
from link_case import ALIKE
from skyfield.api import EarthSatellite, load, wgs84

from d2c.coverage.run import run_coverage
from d2c.orbit.catalogue import find_elements
from d2c.scenario.load import read_scenario

NEAR_MASK_DEG = 1e-4
STEPS = 240


@pytest.fixture(scope="module")
def case():
    scenario = read_scenario(
        "italy",
        overrides=[
            *ALIKE,
            "network=false",
            "region.area=sicilia",
            "grid.resolution=4",
            "time.duration_h=2",
            "link.min_elevation_deg=30",
            "constellation.select.inclination_deg=[50, 60]",
        ],
    )
    return scenario, run_coverage(scenario)


def elevations_by_skyfield(result):
    """Return (T, G, S) elevations; satellites straight from the lines of the file, in Skyfield's own classes."""
    timescale = load.timescale(builtin=True)
    lines = find_elements("starlink-d2c-2026-08").read_text().splitlines()
    satellites = [
        EarthSatellite(one, two, name, timescale)
        for name, one, two in zip(lines[::3], lines[1::3], lines[2::3], strict=True)
        if 50 <= float(two[8:16]) <= 60
    ]
    start = result.inputs.start.astype("datetime64[s]").item()
    seconds = np.arange(STEPS) * 30.0
    times = timescale.utc(
        start.year, start.month, start.day, start.hour, start.minute, start.second + seconds
    )
    grid = result.inputs.grid
    places = [wgs84.latlon(a, o) for a, o in zip(grid.latitude_deg, grid.longitude_deg, strict=True)]
    found = np.empty((STEPS, len(places), len(satellites)))
    for s, satellite in enumerate(satellites):
        for g, place in enumerate(places):
            found[:, g, s] = (satellite - place).at(times).altaz()[0].degrees
    return found


def test_visibility_availability_and_gaps_equal_skyfield(case):
    scenario, result = case
    elevation = elevations_by_skyfield(result)
    assert elevation.shape[0] >= 200
    assert elevation.shape[1] >= 20
    columns = result.columns()
    mask = scenario.link.min_elevation_deg
    sure = ~(np.abs(elevation - mask) < NEAR_MASK_DEG).any(axis=(0, 2))
    assert sure.sum() >= 20
    count = (elevation >= mask).sum(axis=2)
    # with these margins (18 dB for text) whoever sees a satellite is served
    assert np.nanmin(columns["text_margin_p50_db"]) > 10
    gaps = np.array([count_gaps(count[:, g] > 0)[2] * 30.0 for g in range(count.shape[1])])
    np.testing.assert_array_equal(columns["mean_visible"][sure], count.mean(axis=0)[sure])
    np.testing.assert_array_equal(columns["max_visible"][sure], count.max(axis=0)[sure])
    np.testing.assert_array_equal(columns["visible_fraction"][sure], (count > 0).mean(axis=0)[sure])
    np.testing.assert_array_equal(columns["text_availability"][sure], (count > 0).mean(axis=0)[sure])
    np.testing.assert_array_equal(columns["text_longest_gap_s"][sure], gaps[sure])
    # starts in the middle of every tenth of every step: the wait is a multiple of 3 s and a half, and so never a tie
    starts = (np.arange(10 * STEPS) + 0.5) / 10
    for g in np.flatnonzero(sure):
        had = np.append(np.flatnonzero(count[:, g] > 0), STEPS)
        following = had[np.searchsorted(had, np.floor(starts))]
        wait_s = np.maximum(following - starts, 0.0) * 30.0
        for minutes in (1, 5, 15, 60):
            share = (wait_s <= minutes * 60).mean() if len(had) > 1 else 0.0
            assert columns[f"text_within_{minutes}min"][g] == pytest.approx(share, abs=1e-12)
    # 30 s steps between 240 s knots: positions are good to 1 cm
    np.testing.assert_allclose(columns["max_elevation_deg"], elevation.max(axis=(0, 2)), atol=NEAR_MASK_DEG)
    step = ~(np.abs(elevation - mask) < NEAR_MASK_DEG).any(axis=(1, 2))
    assert step.sum() >= 200
    seen = elevation >= mask
    np.testing.assert_array_equal(result.timeline.visible_cells[step], seen.any(axis=2).sum(axis=1)[step])
    np.testing.assert_array_equal(
        result.timeline.satellites_in_view()[step], seen.any(axis=1).sum(axis=1)[step]
    )
