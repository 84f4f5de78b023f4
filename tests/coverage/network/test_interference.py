"""What beams do to each other: closed forms, the layout of TR 38.821, the slow twin, and what must hold always."""

import dataclasses
import itertools

import numpy as np
import pytest
from coverage_twin import bin_gaps, count_gaps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loaded_case import (
    APERTURE,
    beams_to,
    cells_at,
    ground_at,
    hear,
    levels_of,
    loaded,
    loaded_network,
    served_by,
)
from network_twin import angle_deg, heard_slowly, margins_slowly

from d2c.antenna.patterns import circular_aperture_beamwidth_deg
from d2c.coverage.engine.accumulator import CoverageAccumulator
from d2c.coverage.engine.engine import span_job
from d2c.coverage.engine.models import BeamNetwork, OpenSky
from d2c.coverage.kernels import _interference, _tables
from d2c.coverage.kernels.layout import NO_MARGIN_DB
from d2c.coverage.kernels.tiles import to_grid_order
from d2c.coverage.network.interference import network_setup
from d2c.coverage.radio import kernel_link
from d2c.coverage.windows import FrameClock, Window
from d2c.link.geometry import look_angles
from d2c.link.terminal import off_axis_loss_db
from d2c.orbit.decay import NEVER
from d2c.units import from_db, to_db

EARTH_M = 6371e3
SATELLITE = np.array([EARTH_M + 600e3, 0.0, 0.0])
LOOKED_UP_DB = 2e-3  # the kernel's curves against the budget; they are held to 0.01 dB
EXACT_DB = 1e-6


@pytest.fixture(scope="module")
def aperture():
    """Beams of TR 38.821, set 1: 4.4 deg wide at 600 km, without scan loss or PFD cap."""
    return loaded_network(APERTURE, "beams.beam_cells=5")


@pytest.fixture(scope="module")
def starlink():
    """Beams with a PFD cap; three frequencies, two polarisations."""
    return loaded_network(
        "beams.reuse=3", "beams.polarisations=2", "beams.cross_polarisation_db=12", "beams.load=0.7"
    )


def on_ground(u, v):
    """Return where directions off the nadir of SATELLITE, as sines (...), meet a sphere, (..., 3)."""
    toward = np.stack([-np.sqrt(1 - u**2 - v**2), u, v], axis=-1)
    b = toward @ SATELLITE
    return SATELLITE + (-b - np.sqrt(b**2 - SATELLITE @ SATELLITE + EARTH_M**2))[..., None] * toward


def loss_db(network, off_axis_deg):
    down = network.assignment.link.payload.downlink
    return off_axis_loss_db(
        network.assignment.link.payload.beam,
        off_axis_deg=off_axis_deg,
        frequency_hz=down.frequency_mhz.value * 1e6,
    )


def one_step(network, cells, ground, server, satellites=SATELLITE):
    sky = np.atleast_2d(satellites)[None]
    return levels_of(network, ground, sky, beams_to(network, cells, sky, np.atleast_2d(server)))


@pytest.mark.parametrize("apart_deg", [0.5, 2.2, 4.0, 7.5, 20.0])
def test_two_beams_of_one_satellite(aperture, apart_deg):
    """At the centre of one, C/I is what the other has lost off its axis."""
    *_, network = aperture
    u = np.array([0.0, np.sin(np.radians(apart_deg))])
    centres = on_ground(u, 0 * u)
    _, c_i = one_step(network, cells_at(centres), ground_at(centres, [0, 1]), [0, 0])
    assert angle_deg(*(centres - SATELLITE)) == pytest.approx(apart_deg, abs=1e-9)
    np.testing.assert_allclose(c_i, loss_db(network, apart_deg), rtol=0, atol=EXACT_DB)


