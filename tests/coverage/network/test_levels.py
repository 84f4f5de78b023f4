"""Levels of a network: closed forms, the budget's own formula for every beam, and played hop patterns."""

import numpy as np
import pytest
from network_case import APERTURE, count_levels, level_db, network_case
from network_twin import (
    axes,
    c_in_db,
    c_n_per_pfd,
    cells_around,
    interference_beside,
    levels_slowly,
    phones_at,
    play,
    unit,
)
from phones_twin import expected_gain_slowly

from d2c.coverage.kernels._far_beams import FAR
from d2c.coverage.kernels._network_server import chance_beside
from d2c.coverage.kernels.network_layout import UNITS
from d2c.coverage.network.levels import C_I_LOW_DB, C_IN_LOW_DB, C_N_LOW_DB
from d2c.coverage.network.window import steps_of
from d2c.link.terminal import off_axis_loss_db
from d2c.units import from_db, to_db

HALF_A_BIN_DB = 0.05
TABLES_DB = 0.01  # interpolation, and float32
PATTERNS = 2000
BUSY = ["beams.elsewhere=none", "beams.margin_km=200"]
ITALY = ["region.area=italy", "grid.resolution=4", "beams.elsewhere=none", "beams.margin_km=100"]


@pytest.fixture(scope="module")
def busy():
    """Nothing elsewhere, so that a quarter of the beams is alight at a time: more interference than by default."""
    return network_case(*BUSY)


def places(case, turn=0):
    """Return the point of each cell, as the kernel takes them, and its normal."""
    ground = case.network.ground
    size = len(ground.turn)
    point = (turn + np.arange(size)) % len(ground.point_m)
    return ground.point_m[point, :, np.arange(size)], ground.point_up[point, :, np.arange(size)]


def served(case, beams):
    """Return the ground cells whose own beam cell has a satellite: their strongest beam is one of those around."""
    own = case.inputs.beams.cell[case.network.cells.order]
    return np.flatnonzero(beams.slot[0, own] >= 0)


def one_step(case, step):
    return case._replace(position_m=case.position_m[step : step + 1])


def only(beams, chances):
    """Return the beams of one step with these chances to be alight, all others dark, each on its own."""
    lit = np.zeros_like(beams.lit)
    for beam, chance in chances.items():
        lit[0, beam] = chance
    return beams._replace(lit=lit, few=np.zeros_like(beams.few))


@pytest.mark.parametrize("overrides", [[], [APERTURE], ["beams.full_power_beams=4"], ["beams.reuse=3"]])
def test_serving_beam_and_mean_interference_are_those_of_every_beam_by_the_budget(overrides):
    case = network_case(*BUSY, *overrides, count=2)
    for step in range(2):
        now = one_step(case, step)
        counters, beams, held = count_levels(now, turn=3)
        found_db = level_db(counters.c_n_bins, C_N_LOW_DB)
        point_m, normal = places(case, turn=3)
        assert len(served(case, beams)) > 10
        for g in served(case, beams):
            place_m, up = point_m[g], normal[g]
            level, flux = levels_slowly(now, beams, 0, place_m, up)
            server = int(level.argmax())
            lit = beams.lit[0, : len(level)].astype(float)
            colour = beams.colour[beams.cell[0, : len(level)]]
            same = colour == colour[server]
            beside = np.array([chance_beside.py_func(beams, 0, server, i) for i in range(len(level))])
            beside[server] = 0.0
            mean = (beside * level * same).sum()
            around = np.isin(beams.cell[0, : len(level)], cells_around(case, g))
            near = (beside * level * same)[around].sum()
            if counters.camped[g]:
                assert to_db(level[server]) == pytest.approx(found_db[g], abs=HALF_A_BIN_DB + TABLES_DB)
            else:
                assert c_in_db(level[server], mean) < -5.9
            assert to_db(held[0, g] + near) == pytest.approx(to_db(mean), abs=0.1)
            pfd = (lit * flux * same).sum() + (1 - lit[server]) * flux[server]
            assert to_db(counters.pfd_max[g]) == pytest.approx(to_db(pfd), abs=0.1)


def played_shares(beams, level, server, thresholds_db, *, load, rng):
    """Return in which share of played hop patterns C/(I+N) of the server is above each threshold."""
    alight = play(beams, 0, server, beams_per_satellite=16, load=load, patterns=PATTERNS, rng=rng)
    alight[:, server] = False
    found_db = c_in_db(level[server], alight @ level)
    return [(found_db >= threshold).mean() for threshold in thresholds_db]


