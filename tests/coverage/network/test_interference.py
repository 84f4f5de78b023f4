"""What beams do to each other: closed forms, the layout of TR 38.821, the slow twin, and what must hold always."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loaded_case import APERTURE, cells_at, count, ground_at, levels_of, lit_by, loaded
from network_twin import angle_deg, heard_slowly

from d2c.coverage.engine.engine import span_job
from d2c.coverage.kernels import _interference as _interference_kernels
from d2c.coverage.network.interference import network_setup
from d2c.coverage.radio import kernel_link
from d2c.coverage.windows import Window
from d2c.link.antenna import circular_aperture_beamwidth_deg
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
    return loaded(APERTURE, "beams.beam_cells=5")


@pytest.fixture(scope="module")
def starlink():
    """Beams with a PFD cap; three frequencies, two polarisations."""
    return loaded(
        "beams.reuse=3", "beams.polarisations=2", "beams.cross_polarisation_db=12", "beams.load=0.7"
    )


def on_ground(u, v):
    """Return where directions off the nadir of SATELLITE, as sines (...), meet a sphere, (..., 3)."""
    toward = np.stack([-np.sqrt(1 - u**2 - v**2), u, v], axis=-1)
    b = toward @ SATELLITE
    return SATELLITE + (-b - np.sqrt(b**2 - SATELLITE @ SATELLITE + EARTH_M**2))[..., None] * toward


def loss_db(task, off_axis_deg):
    down = task.load.field.link.payload.downlink
    return off_axis_loss_db(
        task.load.field.link.payload.beam,
        off_axis_deg=off_axis_deg,
        frequency_hz=down.frequency_mhz.value * 1e6,
    )


def one_step(task, cells, ground, server, satellites=SATELLITE):
    sky = np.atleast_2d(satellites)[None]
    return levels_of(task, ground, sky, lit_by(task, cells, sky, np.atleast_2d(server)))


@pytest.mark.parametrize("apart_deg", [0.5, 2.2, 4.0, 7.5, 20.0])
def test_two_beams_of_one_satellite(aperture, apart_deg):
    """At the centre of one, C/I is what the other has lost off its axis."""
    *_, task = aperture
    u = np.array([0.0, np.sin(np.radians(apart_deg))])
    centres = on_ground(u, 0 * u)
    _, c_i = one_step(task, cells_at(centres), ground_at(centres, [0, 1]), [0, 0])
    assert angle_deg(*(centres - SATELLITE)) == pytest.approx(apart_deg, abs=1e-9)
    np.testing.assert_allclose(c_i, loss_db(task, apart_deg), rtol=0, atol=EXACT_DB)


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
    scenario, inputs, task = aperture
    u, v, colour, spacing = layout(tiers, reuse)
    assert len(u) == beams
    three = scenario.beams.model_copy(update={"reuse": reuse})
    radio, levels = kernel_link(scenario, inputs)
    load = network_setup(three, inputs, task.field, radio, levels, step_us=scenario.time.step_us)
    task = dataclasses.replace(task, load=load)
    at_u = spacing * np.array([0.0, 0.5, 0.5, 0.2])
    at_v = spacing * np.array([0.0, 0.0, 0.5 / np.sqrt(3), 0.1])
    centres, places = on_ground(u, v), on_ground(at_u, at_v)
    _, c_i = one_step(task, cells_at(centres, colour=colour), ground_at(places, [0] * 4), [[0] * beams])
    for place, found in zip(places, c_i, strict=True):
        heard = from_db(-loss_db(task, angle_deg(place - SATELLITE, centres - SATELLITE)))
        others = heard[1:][colour[1:] == colour[0]].sum()
        assert found == pytest.approx(to_db(heard[0] / others), abs=EXACT_DB)
    # neighbours cross at -3 dB in the corner, where three beams meet: one of them against two and the rest
    if reuse == 1:
        assert -4.0 < c_i[2] < to_db(0.5)


def test_one_beam_gives_the_budget_of_its_own(starlink):
    """Alone, C/(I+N) at a beam's centre is the C/N of `d2c link`, C/I is infinite, and so is the PFD the budget's."""
    _, inputs, task = starlink
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
        beams = lit_by(task, cells, sky, server[None])
        c_in, c_i = levels_of(task, ground, sky, beams)
        assert c_in[0] == pytest.approx(float(budget.c_n_db), abs=LOOKED_UP_DB)
        assert c_i[0] > 250
        counters = count(task, ground, sky, beams)
        assert to_db(counters.pfd_max[0]) == pytest.approx(float(budget.pfd_dbw_m2_mhz), abs=EXACT_DB)


def test_pfd_of_all_is_the_sum_of_each(aperture):
    *_, task = aperture
    random = np.random.default_rng(6)
    centres = on_ground(*random.uniform(-0.3, 0.3, (2, 12)))
    satellites = SATELLITE + np.array([[0, 0, 0], [0, 3e5, 1e5], [2e5, -4e5, 0]])
    cells, ground = cells_at(centres), ground_at(on_ground(*random.uniform(-0.4, 0.4, (2, 9))), [-1] * 9)
    server = np.arange(12) % 3
    sky = satellites[None]
    together = count(task, ground, sky, lit_by(task, cells, sky, server[None]))
    single = [
        count(task, ground, sky, lit_by(task, cells, sky, np.where(np.arange(12) == b, server, -1)[None]))
        for b in range(12)
    ]
    np.testing.assert_allclose(together.pfd_max, np.sum([one.pfd_max for one in single], axis=0), rtol=1e-12)
    assert not together.lit.any()  # nobody is in one of the beam cells


def test_limits_are_of_all_or_of_the_strongest_satellite():
    """Aggregate limits see the sum of all satellites, single ones the satellite that comes nearest to them."""
    limits = ["fcc-25-202k", "rr-21-4-2200mhz"]
    _, inputs, task = loaded(APERTURE, "beams.beam_cells=5", f"link.limits={limits}")
    assert [limit.scope for limit in inputs.limits.values()] == ["aggregate", "single"]
    centres = on_ground(*np.random.default_rng(7).uniform(-0.2, 0.2, (2, 8)))
    satellites = SATELLITE + np.array([[0, 0, 0], [0, 9e5, 1e5]])
    cells, ground, sky = cells_at(centres), ground_at(centres, np.arange(8)), satellites[None]
    server = np.arange(8) % 2
    both = count(task, ground, sky, lit_by(task, cells, sky, server[None])).pfd_over_limit
    each = [
        count(task, ground, sky, lit_by(task, cells, sky, np.where(server == s, s, -1)[None])).pfd_over_limit
        for s in (0, 1)
    ]
    np.testing.assert_allclose(both[0], each[0][0] + each[1][0], rtol=1e-12)
    np.testing.assert_allclose(both[1], np.maximum(each[0][1], each[1][1]), rtol=1e-12)


def crowd(task, seed, satellites=4):
    """Return satellites (1, S, 3) over the beam cells of a case, and who lights which: everybody, at random."""
    random = np.random.default_rng(seed)
    across = np.cross(task.load.field.axis, [0, 0, 1.0])
    north = np.cross(across, task.load.field.axis)
    offset = random.uniform(-6e5, 6e5, (2, satellites))
    sky = task.load.field.axis * 6771e3 + offset[0, :, None] * across + offset[1, :, None] * north
    server = random.integers(-1, satellites, len(task.load.field.cells.weight))
    server[task.load.ground.cell[:1]] = 0  # somebody is served
    return sky[None], server[None]


@pytest.mark.parametrize("seed", range(3))
def test_kernel_equals_twin(starlink, seed):
    scenario, inputs, task = starlink
    cells, ground = task.load.field.cells, task.load.ground
    sky, server = crowd(task, seed)
    beams = lit_by(task, cells, sky, server)
    c_in, c_i = levels_of(task, ground, sky, beams)
    wanted = heard_slowly(
        inputs.link, sky[0], cells, server[0], ground, reuse=3, load=0.7, leak=from_db(-12.0), full_power=16
    )
    np.testing.assert_allclose(c_in, wanted[0], rtol=0, atol=LOOKED_UP_DB)
    np.testing.assert_allclose(c_i, wanted[1], rtol=0, atol=LOOKED_UP_DB)
    assert np.isfinite(c_in).sum() > 3
    counters = count(task, ground, sky, beams)
    np.testing.assert_allclose(to_db(counters.pfd_max), to_db(wanted[3].max(axis=0)), rtol=0, atol=EXACT_DB)
    # services: both directions, the uplink with its noise rise
    rise_db = scenario.beams.noise_rise_db
    for v in range(len(inputs.services)):
        margin = np.fmin(
            wanted[0] - task.load.wanted.down_db[v], wanted[2] - rise_db - task.load.wanted.up_db[v]
        )
        sure = ~(np.abs(margin) < 0.01)
        np.testing.assert_array_equal(counters.served[v][sure], (margin >= 0)[sure])
    rates = task.load.wanted.rate_bit_s
    step = np.searchsorted(task.load.wanted.threshold_db, np.nan_to_num(wanted[0], nan=-np.inf), side="right")
    np.testing.assert_array_equal(counters.rate_sum, np.where(counters.lit > 0, rates[step], 0))


def test_kernel_without_compiler_equals_the_compiled_one(starlink, monkeypatch):
    *_, task = starlink
    sky, server = crowd(task, 1)
    beams = lit_by(task, task.load.field.cells, sky, server)
    wanted = count(task, task.load.ground, sky, beams)
    assert wanted.served.any()
    names = [name for name, value in vars(_interference_kernels).items() if hasattr(value, "py_func")]
    plain = _interference_kernels.accumulate_network.py_func
    for name in names:
        monkeypatch.setattr(_interference_kernels, name, getattr(_interference_kernels, name).py_func)
    monkeypatch.setattr("loaded_case.accumulate_network", plain)
    found = count(task, task.load.ground, sky, beams)
    for name in wanted._fields:
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-12, err_msg=name)


def test_order_of_satellites_and_cells_does_not_matter(starlink):
    *_, task = starlink
    ground, cells = task.load.ground, task.load.field.cells
    sky, server = crowd(task, 2)
    plain = levels_of(task, ground, sky, lit_by(task, cells, sky, server))
    other = np.array([2, 0, 3, 1])
    turned = np.append(np.argsort(other), -1)[server]
    np.testing.assert_allclose(
        levels_of(task, ground, sky[:, other].copy(), lit_by(task, cells, sky[:, other], turned)),
        plain,
        atol=1e-8,
    )
    shuffled = np.random.default_rng(0).permutation(len(cells.weight))
    renumbered = ground._replace(cell=np.argsort(shuffled)[ground.cell])
    moved = type(cells)(*(a[shuffled] for a in cells))
    np.testing.assert_allclose(
        levels_of(task, renumbered, sky, lit_by(task, moved, sky, server[:, shuffled])), plain, atol=1e-8
    )


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), loads=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_more_load_never_raises_c_in(starlink, seed, loads):
    *_, task = starlink
    sky, server = crowd(task, seed)
    beams = lit_by(task, task.load.field.cells, sky, server)

    def c_in(load):
        changed = dataclasses.replace(task.load, air=task.load.air._replace(load=load))
        return levels_of(dataclasses.replace(task, load=changed), task.load.ground, sky, beams)[0]

    low, high = (c_in(load) for load in sorted(loads))
    assert (high <= low + 1e-8)[np.isfinite(low)].all()


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), gone=st.integers(0, 3))
def test_a_satellite_less_never_lowers_anothers_c_i(starlink, seed, gone):
    *_, task = starlink
    ground = task.load.ground
    sky, server = crowd(task, seed)
    with_all = levels_of(task, ground, sky, lit_by(task, task.load.field.cells, sky, server))
    fewer = np.where(server == gone, -1, server)
    without = levels_of(task, ground, sky, lit_by(task, task.load.field.cells, sky, fewer))
    others = np.isfinite(without[1])
    np.testing.assert_array_equal(others, np.isfinite(with_all[1]) & (server[0][ground.cell] != gone))
    assert (without >= with_all - 1e-8)[:, others].all()


def test_other_frequencies_are_not_heard_and_other_polarisations_a_little(starlink):
    """A beam of the same colour, then of the other polarisation, then of another frequency, from one place."""
    *_, task = starlink
    u = np.array([0.0, 0.05])
    centres = on_ground(u, 0 * u)
    ground = ground_at(centres[:1], [0])
    same, crossed, apart = (
        one_step(task, cells_at(centres, colour=[0, other]), ground, [0, 0])[1][0] for other in (0, 3, 1)
    )
    assert crossed - same == pytest.approx(12.0, abs=1e-8)  # cross_polarisation_db
    assert apart > 250


def test_power_is_shared_beyond_the_beams_at_full_power():
    *_, task = loaded(APERTURE, "beams.beam_cells=5", "beams.full_power_beams=2")
    centres = on_ground(np.linspace(-0.3, 0.3, 4), np.zeros(4))
    cells = cells_at(centres)
    sky = SATELLITE[None, None]
    for lit, share in ((1, 1), (2, 1), (3, 2 / 3), (4, 1 / 2)):
        server = np.where(np.arange(4) < lit, 0, -1)[None]
        strength = lit_by(task, cells, sky, server).strength
        alone = lit_by(task, cells, sky, np.array([[0, -1, -1, -1]])).strength
        np.testing.assert_allclose(strength[0], alone[0] * share, rtol=1e-12)


def test_nobody_below_the_mask_is_served(starlink):
    """The beam's centre sees the satellite at 26 deg; a cell behind it, below 25 deg, has no service from it."""
    *_, task = starlink
    elevation = np.array([26.0, 25.05, 24.95, 24.0])
    nadir = np.degrees(np.arcsin(np.cos(np.radians(elevation)) * EARTH_M / SATELLITE[0]))
    places = on_ground(np.sin(np.radians(nadir)), np.zeros(4))
    ground = ground_at(places, [0] * 4)
    look = look_angles(SATELLITE, handset_m=places, up=ground.up)
    np.testing.assert_allclose(look.elevation_deg, elevation, atol=1e-9)
    sky = SATELLITE[None, None]
    counters = count(task, ground, sky, lit_by(task, cells_at(places[:1]), sky, [[0]]))
    assert counters.lit.tolist() == [1, 1, 0, 0]
    assert (counters.pfd_max > 0).all()