def layout(tiers, reuse):
    """Return u and v of the beams of TR 38.821, 6.1.1.1, at the nadir, the first in the middle, and their colours."""
    spacing = np.sqrt(3) * np.sin(
        np.radians(circular_aperture_beamwidth_deg(diameter_m=2.0, frequency_hz=2e9) / 2)
    )
    ij = [(i, j) for i in range(-tiers, tiers + 1) for j in range(-tiers, tiers + 1) if abs(i + j) <= tiers]
    i, j = np.array(sorted(ij, key=lambda p: p[0] ** 2 + p[0] * p[1] + p[1] ** 2)).T
    return spacing * (i + j / 2), spacing * j * np.sqrt(3) / 2, (i - j) % 3 if reuse == 3 else 0 * i, spacing


@pytest.mark.parametrize(("tiers", "beams"), [(2, 19), (4, 61)])
@pytest.mark.parametrize("reuse", [1, 3])
def test_hexagonal_layout_of_tr_38821(aperture, tiers, beams, reuse):
    """C/I at the centre, towards a neighbour, and at the corner of three beams equals a direct sum."""
    scenario, inputs, network = aperture
    u, v, colour, spacing = layout(tiers, reuse)
    assert len(u) == beams
    plan = dataclasses.replace(inputs.beams, beams=scenario.beams.model_copy(update={"reuse": reuse}))
    link, bins = kernel_link(scenario, inputs)
    network = network_setup(plan, inputs, network.cells, link, bins, step_us=scenario.time.step_us)
    at_u = spacing * np.array([0.0, 0.5, 0.5, 0.2])
    at_v = spacing * np.array([0.0, 0.0, 0.5 / np.sqrt(3), 0.1])
    centres, places = on_ground(u, v), on_ground(at_u, at_v)
    _, c_i = one_step(network, cells_at(centres, colour=colour), ground_at(places, [0] * 4), [[0] * beams])
    for place, found in zip(places, c_i, strict=True):
        heard = from_db(-loss_db(network, angle_deg(place - SATELLITE, centres - SATELLITE)))
        others = heard[1:][colour[1:] == colour[0]].sum()
        assert found == pytest.approx(to_db(heard[0] / others), abs=EXACT_DB)
    # neighbours cross at -3 dB in the corner, where three beams meet: one of them against two and the rest
    if reuse == 1:
        assert -4.0 < c_i[2] < to_db(0.5)


def test_one_beam_gives_the_budget_of_its_own(starlink):
    """Alone, C/(I+N) at a beam's centre is the C/N of `d2c link`, C/I is infinite, and so is the PFD the budget's."""
    _, inputs, network = starlink
    random = np.random.default_rng(5)
    u, v = random.uniform(-0.6, 0.6, (2, 6))
    centres = on_ground(u, v)
    cells = cells_at(centres)
    for b in range(len(u)):
        server = np.where(np.arange(len(u)) == b, 0, -1)
        ground = ground_at(centres[b : b + 1], [b])
        sky = SATELLITE[None, None]
        look = look_angles(SATELLITE, handset_m=centres[b], up=cells.up[b])
        budget = inputs.link.downlink(
            slant_range_m=look.slant_range_m,
            elevation_deg=look.elevation_deg,
            off_nadir_deg=look.off_nadir_deg,
        )
        beams = beams_to(network, cells, sky, server[None])
        c_in, c_i = levels_of(network, ground, sky, beams)
        assert c_in[0] == pytest.approx(float(budget.c_n_db), abs=LOOKED_UP_DB)
        assert c_i[0] > 250
        counters, _ = hear(network, ground, sky, beams)
        assert to_db(counters.pfd_max[0]) == pytest.approx(float(budget.pfd_dbw_m2_mhz), abs=EXACT_DB)


def test_pfd_of_all_is_the_sum_of_each(aperture):
    *_, network = aperture
    random = np.random.default_rng(6)
    centres = on_ground(*random.uniform(-0.3, 0.3, (2, 12)))
    satellites = SATELLITE + np.array([[0, 0, 0], [0, 3e5, 1e5], [2e5, -4e5, 0]])
    cells, ground = cells_at(centres), ground_at(on_ground(*random.uniform(-0.4, 0.4, (2, 9))), [-1] * 9)
    server = np.arange(12) % 3
    sky = satellites[None]
    together = hear(network, ground, sky, beams_to(network, cells, sky, server[None]))
    single = [
        hear(
            network,
            ground,
            sky,
            beams_to(network, cells, sky, np.where(np.arange(12) == b, server, -1)[None]),
        )
        for b in range(12)
    ]
    total = np.sum([counters.pfd_max for counters, _ in single], axis=0)
    np.testing.assert_allclose(together.counters.pfd_max, total, rtol=1e-12)
    # nobody is in one of the beam cells
    assert not together.counters.active_samples.any()
    assert (together.margin_db == NO_MARGIN_DB).all()