def fitted_shares(bins, thresholds_db):
    """Return the same of the counted distribution."""
    lower_db = C_IN_LOW_DB + np.arange(len(bins)) / 10
    return [bins[lower_db >= t - 1e-9].sum() / bins.sum() for t in thresholds_db]


@pytest.mark.parametrize("load", [1.0, 0.3])
def test_distribution_of_c_in_is_that_of_played_hop_patterns(busy, load):
    case = busy if load == 1.0 else network_case(*BUSY, f"beams.load={load}", "beams.signalling_share=0")
    rng = np.random.default_rng(14)
    thresholds_db = np.array([-3.0, 0.0, 3.0, 6.0, 10.0])
    played, fitted = [], []
    for step in range(len(case.position_m)):
        now = one_step(case, step)
        counters, beams, _ = count_levels(now)
        point_m, normal = places(case)
        for g in served(case, beams):
            if not counters.camped[g]:
                continue
            place_m, up = point_m[g], normal[g]
            level, _ = levels_slowly(now, beams, 0, place_m, up)
            server = int(level.argmax())
            played.append(played_shares(beams, level, server, thresholds_db, load=load, rng=rng))
            fitted.append(fitted_shares(counters.c_in_bins[g], thresholds_db))
    difference = 100 * (np.array(fitted) - np.array(played))
    assert len(difference) > 50
    assert np.abs(difference.mean(axis=0)).max() < 1.5  # points, area averages
    assert np.sqrt((difference**2).mean(axis=0)).max() < 3.0  # points, cells


PHONES = ["link.phones=mix", "link.environment=urban"]


def played_gain(case, beams, place_m, up, *, g, turn):
    """Return what the phone that a cell plays at a level step keeps of each beam, and what phones keep on average."""
    phones, ground = case.inputs.phones, case.network.ground
    k = (turn + int(ground.turn[g])) % phones.number
    by_posture, on_path = phones_at(case, beams, 0, g, place_m, up)
    satellites = case.position_m[0, beams.satellite[0, : beams.satellites[0]]]
    average = np.array([expected_gain_slowly(phones, at, place_m, up) for at in satellites])
    return by_posture[k] * on_path[k], average[beams.serving[0, : by_posture.shape[1]]]


@pytest.mark.parametrize("overrides", [[], ["beams.reuse=3"], [APERTURE], ["link.phones_per_cell=5"]])
@pytest.mark.parametrize("turn", [0, 7])
def test_a_cell_plays_one_phone_at_a_level_step(overrides, turn):
    """Its strongest beam, and what is held of the beams not around the cell: to an average phone in its posture."""
    case = network_case(*BUSY, *PHONES, *overrides, count=1)
    counters, beams, held = count_levels(case, turn=turn)
    found_db = level_db(counters.c_n_bins, C_N_LOW_DB)
    point_m, normal = places(case, turn=turn)
    camped = 0
    for g in range(len(point_m)):
        open_level, _ = levels_slowly(case, beams, 0, point_m[g], normal[g])
        gain, average = played_gain(case, beams, point_m[g], normal[g], g=g, turn=turn)
        around = np.isin(beams.cell[0, : len(gain)], cells_around(case, g))
        level = open_level * gain
        server = int(np.where(around, level, 0.0).argmax())
        mean = interference_beside(case, beams, 0, server, level).sum()
        wanted_db = c_in_db(level[server], mean)
        if to_db(level[server]) > 0.1 and abs(wanted_db + 6) > 0.1:
            assert (counters.camped[g] > 0) == (wanted_db > -6)
        if counters.camped[g]:
            camped += 1
            assert to_db(level[server]) == pytest.approx(found_db[g], abs=HALF_A_BIN_DB + TABLES_DB)
        to_average = interference_beside(case, beams, 0, server, open_level * average)
        assert to_db(held[0, g]) == pytest.approx(to_db(to_average[~around].sum()), abs=0.1)
    assert camped > 3


