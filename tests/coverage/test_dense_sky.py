"""A crowded sky, where the kernel leaves out nearly all satellites by their bounds: it must miss none that matters."""

import dataclasses

import numpy as np
import pytest
from coverage_twin import statistics_slowly, watch_slowly
from hypothesis import given, settings
from hypothesis import strategies as st
from link_case import radio_for

from d2c.coverage.engine.accumulator import _satellite_tracks, process_window
from d2c.coverage.kernels._best_server import _may_exceed, fill_candidate_bounds, list_candidates
from d2c.coverage.kernels.layout import (
    BOUND_COLUMNS,
    CLOSEST,
    EVERYWHERE,
    NO_LEVEL,
    SINE_MOST,
    TileWorkspace,
)
from d2c.coverage.kernels.tiles import tile_cells
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles
from d2c.orbit.ephemeris import step_positions
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.region.area import find_area
from d2c.region.grid import h3_grid

START = np.datetime64("2026-08-22T18:00:00", "us")


@pytest.fixture(scope="module")
def italy():
    """Some 260 hexagons in more than one tile, islands among them."""
    return h3_grid(find_area("italy"), resolution=4)


@pytest.fixture(scope="module")
def crowd():
    """Two shells of 1,200 satellites together, four steps a minute apart."""
    shells = [parse_walker("53:800/25/1", altitude_km=360), parse_walker("70:400/20/1", altitude_km=560)]
    constellation = walker_constellation(shells, epoch=START)
    return step_positions(constellation, start=START, step_us=60_000_000, first=0, count=4)