def test_no_beams_at_all(starlink):
    *_, task = starlink
    sky, server = crowd(task, 0)
    counters = count(task, task.load.ground, sky, lit_by(task, task.load.field.cells, sky, 0 * server - 1))
    assert not counters.lit.any()
    assert not counters.pfd_max.any()
    assert (counters.trailing_gap == 1).all()


@pytest.mark.parametrize("overrides", [[], ["beams.beams_per_satellite=1"]])
def test_a_loaded_network_serves_no_more_than_noise_allows(overrides):
    """Window by window: served over C/(I+N) only where the plain run sees a satellite, and its C/N is the bound."""
    _, inputs, task = loaded(*overrides)
    window, never = Window(0, 120), np.full(len(inputs.constellation), NEVER)
    part = task.accumulate(window, never)
    plain = dataclasses.replace(task, load=None).accumulate(window, never)
    assert (part.beams.lit > 0).any()
    assert (part.beams.lit <= plain.statistics.visible_samples).all()
    for name in ("visible_samples", "visible_sum", "c_n_bins"):
        np.testing.assert_array_equal(getattr(part.statistics, name), getattr(plain.statistics, name))
    if not overrides:
        assert (part.statistics.served <= plain.statistics.served).all()
    assert (part.beams.c_in_bins.sum(axis=1) == part.beams.lit).all()
    assert (part.beams.c_i_bins.sum(axis=1) == part.beams.lit).all()
    assert (part.statistics.served <= part.beams.lit).all()


def test_task_has_a_load_only_with_beams(starlink):
    scenario, inputs, _ = starlink
    radio, levels = kernel_link(scenario, inputs)
    assert span_job(scenario.model_copy(update={"beams": None}), inputs, radio, levels).load is None