def test_distribution_of_c_in_of_phones_is_that_of_played_hop_patterns():
    case = network_case(*BUSY, *PHONES)
    rng = np.random.default_rng(15)
    thresholds_db = np.array([-3.0, 0.0, 3.0, 6.0, 10.0])
    played, fitted = [], []
    for step in range(len(case.position_m)):
        now = one_step(case, step)
        counters, beams, _ = count_levels(now, turn=step)
        point_m, normal = places(case, turn=step)
        for g in np.flatnonzero(counters.camped):
            open_level, _ = levels_slowly(now, beams, 0, point_m[g], normal[g])
            gain, _ = played_gain(now, beams, point_m[g], normal[g], g=g, turn=step)
            level = open_level * gain
            around = np.isin(beams.cell[0, : len(gain)], cells_around(case, g))
            server = int(np.where(around, level, 0.0).argmax())
            played.append(played_shares(beams, level, server, thresholds_db, load=1.0, rng=rng))
            fitted.append(fitted_shares(counters.c_in_bins[g], thresholds_db))
    difference = 100 * (np.array(fitted) - np.array(played))
    assert len(difference) > 40
    assert np.abs(difference.mean(axis=0)).max() < 1.5  # points, area averages
    assert np.sqrt((difference**2).mean(axis=0)).max() < 3.0  # points, cells


def test_one_beam_alone_is_over_noise_only(busy):
    now = one_step(busy, 0)
    counters, beams, _ = count_levels(now)
    g = next(g for g in served(now, beams) if counters.camped[g])
    server = strongest(now, beams, g)
    counters, _, _ = count_levels(now, beams=only(beams, {server: 1.0}))
    alone_db = level_db(counters.c_in_bins, C_IN_LOW_DB)[g]
    assert alone_db == level_db(counters.c_n_bins, C_N_LOW_DB)[g]
    assert counters.c_i_bins[g, -1] == counters.c_i_bins[g].sum() > 0  # none: the last bin


def strongest(now, beams, g):
    place_m, up = (values[g] for values in places(now))
    return int(levels_slowly(now, beams, 0, place_m, up)[0].argmax())


def test_two_beams_in_closed_form(busy):
    """With a chance of a quarter C/(I+N) is that of both, else that of the server alone."""
    now = one_step(busy, 0)
    counters, beams, _ = count_levels(now)
    g = next(g for g in served(now, beams) if counters.camped[g])
    place_m, up = (values[g] for values in places(now))
    level, _ = levels_slowly(now, beams, 0, place_m, up)
    server = int(level.argmax())
    other = int(np.argmax(np.where(np.arange(len(level)) == server, 0.0, level)))
    counters, _, _ = count_levels(now, beams=only(beams, {server: 1.0, other: 0.25}))
    bins = counters.c_in_bins[g] / UNITS
    levels_db = np.array([c_in_db(level[server], 0.0), c_in_db(level[server], level[other])])
    at = np.floor((levels_db - C_IN_LOW_DB) * 10).astype(int)
    assert at[0] - at[1] > 3
    assert [bins[k - 1 : k + 2].sum() for k in at] == pytest.approx([0.75, 0.25], abs=0.001)
    k = int(np.floor((to_db(level[server] / level[other]) - C_I_LOW_DB) * 10))
    assert (counters.c_i_bins[g] / UNITS)[k - 1 : k + 2].sum() == pytest.approx(0.25, abs=0.001)


def test_isolated_beams_are_never_alight_together(busy):
    """Beams within the isolation distance of the server's cell are left out of its interference."""
    far = network_case(*BUSY, "beams.isolation_km=90", count=1)
    _, isolated_beams, isolated = count_levels(far)
    lattice = busy.inputs.beams.lattice
    point_m, normal = places(far)
    for g in served(far, isolated_beams):
        place_m, up = point_m[g], normal[g]
        level, _ = levels_slowly(far, isolated_beams, 0, place_m, up)
        server = int(level.argmax())
        cell = isolated_beams.cell[0, : len(level)]
        apart_m = np.linalg.norm(lattice.position_m[cell] - lattice.position_m[cell[server]], axis=1)
        beside = np.array([chance_beside.py_func(isolated_beams, 0, server, i) for i in range(len(level))])
        mean = (beside * level)[apart_m >= 90e3].sum()
        around = np.isin(cell, cells_around(far, g))
        near = (beside * level)[around & (apart_m >= 90e3)].sum()
        assert to_db(isolated[0, g] + near) == pytest.approx(to_db(mean), abs=0.1)
        assert mean < (beside * level).sum()