def test_limits_are_of_all_or_of_the_strongest_satellite():
    """Aggregate limits see the sum of all satellites, single ones the satellite that comes nearest to them."""
    limits = ["fcc-25-202k", "rr-21-4-2200mhz"]
    _, inputs, network = loaded_network(APERTURE, "beams.beam_cells=5", f"link.limits={limits}")
    assert [limit.scope for limit in inputs.limits.values()] == ["aggregate", "single"]
    centres = on_ground(*np.random.default_rng(7).uniform(-0.2, 0.2, (2, 8)))
    satellites = SATELLITE + np.array([[0, 0, 0], [0, 9e5, 1e5]])
    cells, ground, sky = cells_at(centres), ground_at(centres, np.arange(8)), satellites[None]
    server = np.arange(8) % 2
    both, *each = (
        hear(network, ground, sky, beams_to(network, cells, sky, lit[None])).counters.pfd_over_limit
        for lit in (server, *(np.where(server == s, s, -1) for s in (0, 1)))
    )
    np.testing.assert_allclose(both[0], each[0][0] + each[1][0], rtol=1e-12)
    np.testing.assert_allclose(both[1], np.maximum(each[0][1], each[1][1]), rtol=1e-12)


def crowd(network, seed, satellites=4):
    """Return satellites (1, S, 3) over the beam cells of a case, and who lights which: everybody, at random."""
    random = np.random.default_rng(seed)
    across = np.cross(network.assignment.axis, [0, 0, 1.0])
    north = np.cross(across, network.assignment.axis)
    offset = random.uniform(-6e5, 6e5, (2, satellites))
    sky = network.assignment.axis * 6771e3 + offset[0, :, None] * across + offset[1, :, None] * north
    server = random.integers(-1, satellites, len(network.assignment.cells.weight))
    server[network.ground.cell[:1]] = 0  # somebody is served
    return sky[None], server[None]


@pytest.mark.parametrize("seed", range(3))
def test_kernel_equals_twin(starlink, seed):
    scenario, inputs, network = starlink
    cells, ground, requirements = network.assignment.cells, network.ground, network.requirements
    sky, server = crowd(network, seed)
    beams = beams_to(network, cells, sky, server)
    c_in, c_i = levels_of(network, ground, sky, beams)
    wanted = heard_slowly(
        inputs.link, sky[0], cells, server[0], ground, reuse=3, load=0.7, leak=from_db(-12.0), full_power=16
    )
    np.testing.assert_allclose(c_in, wanted[0], rtol=0, atol=LOOKED_UP_DB)
    np.testing.assert_allclose(c_i, wanted[1], rtol=0, atol=LOOKED_UP_DB)
    assert np.isfinite(c_in).sum() > 3
    counters, margin_db = hear(network, ground, sky, beams)
    np.testing.assert_allclose(to_db(counters.pfd_max), to_db(wanted[3].max(axis=0)), rtol=0, atol=EXACT_DB)
    np.testing.assert_array_equal(counters.active_samples, np.isfinite(wanted[0]))
    rates = requirements.rate_bit_s
    step = np.searchsorted(requirements.threshold_db, np.nan_to_num(wanted[0], nan=-np.inf), side="right")
    np.testing.assert_array_equal(counters.rate_sum, np.where(counters.active_samples > 0, rates[step], 0))
    # services: both directions, the uplink with its noise rise
    exact_db = margins_slowly(
        list(inputs.services.values()), wanted[0], wanted[2], noise_rise_db=scenario.beams.noise_rise_db
    )
    without = np.isnan(exact_db)
    np.testing.assert_array_equal(margin_db[:, 0] == NO_MARGIN_DB, without)
    sure = without | ~(np.abs(exact_db) < 0.01)
    np.testing.assert_array_equal((margin_db[:, 0] >= 0)[sure], (exact_db >= 0)[sure])
    for v, low_db in enumerate(requirements.margin_low_db):
        some, place = ~without[v], (margin_db[v, 0].astype(float) - low_db) * 10 - 0.5
        np.testing.assert_allclose(place[some], np.rint(place[some]), rtol=0, atol=1e-3)
        inside_db = np.clip(exact_db[v], low_db + 0.05, low_db + (requirements.margin_bins - 0.5) / 10)
        np.testing.assert_allclose(
            margin_db[v, 0][some], inside_db[some], rtol=0, atol=0.05 + LOOKED_UP_DB + 1e-5
        )
    # and as the accumulator counts them
    statistics, _, served_cells, _ = served_by(network, sky, margin_db)
    order = network.cells.order
    np.testing.assert_array_equal(statistics.served[:, order][sure], (exact_db >= 0)[sure])
    np.testing.assert_array_equal(statistics.margin_bins.sum(axis=2)[:, order], ~without)
    np.testing.assert_array_equal(served_cells[0], (margin_db[:, 0] >= 0).sum(axis=1))