def link_with(*, scan_loss_exponent, capped):
    payload = models.read_payload("starlink-d2c")
    scan = models.Figure(value=scan_loss_exponent, assumed="for the test") if scan_loss_exponent else None
    beam = payload.beam.model_copy(update={"scan_loss_exponent": scan})
    link = RadioLink(
        payload.model_copy(update={"beam": beam}),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    return link if capped else link.without_pfd_cap()


def clear_of(mask_deg, position_m, grid):
    """Leave out the satellites that some cell sees so near to the mask that float32 may decide otherwise."""
    look = look_angles(
        position_m[:, None], handset_m=grid.position_m[None, :, None], up=grid.up[None, :, None]
    )
    near = (np.abs(look.elevation_deg - mask_deg) < 1e-4).any(axis=1)
    return np.where(near[..., None], np.nan, position_m)


@pytest.mark.parametrize("mask_deg", [0.0, 5.0, 25.0, 60.0])
@pytest.mark.parametrize("scan_loss_exponent", [None, 3.0])
@pytest.mark.parametrize("capped", [True, False])
def test_crowded_sky_equals_twin(italy, crowd, services, mask_deg, scan_loss_exponent, capped):
    link = link_with(scan_loss_exponent=scan_loss_exponent, capped=capped)
    position_m = clear_of(mask_deg, crowd, italy)
    kernel_link, bins = radio_for(link, services, mask_deg=mask_deg, satellites=position_m.shape[1])
    tiled = tile_cells(italy)
    assert len(tiled.tiles.centre_m) > 1
    found, timeline, _, slots = process_window(position_m, tiled, kernel_link, every=1)
    wanted, wanted_timeline = statistics_slowly(
        position_m, italy, link, services, bins, mask_deg=mask_deg, step_us=60_000_000
    )
    for name in ("visible_samples", "visible_sum", "visible_max"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)
    np.testing.assert_allclose(found.max_elevation_deg, wanted.max_elevation_deg, atol=1e-6)
    np.testing.assert_array_equal(timeline.satellites, wanted_timeline.satellites)
    # level by level and not by bins: the highest of all, to the 0.01 dB that the curves may be off
    _, _, down_db, *_ = watch_slowly(position_m, italy, link, services, mask_deg=mask_deg)
    assert np.isfinite(down_db).mean() > 0.5
    level_db = np.where(slots.c_n_centi_db == NO_LEVEL, np.nan, slots.c_n_centi_db / 100)
    np.testing.assert_allclose(level_db, down_db, atol=0.015)


@settings(deadline=None, max_examples=60)
@given(
    direction=st.tuples(*[st.floats(-1, 1)] * 3),
    altitude_km=st.sampled_from([160.0, 360.0, 550.0, 1200.0, 8000.0, 35786.0]),
    tile=st.integers(0, 1),
    mask_deg=st.sampled_from([0.0, 5.0, 25.0]),
)
def test_bounds_hold_for_all_cells_of_a_tile(italy, direction, altitude_km, tile, mask_deg):
    tiled = tile_cells(italy)
    towards = tiled.tiles.centre_m[tile] / np.linalg.norm(tiled.tiles.centre_m[tile]) + 0.8 * np.array(
        direction
    )
    if np.linalg.norm(towards) < 1e-3:
        return
    satellite_m = towards / np.linalg.norm(towards) * (6_378_137.0 + 1000 * altitude_km)
    link = link_with(scan_loss_exponent=1.2, capped=False)
    kernel_link, _ = radio_for(link, [models.read_service("text")], mask_deg=mask_deg, satellites=1)
    position_m = satellite_m[None, None]
    tracks = _satellite_tracks(position_m, tiled, kernel_link, np.full(1, -1), np.full(1, -1))
    cells = tiled.order[tiled.tiles.first[tile] : tiled.tiles.first[tile + 1]]
    look = look_angles(satellite_m, handset_m=italy.position_m[cells], up=italy.up[cells])
    sine = np.sin(np.radians(look.elevation_deg))

    most = tracks.direction.shape[2]
    floats, whole = np.zeros((0, 0), np.float32), np.zeros(0, np.int32)
    rows = TileWorkspace(
        floats=floats.ravel(),
        curves=floats.ravel(),
        counts=whole,
        gaps=np.zeros((1, 0), np.int32),
        phones=floats,
        places=whole,
        over_limit=floats,
        candidates=np.zeros(most + 1, np.uint32),
        bounds_of=np.zeros((most, BOUND_COLUMNS), np.float32),
        within=np.empty(most, np.uint8),
    )
    found = list_candidates(tiled.tiles, tracks, tile, 0, rows)
    assert found == 1 or sine.max() < np.sin(np.radians(mask_deg))
    if not found:
        return
    fill_candidate_bounds(tiled.tiles, tracks, kernel_link.tables.sin_mask, tile, 0, found, rows)
    bound = rows.bounds_of[0]
    if bound[EVERYWHERE] > 0:
        assert look.elevation_deg.min() >= mask_deg
    assert bound[SINE_MOST] >= sine.max() - 1e-6
    assert bound[CLOSEST] <= look.slant_range_m.min()
    visible = look.elevation_deg >= mask_deg
    if visible.any() and altitude_km in (360.0, 550.0):  # what the tables were made for
        at = {
            "slant_range_m": look.slant_range_m[visible],
            "elevation_deg": look.elevation_deg[visible],
            "off_nadir_deg": look.off_nadir_deg[visible],
        }
        best_db = link.downlink(**at).c_n_db.max()
        little_less = np.float32(10 ** ((best_db - 0.002) / 10))
        assert _may_exceed(kernel_link.tables, 0, bound, little_less)


def eccentric_orbits(*, satellites, steps):
    """Return Kepler's orbits with perigees of 300 to 600 and apogees of 600 to 3,000 km, every 30 s, (T, S, 3)."""
    random = np.random.default_rng(1)
    perigee_m = 6_378e3 + 1e3 * random.uniform(300, 600, satellites)
    apogee_m = 6_378e3 + 1e3 * random.uniform(600, 3000, satellites)
    axis_m, e = (perigee_m + apogee_m) / 2, (apogee_m - perigee_m) / (apogee_m + perigee_m)
    start, node, perigee = random.uniform(0, 2 * np.pi, (3, satellites))
    inclination = np.radians(random.uniform(40, 100, satellites))
    mean = start + np.sqrt(3.986e14 / axis_m**3) * 30 * np.arange(steps)[:, None]
    eccentric = mean
    for _ in range(30):
        eccentric = mean + e * np.sin(eccentric)
    x, y = axis_m * (np.cos(eccentric) - e), axis_m * np.sqrt(1 - e * e) * np.sin(eccentric)
    x, y = np.cos(perigee) * x - np.sin(perigee) * y, np.sin(perigee) * x + np.cos(perigee) * y
    y, z = np.cos(inclination) * y, np.sin(inclination) * y
    return np.stack([np.cos(node) * x - np.sin(node) * y, np.sin(node) * x + np.cos(node) * y, z], axis=2)


def test_eccentric_orbits_give_the_same_bits_in_any_windows(italy, services):
    """How high a satellite rises later must not decide who is tried first: of equal levels the first one serves."""
    position_m = eccentric_orbits(satellites=400, steps=100)
    link = link_with(scan_loss_exponent=None, capped=True)
    flat = RadioLink(link.payload, link.handset, link.losses.model_copy(update={"models": ()}))
    kernel_link, _ = radio_for(flat, services, mask_deg=25.0, satellites=400)
    low_cap = kernel_link.tables._replace(
        cap=np.array([1e-13], np.float32)
    )  # as good from everywhere above the mask
    kernel_link, tiled = dataclasses.replace(kernel_link, tables=low_cap), tile_cells(italy)
    *_, whole = process_window(position_m, tiled, kernel_link, every=1)
    assert (whole.server >= 0).mean() > 0.5
    for length in (1, 5):
        parts = [
            process_window(
                np.ascontiguousarray(position_m[k : k + length]), tiled, kernel_link, first=k, every=1
            )[3]
            for k in range(0, 100, length)
        ]
        np.testing.assert_array_equal(np.concatenate([part.server for part in parts]), whole.server)
        np.testing.assert_array_equal(
            np.concatenate([part.c_n_centi_db for part in parts]), whole.c_n_centi_db
        )