@pytest.mark.parametrize("overrides", [[], [APERTURE]])
def test_beams_elsewhere_add_the_mean_of_their_side_lobes(overrides):
    """At the middle of a tile: each place with its cells, its chance to be alight, and the mean of sin^2, 1/2."""
    case = network_case(*overrides, "beams.margin_km=20", count=1)
    _, beams, held = count_levels(case)
    network, pattern = case.network, case.network.association.pattern
    point_m, normal = places(case)
    g = len(point_m) // 2  # all of them are one tile
    level, _ = levels_slowly(case, beams, 0, point_m[g], normal[g])
    server = int(level.argmax())
    beside = np.array([chance_beside.py_func(beams, 0, server, i) for i in range(len(level))])
    beside[server] = 0.0
    here, around = beside * level, np.isin(beams.cell[0, : len(level)], cells_around(case, g))
    far = 0.0
    for k in range(int(beams.satellites[0])):
        satellite_m = case.position_m[0, beams.satellite[0, k]]
        heard, _ = c_n_per_pfd(case.inputs.link, satellite_m, point_m[g], normal[g])
        to_place = unit(point_m[g] - satellite_m)
        along, across, down = axes(satellite_m)
        cosines = np.array([to_place @ along, to_place @ across, to_place @ down])
        at = slice(beams.far_first[0, k], beams.far_first[0, k + 1])
        difference = cosines - beams.far_aim[0, at]
        if pattern.planar:
            a, b = pattern.along * difference[:, 0], pattern.across * difference[:, 1]
            gain = cosines[2] ** pattern.exponent / ((1 + 2 * a**2) * (1 + 2 * b**2))
        else:
            off_axis_deg = np.degrees(2 * np.arcsin(np.linalg.norm(difference, axis=1) / 2))
            gain = from_db(
                -off_axis_loss_db(case.inputs.link.payload.beam, off_axis_deg=off_axis_deg, frequency_hz=2e9)
            )
        flux = (beams.far_strength[0, at] * beams.far_number[0, at] * gain).sum() * beams.far_lit[0, k]
        range_m = np.linalg.norm(point_m[g] - satellite_m)
        own = beams.serving[0, server] == k and beams.few[0, k]
        scale = (beams.alight[0, k] - 1) / (beams.alight[0, k] - beams.lit[0, server]) if own else 1.0
        far += scale * heard * flux / range_m**2
    assert len(network.ground.first) == 2
    assert far > 0.02 * here.sum()
    assert to_db(held[0, g]) == pytest.approx(to_db(here[~around].sum() + far), abs=0.1)


def test_beams_far_from_a_tile_move_c_in_by_a_tenth_of_a_decibel_at_most():
    """The kernel takes the mean of their side lobes, the twin each of them."""
    case = network_case(*ITALY, count=2)
    _, beams, held = count_levels(case)
    point_m, normal = places(case)
    differences_db, far = [], []
    for step in range(2):
        now, of_step = one_step(case, step), steps_of(beams, np.array([step]))
        for g in range(0, len(point_m), 23):
            level, _ = levels_slowly(now, of_step, 0, point_m[g], normal[g])
            around = np.isin(of_step.cell[0, : len(level)], cells_around(case, g))
            server = int(np.where(around, level, 0.0).argmax())
            if level[server] <= 0 or not around.any():
                continue
            beside = interference_beside(case, of_step, 0, server, level)
            found = float(held[step, g]) + beside[around].sum()
            differences_db.append(to_db((1 + found) / (1 + beside.sum())))
            far.append((far_gain(now, of_step, point_m[g]) < FAR).mean())
    assert np.mean(far) > 0.2  # or there is nothing to see
    assert len(differences_db) > 20
    assert np.abs(differences_db).max() < 0.1
    assert abs(np.mean(differences_db)) < 0.02


def far_gain(case, beams, place_m):
    """Return the mean gain of the side lobes of each beam at a place."""
    pattern, number = case.network.association.pattern, int(beams.first[0, beams.satellites[0]])
    towards = []
    for k in range(int(beams.satellites[0])):
        satellite_m = case.position_m[0, beams.satellite[0, k]]
        along, across, _ = axes(satellite_m)
        to_place = unit(place_m - satellite_m)
        towards.append([to_place @ along, to_place @ across])
    difference = np.array(towards)[beams.serving[0, :number]].T - beams.aim[0, :2, :number]
    a, b = pattern.along * difference[0], pattern.across * difference[1]
    return 1.0 / ((1 + 2 * a**2) * (1 + 2 * b**2))