@pytest.mark.parametrize("seed", [0, 4])
def test_services_of_a_network_are_counted_like_the_twin_does(starlink, seed):
    """Gaps, bins of margins, frames and the timeline, in two windows, by the margins that the kernel gives."""
    _, inputs, network = starlink
    steps, first, frame_steps = 60, 7, 25
    parts = [crowd(network, 100 * seed + t) for t in range(steps)]
    sky, server = (np.concatenate(values) for values in zip(*parts, strict=True))
    server[20:29] = -1  # a gap of all
    _, margin_db = hear(
        network, network.ground, sky, beams_to(network, network.assignment.cells, sky, server)
    )
    step_us = 1_000_000
    clock = FrameClock(step_us=step_us, frame_us=frame_steps * step_us)
    accumulator = CoverageAccumulator(network.cells, network.link, Window(first, steps), clock=clock)
    served_cells, served_m2 = [], []
    for begin, end in ((0, 24), (24, steps)):
        accumulator.add_window(sky[begin:end], count_services=False)
        for a, b in itertools.pairwise((begin, begin + 5, end)):
            margins = np.ascontiguousarray(margin_db[:, a:b])
            cells, area_m2 = accumulator.add_margins(margins, first=first + a)
            served_cells.append(cells)
            served_m2.append(area_m2)
    found, frames = accumulator.statistics(), accumulator.frames()
    assert found.samples == steps
    served = to_grid_order(margin_db >= 0, network.cells.order)
    assert 0.1 < served.mean() < 0.9
    edges = network.link.requirements.gap_edges
    for v, g in np.ndindex(len(inputs.services), len(inputs.grid)):
        head, tail, longest, squares = count_gaps(served[v, :, g])
        count, lengths = bin_gaps(served[v, :, g], edges)
        assert found.served[v, g] == served[v, :, g].sum()
        assert (found.leading_gap[v, g], found.trailing_gap[v, g]) == (head, tail)
        assert (found.longest_gap[v, g], found.gap_squared_sum[v, g]) == (longest, squares)
        assert found.gap_count[v, g].tolist() == count.tolist()
        assert found.gap_steps[v, g].tolist() == lengths.tolist()
    assert found.gap_count.any()
    in_order = to_grid_order(margin_db, network.cells.order)
    for v, low_db in enumerate(network.requirements.margin_low_db):
        place = np.floor((in_order[v].astype(float) - low_db) * 10).astype(int)
        for g in range(len(inputs.grid)):
            some = in_order[v, :, g] > NO_MARGIN_DB
            bins = np.bincount(place[some, g], minlength=network.requirements.margin_bins)
            assert found.margin_bins[v, g].tolist() == bins.tolist()
    frame = (first + np.arange(steps)) // frame_steps
    assert frames.samples.tolist() == np.bincount(frame).tolist()
    for k in range(frame[-1] + 1):
        np.testing.assert_array_equal(frames.served[k], served[:, frame == k].sum(axis=1))
    np.testing.assert_array_equal(np.concatenate(served_cells), served.sum(axis=2).T)
    area_m2 = np.rint(inputs.grid.area_m2).astype(np.int64)
    np.testing.assert_array_equal(np.concatenate(served_m2), (served * area_m2).sum(axis=2).T)


