"""Phones without a network: the kernel against its slow twin, phones drawn afresh, and what must not decide."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from coverage_twin import count_gaps, loss_slowly, margins_slowly
from hypothesis import given
from hypothesis import strategies as st
from link_case import ALIKE, FREQUENCY_HZ, radio_for, some_phones

from d2c.coverage.engine.accumulator import process_window
from d2c.coverage.kernels import _accumulate, _best_server, _levels, _phones
from d2c.coverage.kernels._phones import azimuth_share
from d2c.coverage.kernels.layout import use_threads
from d2c.coverage.kernels.tiles import tile_cells
from d2c.coverage.run import run_coverage
from d2c.coverage.statistics.coverage import CoverageStatistics
from d2c.coverage.statistics.fields import declarations
from d2c.library import models
from d2c.library.phones import read_phones
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles
from d2c.link.phones import cell_phones
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.propagation.building import building_entry_loss_db
from d2c.propagation.tr38811 import clutter_loss_db, line_of_sight_probability, shadow_fading_sigma_db
from d2c.region.area import find_area
from d2c.region.grid import h3_grid
from d2c.scenario.load import read_scenario

EDGES = 1e-3  # share of the samples where float32 puts a satellite or a margin on the other side of an edge
MASK_DEG = 25.0
AZIMUTH_RAD = 1e-5  # of the polynomial of the arc tangent

KINDS = {
    "mix, urban": {"mix": "mix", "environment": "urban"},
    "hand, in the open": {"mix": "hand"},
    "rural": {"environment": "rural"},
    "indoors": {"losses": "indoor"},
    "mix, dense urban, three phones": {"mix": "mix", "environment": "dense-urban", "number": 3},
}


@given(st.floats(-np.pi, np.pi), st.floats(1e-3, 1e7))
def test_azimuths_of_the_kernel(azimuth, length):
    north, east = np.float32(length * np.cos(azimuth)), np.float32(length * np.sin(azimuth))
    found = 2 * np.pi * float(azimuth_share(north, east))
    wanted = np.arctan2(float(east), float(north)) % (2 * np.pi)
    assert min(abs(found - wanted), 2 * np.pi - abs(found - wanted)) < 2 * AZIMUTH_RAD


@pytest.fixture(params=KINDS, scope="module")
def phones(request):
    return some_phones(**KINDS[request.param])


def test_the_losses_of_phones_are_those_of_the_slow_twin(grid, phones):
    """Beside edges of azimuth and elevation, where the two round otherwise."""
    position_m = grid.position_m[:1] * 1.08
    slow = loss_slowly(phones, position_m[None], grid, mask_deg=0.0)[:, 0, :, 0]
    look = look_angles(position_m[0], handset_m=grid.position_m, up=grid.up)
    variant, turn = cell_phones(grid.position_m)
    latitude, longitude = np.radians(grid.latitude_deg), np.radians(grid.longitude_deg)
    away = position_m[0] - grid.position_m
    east = -np.sin(longitude) * away[:, 0] + np.cos(longitude) * away[:, 1]
    north = np.cos(latitude) * away[:, 2] - np.sin(latitude) * (
        np.cos(longitude) * away[:, 0] + np.sin(longitude) * away[:, 1]
    )
    azimuth_deg = np.degrees(np.arctan2(east, north)) % 360
    for g in range(1, len(grid)):  # straight overhead of the first
        found = phones.loss_db(
            type("Cell", (), {"variant": variant[g], "turn": turn[g]}),
            elevation_deg=look.elevation_deg[g],
            azimuth_deg=azimuth_deg[g],
        )
        np.testing.assert_allclose(found, slow[:, g], atol=1e-9)


def assert_of_the_twin(found, margin_db, bins):
    served = margin_db >= 0
    services, number, steps, cells = margin_db.shape
    assert found.served.shape == (services, number, cells)
    wrong = np.abs(found.served - served.sum(axis=2)).sum()
    assert wrong <= EDGES * served.size
    assert 0.05 < served.mean() < 0.95
    flags = np.moveaxis(served, 2, -1).reshape(-1, steps)
    gaps = np.array([count_gaps(row) for row in flags]).T.reshape(4, services, number, cells)
    # a step more or less moves the gaps of its phone
    for name, wanted in zip(("leading_gap", "trailing_gap", "longest_gap"), gaps[:3], strict=True):
        assert (getattr(found, name) != wanted).sum() <= wrong, name
    moved = np.abs(found.gap_squared_sum - gaps[3].sum(axis=1)) > 0
    assert moved.sum() <= wrong
    for v in range(services):
        inside = np.clip(
            np.nan_to_num((margin_db[v] - bins.margin_low_db[v]) * 10, neginf=0), 0, bins.bins - 1
        )
        inside = inside.astype(int)
        for g in range(cells):
            seen = np.isfinite(margin_db[v, :, :, g])
            wanted = np.bincount(inside[:, :, g][seen], minlength=bins.bins)
            assert found.margin_bins[v, g].sum() == wanted.sum()
            moved = np.abs(np.cumsum(found.margin_bins[v, g]) - np.cumsum(wanted)).max()
            assert moved <= np.maximum(1, 0.02 * wanted.sum())


def test_kernel_equals_twin(grid, link, services, position_m, phones):
    position_m = np.ascontiguousarray(position_m[:150])
    kernel_link, bins = radio_for(
        link, services, mask_deg=MASK_DEG, satellites=position_m.shape[1], phones=phones
    )
    found, timeline, *_ = process_window(position_m, tile_cells(grid), kernel_link)
    margin_db = margins_slowly(position_m, grid, link, services, phones, mask_deg=MASK_DEG)
    assert_of_the_twin(found, margin_db, bins)
    # cells and area are summed over the phones
    assert timeline.served_cells.sum() == found.served.sum()
    area_m2 = np.rint(grid.area_m2).astype(np.int64)
    np.testing.assert_array_equal(
        timeline.served_m2.sum(axis=0), (found.served.sum(axis=1) * area_m2).sum(axis=1)
    )
    alike, *_ = process_window(
        position_m,
        tile_cells(grid),
        radio_for(link, services, mask_deg=MASK_DEG, satellites=position_m.shape[1])[0],
    )
    for name in (
        "visible_samples",
        "visible_sum",
        "visible_max",
        "max_elevation_deg",
    ):  # of the sky, not of phones
        np.testing.assert_array_equal(getattr(found, name), getattr(alike, name), err_msg=name)


def test_phones_choose_among_satellites_of_two_payloads(grid, link, services, position_m):
    other = RadioLink(
        models.read_payload("3gpp-set1-leo1200"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    position_m = np.ascontiguousarray(position_m[:100])
    second = {"other": other, "has_other": np.arange(position_m.shape[1]) % 3 == 0}
    phones = some_phones("mix", environment="rural")
    kernel_link, bins = radio_for(
        link, services, mask_deg=MASK_DEG, satellites=position_m.shape[1], phones=phones, **second
    )
    found, *_ = process_window(position_m, tile_cells(grid), kernel_link)
    margin_db = margins_slowly(position_m, grid, link, services, phones, mask_deg=MASK_DEG, **second)
    assert_of_the_twin(found, margin_db, bins)


def test_kernel_without_compiler_equals_twin(grid, link, services, position_m, monkeypatch):
    few = some_phones("mix", environment="urban", number=4)
    position_m = np.ascontiguousarray(position_m[:8])
    kernel_link, _ = radio_for(link, services, mask_deg=MASK_DEG, satellites=position_m.shape[1], phones=few)
    compiled, *_ = process_window(position_m, tile_cells(grid), kernel_link)
    from d2c.coverage.engine import accumulator  # only here: its functions are replaced

    for module in (_accumulate, _best_server, _levels, _phones, accumulator):
        for name, function in vars(module).copy().items():
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
    found, *_ = process_window(position_m, tile_cells(grid), kernel_link)
    margin_db = margins_slowly(position_m, grid, link, services, few, mask_deg=MASK_DEG)
    wanted = (margin_db >= 0).sum(axis=2)
    assert np.abs(found.served - wanted).sum() <= max(EDGES * margin_db.size, 2)
    assert np.abs(found.served - compiled.served).sum() <= max(EDGES * margin_db.size, 2)
    assert wanted.sum() > 0


def test_phones_that_lose_nothing_are_as_one_phone(watch_case, link, services):
    """A loss of zero without a spread, with as many phones as one likes: each is served as the cell was before."""
    none = some_phones("hand", number=5)
    none = replace(none, posture_db=0 * none.posture_db, path_db=0 * none.path_db)
    position_m, tiled, kernel_link, _ = watch_case(25.0)
    alike, *_ = process_window(position_m, tiled, kernel_link)
    *_, with_phones, _ = watch_case(25.0, phones=none)
    found, *_ = process_window(position_m, tiled, with_phones)
    assert found.phones == 5
    for phone in range(5):
        for name in ("served", "leading_gap", "trailing_gap", "longest_gap"):
            np.testing.assert_array_equal(getattr(found, name)[:, phone], getattr(alike, name)[:, 0])
    np.testing.assert_array_equal(found.gap_squared_sum, 5 * alike.gap_squared_sum)
    np.testing.assert_array_equal(found.gap_count, 5 * alike.gap_count)


def test_threads_and_the_order_of_satellites_do_not_matter(watch_case):
    position_m, tiled, kernel_link, _ = watch_case(25.0, phones=some_phones("mix", environment="urban"))
    whole, *_ = process_window(position_m, tiled, kernel_link)
    use_threads(1)
    one_thread, *_ = process_window(position_m, tiled, kernel_link)
    use_threads(None)
    turned, *_ = process_window(np.ascontiguousarray(position_m[:, ::-1]), tiled, kernel_link)
    for other in (one_thread, turned):
        for name in declarations(CoverageStatistics):
            np.testing.assert_array_equal(getattr(other, name), getattr(whole, name), err_msg=name)


def drawn_losses_db(mix, environment, elevation_deg, random):
    """Return the losses of phones drawn afresh, each at its elevation (N,): posture, sight and shadowing."""
    weight = np.array([posture.weight.value for posture in mix.postures])
    number = random.choice(len(weight), elevation_deg.size, p=weight / weight.sum())
    loss = np.zeros(elevation_deg.size)
    for k, posture in enumerate(mix.postures):
        here = np.flatnonzero(number == k)
        if posture.building:
            quantile, elevation = np.linspace(0.001, 0.999, 500), np.linspace(20, 90, 71)
            table = np.array(
                [
                    building_entry_loss_db(
                        frequency_hz=FREQUENCY_HZ,
                        elevation_deg=elevation,
                        building=posture.building,
                        probability=q,
                    )
                    for q in quantile
                ]
            )
            row = np.rint(random.uniform(0.001, 0.999, here.size) * 500 - 0.5).astype(int).clip(0, 499)
            loss[here] = table[row, np.rint(elevation_deg[here] - 20).astype(int)]
        else:
            spread = posture.spread_db.value if posture.spread_db else 0.0
            loss[here] = random.normal(posture.loss_db.value, spread, here.size)
    at = {"environment": environment, "elevation_deg": elevation_deg}
    seen = random.random(elevation_deg.size) < line_of_sight_probability(**at)
    sigma = np.where(
        seen,
        shadow_fading_sigma_db(**at, band="S", line_of_sight=True),
        shadow_fading_sigma_db(**at, band="S", line_of_sight=False),
    )
    return (
        loss + sigma * random.standard_normal(seen.size) + np.where(seen, 0, clutter_loss_db(**at, band="S"))
    )


@pytest.fixture(scope="module")
def italy():
    return h3_grid(find_area("italy"), resolution=5)


@pytest.mark.parametrize("number", [16, 256])
@pytest.mark.parametrize("environment", ["rural", "urban"])
def test_phones_drawn_afresh_have_the_availability_of_the_cells(italy, link, environment, number):
    """A snapshot of one satellite over a thousand cells, for services that need more and more.

    The standard error is that of the draws and that of the cells, of which there are as many kinds as variants and
    angles of correlation around the compass.
    """
    middle = italy.position_m.mean(axis=0)
    position_m = (middle / np.linalg.norm(middle) * 6_900e3)[None, None]
    text = models.read_service("text")
    services = [
        text.model_copy(
            update={
                name: getattr(text, name).model_copy(
                    update={"c_n_db": models.Figure(value=more_db, assumed="for the test")}
                )
                for name in ("downlink", "uplink")
            }
        )
        for more_db in (-20.0, -10.0, -5.0, 0.0, 5.0, 12.0)
    ]
    phones = some_phones("mix", environment=environment, number=number)
    kernel_link, _ = radio_for(link, services, mask_deg=MASK_DEG, satellites=1, phones=phones)
    found, *_ = process_window(position_m, tile_cells(italy), kernel_link)
    look = look_angles(position_m[0, 0], handset_m=italy.position_m, up=italy.up)
    seen = np.flatnonzero(look.elevation_deg >= MASK_DEG)
    assert seen.size > 1000
    draws = 200
    at = {
        name: np.repeat(getattr(look, name)[seen], draws)
        for name in ("slant_range_m", "elevation_deg", "off_nadir_deg")
    }
    loss = drawn_losses_db(read_phones("mix"), environment, at["elevation_deg"], np.random.default_rng(8))
    down, up = link.downlink(**at).c_n_db - loss, link.uplink(**at).c_n_db - loss
    of_cells = found.served[:, :, seen].mean(axis=1)
    kinds = 8 * 360 / 45
    for v, service in enumerate(services):
        drawn = (down >= downlink_c_n_db(service)) & (up >= uplink_c_n_db(service))
        error = np.sqrt(drawn.var() / drawn.size + of_cells[v].var() / kinds)
        assert abs(of_cells[v].mean() - drawn.mean()) < 4 * error + 1e-4, v
    assert np.ptp(of_cells.mean(axis=1)) > 0.4


LAZIO = [
    *ALIKE,
    "network=false",
    "region.area=lazio",
    "grid.resolution=5",
    "constellation.select.inclination_deg=[50, 60]",
]


@cache
def columns(*overrides):
    return run_coverage(read_scenario("italy", overrides=[*LAZIO, *overrides])).columns()


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["rural", "urban"])
def test_sixteen_phones_are_enough(environment):
    """For the availability of a region of a thousand cells, within half a point of sixteen times as many."""
    chosen = ["region.area=italy", "time.duration_h=2", "link.phones=mix", f"link.environment={environment}"]
    few, many = (columns(*chosen, f"link.phones_per_cell={number}") for number in (16, 256))
    for service in ("text", "voice"):
        name = f"{service}_availability"
        assert 0.05 < many[name].mean() < 0.95
        assert few[name].mean() == pytest.approx(many[name].mean(), abs=0.005)


def by_steps(service, *chosen):
    """Return availability and mean wait of a region by steps of 30, 10 and 5 s."""
    found = [columns("time.duration_h=3", *chosen, f"time.step_s={step_s}") for step_s in (30, 10, 5)]
    return [[of[f"{service}_{name}"].mean() for of in found] for name in ("availability", "mean_wait_s")]


@pytest.mark.parametrize("service", ["text", "voice"])
@pytest.mark.parametrize("chosen", [("link.phones=mix", "link.environment=rural"), ("link.losses=indoor",)])
def test_the_step_does_not_decide(service, chosen):
    """Availability within a point, mean waits within a tenth."""
    availability, wait_s = by_steps(service, *chosen)
    assert availability[1:] == pytest.approx(2 * availability[:1], abs=0.01)
    assert wait_s[1:] == pytest.approx(2 * wait_s[:1], rel=0.1)


@pytest.mark.parametrize("service", ["text", "voice"])
def test_where_windows_are_shorter_than_the_step_waits_are_never_too_short(service):
    """Between houses many are: a longer step overlooks some, so that gaps join; the availability stays."""
    availability, wait_s = by_steps(service, "link.phones=mix", "link.environment=urban")
    assert availability[1:] == pytest.approx(2 * availability[:1], abs=0.01)
    assert wait_s[0] > wait_s[1] > wait_s[2]


ALL = "link.services=['text', 'voice', 'data-64kbps', 'data-1mbps']"
SERVICES = ("text", "voice", "data-64kbps", "data-1mbps")
SHORT = ("time.duration_h=1", ALL, "link.phones=mix")


@pytest.mark.parametrize("environment", ["rural", "dense-urban"])
def test_services_that_need_less_are_served_more(environment):
    """In every cell: each asks for more bits than the one before, both ways."""
    found = columns(*SHORT, f"link.environment={environment}")
    for more, less in pairwise(SERVICES):
        assert (found[f"{more}_availability"] >= found[f"{less}_availability"]).all()
        assert (found[f"{more}_mean_wait_s"] <= found[f"{less}_mean_wait_s"]).all()
    assert found["text_availability"].mean() > found["data-1mbps_availability"].mean()


def test_more_loss_is_never_more_availability():
    losses = [
        columns(*SHORT, "link.environment=rural", "link.operating=measured", f"link.phone_loss_db={loss}")
        for loss in (0, 5, 15.7, 30)
    ]
    filed = columns(*SHORT, "link.environment=rural")
    for service in SERVICES:
        name = f"{service}_availability"
        np.testing.assert_array_equal(losses[0][name], filed[name])
        for less, more in pairwise(losses):
            assert (more[name] <= less[name]).all()
        assert losses[-1][name].mean() < losses[0][name].mean()


def test_denser_environments_are_never_more_availability_of_a_region():
    found = [columns(*SHORT, f"link.environment={name}") for name in ("open-sea", "rural", "urban")]
    for service in SERVICES:
        share = [of[f"{service}_availability"].mean() for of in found]
        assert share == sorted(share, reverse=True)


def test_skylines_decide_within_both_limits():
    """Correlation over 0.01 deg and over 100,000 deg bound the text service of a region."""
    angles = (0.01, 20, 45, 90, 1e5)
    share = [
        columns("time.duration_h=1", "link.environment=urban", f"link.skyline_correlation_deg={angle}")[
            "text_availability"
        ].mean()
        for angle in angles
    ]
    assert share[0] > share[-1] + 0.02
    for between in share[1:-1]:
        assert share[-1] - 0.005 <= between <= share[0] + 0.005


def test_columns_of_phones_are_shares_of_phones_and_time():
    result = run_coverage(
        read_scenario(
            "italy", overrides=[*LAZIO, "time.duration_h=2", "link.phones=mix", "link.environment=urban"]
        )
    )
    found, line, hours = result.columns(), result.timeline_columns(), result.hourly_columns()
    area = result.inputs.grid.area_m2
    for service in ("text", "voice"):
        availability = found[f"{service}_availability"]
        assert ((availability >= 0) & (availability <= 1)).all()
        assert line[f"{service}_cell_fraction"].mean() == pytest.approx(availability.mean(), rel=1e-9)
        assert line[f"{service}_area_fraction"].mean() == pytest.approx(
            np.average(availability, weights=np.rint(area)), rel=1e-9
        )
        np.testing.assert_allclose(hours[f"{service}_availability"].mean(axis=0), availability, rtol=1e-12)
        assert (found[f"{service}_within_5min"] >= availability - 1e-12).all()
        assert (found[f"{service}_within_60min"] >= found[f"{service}_within_5min"]).all()