def test_kernel_without_compiler_equals_the_compiled_one(starlink, monkeypatch):
    *_, network = starlink
    sky, server = crowd(network, 1)
    beams = beams_to(network, network.assignment.cells, sky, server)
    wanted = hear(network, network.ground, sky, beams)
    assert (wanted.margin_db >= 0).any()
    plain = _interference.accumulate_network.py_func
    for module in (_interference, _tables):
        for name, function in vars(module).copy().items():
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
    monkeypatch.setattr("loaded_case.accumulate_network", plain)
    found = hear(network, network.ground, sky, beams)
    for name in wanted.counters._fields:
        one, other = getattr(found.counters, name), getattr(wanted.counters, name)
        np.testing.assert_allclose(one, other, rtol=1e-12, err_msg=name)
    np.testing.assert_array_equal(found.margin_db, wanted.margin_db)


def test_order_of_satellites_and_cells_does_not_matter(starlink):
    *_, network = starlink
    ground, cells = network.ground, network.assignment.cells
    sky, server = crowd(network, 2)
    plain = levels_of(network, ground, sky, beams_to(network, cells, sky, server))
    other = np.array([2, 0, 3, 1])
    turned = np.append(np.argsort(other), -1)[server]
    np.testing.assert_allclose(
        levels_of(network, ground, sky[:, other].copy(), beams_to(network, cells, sky[:, other], turned)),
        plain,
        atol=1e-8,
    )
    shuffled = np.random.default_rng(0).permutation(len(cells.weight))
    renumbered = ground._replace(cell=np.argsort(shuffled)[ground.cell])
    moved = type(cells)(*(a[shuffled] for a in cells))
    np.testing.assert_allclose(
        levels_of(network, renumbered, sky, beams_to(network, moved, sky, server[:, shuffled])),
        plain,
        atol=1e-8,
    )


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), loads=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_more_load_never_raises_c_in(starlink, seed, loads):
    *_, network = starlink
    sky, server = crowd(network, seed)
    beams = beams_to(network, network.assignment.cells, sky, server)

    def c_in(load):
        changed = dataclasses.replace(network, tables=network.tables._replace(load=load))
        return levels_of(changed, network.ground, sky, beams)[0]

    low, high = (c_in(load) for load in sorted(loads))
    assert (high <= low + 1e-8)[np.isfinite(low)].all()


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), gone=st.integers(0, 3))
def test_a_satellite_less_never_lowers_anothers_c_i(starlink, seed, gone):
    *_, network = starlink
    ground = network.ground
    sky, server = crowd(network, seed)
    with_all = levels_of(network, ground, sky, beams_to(network, network.assignment.cells, sky, server))
    fewer = np.where(server == gone, -1, server)
    without = levels_of(network, ground, sky, beams_to(network, network.assignment.cells, sky, fewer))
    others = np.isfinite(without[1])
    np.testing.assert_array_equal(others, np.isfinite(with_all[1]) & (server[0][ground.cell] != gone))
    assert (without >= with_all - 1e-8)[:, others].all()


def test_other_frequencies_are_not_heard_and_other_polarisations_a_little(starlink):
    """A beam of the same colour, then of the other polarisation, then of another frequency, from one place."""
    *_, network = starlink
    u = np.array([0.0, 0.05])
    centres = on_ground(u, 0 * u)
    ground = ground_at(centres[:1], [0])
    same, crossed, apart = (
        one_step(network, cells_at(centres, colour=[0, other]), ground, [0, 0])[1][0] for other in (0, 3, 1)
    )
    assert crossed - same == pytest.approx(12.0, abs=1e-8)  # cross_polarisation_db
    assert apart > 250


def test_power_is_shared_beyond_the_beams_at_full_power():
    *_, network = loaded_network(APERTURE, "beams.beam_cells=5", "beams.full_power_beams=2")
    centres = on_ground(np.linspace(-0.3, 0.3, 4), np.zeros(4))
    cells = cells_at(centres)
    sky = SATELLITE[None, None]
    for lit, share in ((1, 1), (2, 1), (3, 2 / 3), (4, 1 / 2)):
        server = np.where(np.arange(4) < lit, 0, -1)[None]
        strength = beams_to(network, cells, sky, server).strength
        alone = beams_to(network, cells, sky, np.array([[0, -1, -1, -1]])).strength
        np.testing.assert_allclose(strength[0], alone[0] * share, rtol=1e-12)


def test_nobody_below_the_mask_is_served(starlink):
    """The beam's centre sees the satellite at 26 deg; a cell behind it, below 25 deg, has no service from it."""
    *_, network = starlink
    elevation = np.array([26.0, 25.05, 24.95, 24.0])
    nadir = np.degrees(np.arcsin(np.cos(np.radians(elevation)) * EARTH_M / SATELLITE[0]))
    places = on_ground(np.sin(np.radians(nadir)), np.zeros(4))
    ground = ground_at(places, [0] * 4)
    look = look_angles(SATELLITE, handset_m=places, up=ground.up)
    np.testing.assert_allclose(look.elevation_deg, elevation, atol=1e-9)
    sky = SATELLITE[None, None]
    counters, margin_db = hear(network, ground, sky, beams_to(network, cells_at(places[:1]), sky, [[0]]))
    assert counters.active_samples.tolist() == [1, 1, 0, 0]
    assert (margin_db[:, 0] > NO_MARGIN_DB).all(axis=0).tolist() == [True, True, False, False]
    assert (counters.pfd_max > 0).all()


def test_no_beams_at_all(starlink):
    *_, network = starlink
    sky, server = crowd(network, 0)
    nobody = beams_to(network, network.assignment.cells, sky, 0 * server - 1)
    counters, margin_db = hear(network, network.ground, sky, nobody)
    assert not counters.active_samples.any()
    assert not counters.pfd_max.any()
    assert (margin_db == NO_MARGIN_DB).all()
    statistics, *_ = served_by(network, sky, margin_db)
    assert (statistics.trailing_gap == 1).all()
    assert not statistics.margin_bins.any()


@pytest.mark.parametrize("overrides", [[], ["beams.beams_per_satellite=1"]])
def test_a_loaded_network_serves_no_more_than_noise_allows(overrides):
    """Window by window: served over C/(I+N) only where the plain run sees a satellite, and its C/N is the bound."""
    _, inputs, job = loaded(*overrides)
    window, never = Window(0, 120), np.full(len(inputs.constellation), NEVER)
    part = job.process_window(window, never)
    open_sky = dataclasses.replace(job, setup=dataclasses.replace(job.setup, model=OpenSky()))
    plain = open_sky.process_window(window, never)
    active = part.network.active_samples
    assert (active > 0).any()
    assert (active <= plain.statistics.visible_samples).all()
    for name in ("visible_samples", "visible_sum", "c_n_bins"):
        np.testing.assert_array_equal(getattr(part.statistics, name), getattr(plain.statistics, name))
    if not overrides:
        assert (part.statistics.served <= plain.statistics.served).all()
    assert (part.network.c_in_bins.sum(axis=1) == active).all()
    assert (part.network.c_i_bins.sum(axis=1) == active).all()
    assert (part.statistics.margin_bins.sum(axis=2) == active).all()
    assert (part.statistics.served <= active).all()


def test_a_job_has_a_network_only_with_beams(starlink):
    scenario, inputs, _ = starlink
    link, bins = kernel_link(scenario, inputs)
    assert isinstance(span_job(scenario, inputs, link, bins).setup.model, BeamNetwork)
    without = dataclasses.replace(inputs, beams=None)
    assert span_job(scenario.model_copy(update={"beams": None}), without, link, bins).setup.model == OpenSky()
