"""Association of beam cells and the hop shares that follow, against plain numpy and what must always hold."""

import numpy as np
import pytest
from network_case import network_case
from network_twin import elevation_shares, outside_slowly, prices_slowly, shares_slowly

from d2c.coverage.network.association import hopping_beams

MASK_DEG, SCAN_DEG = 25.0, 60.0


@pytest.fixture(scope="module", params=["all", "none"])
def case(request):
    return network_case(f"beams.elsewhere={request.param}", "beams.load=0.4", count=3)


def test_association_is_that_of_the_slow_twin(case):
    setup = case.network.association
    association, _ = hopping_beams(case.position_m, setup)
    for step, position_m in enumerate(case.position_m):
        place = {"mask_deg": MASK_DEG, "max_scan_deg": SCAN_DEG}
        share = elevation_shares(position_m, setup.demand.position_m, setup.demand.up, **place)
        inside = setup.demand.inside
        outside = outside_slowly(share[inside:], setup.demand.weight[inside:])
        price = prices_slowly(share[:inside], setup.demand.weight[:inside], outside)
        np.testing.assert_allclose(
            association.outside[step], outside, rtol=2e-3, atol=1e-6
        )  # 5e-5 of elevation
        value = elevation_shares(position_m, setup.cells.position_m, setup.cells.up, **place) - price
        best = np.where(np.isnan(value).all(axis=1), -1, np.nan_to_num(value, nan=-np.inf).argmax(axis=1))
        same = association.server[step] == best
        assert same.mean() > 0.99
        for b in np.flatnonzero(~same):  # elevations by a polynomial: near-ties only
            assert value[b, association.server[step, b]] == pytest.approx(value[b, best[b]], abs=1e-3)


def test_hop_shares_are_those_of_the_slow_twin(case):
    association, beams = hopping_beams(case.position_m, case.network.association)
    weight = case.network.association.cells.weight
    for step in range(len(case.position_m)):
        for k in range(int(beams.satellites[step])):
            of_satellite = slice(beams.first[step, k], beams.first[step, k + 1])
            cell = beams.cell[step, of_satellite]
            satellite = beams.satellite[step, k]
            np.testing.assert_array_equal(np.flatnonzero(association.server[step] == satellite), cell)
            share, lit = shares_slowly(
                weight[cell], association.outside[step, satellite], beams=16, load=0.4, signalling=1 / 160
            )
            np.testing.assert_allclose(beams.share[step, of_satellite], share, rtol=1e-5)
            np.testing.assert_allclose(beams.lit[step, of_satellite], lit, rtol=1e-5)
            assert lit.sum() <= beams.alight[step, k] + 1e-5 <= 16 + 1e-4
            np.testing.assert_array_equal(
                beams.slot[step, cell], np.arange(of_satellite.start, of_satellite.stop)
            )


@pytest.mark.parametrize("demand", ["uniform", "population"])
def test_more_load_is_never_a_larger_share_and_fewer_beams_neither(demand):
    shares = []
    for overrides in (
        ["beams.load=0.2"],
        ["beams.load=0.6"],
        ["beams.load=1"],
        ["beams.beams_per_satellite=4"],
    ):
        case = network_case(f"beams.demand={demand}", *overrides, count=1)
        _, beams = hopping_beams(case.position_m, case.network.association)
        shares.append(np.where(beams.slot[0] >= 0, beams.share[0, beams.slot[0]], 0.0))
    for more, less in zip(shares[1:], shares[:-1], strict=True):
        assert (more <= less + 1e-6).all()


def test_prices_level_the_loads():
    """The busiest satellite serves less than twice the mean where the highest one alone would serve far more."""
    case = network_case("region.area=italy", "grid.resolution=4", "beams.elsewhere=none", count=1)
    setup = case.network.association
    _, beams = hopping_beams(case.position_m, setup)
    cells = np.diff(beams.first[0, : beams.satellites[0] + 1])
    share = elevation_shares(
        case.position_m[0], setup.cells.position_m, setup.cells.up, mask_deg=MASK_DEG, max_scan_deg=SCAN_DEG
    )
    highest = np.bincount(np.nan_to_num(share[~np.isnan(share).all(axis=1)], nan=-1.0).argmax(axis=1))
    assert cells.max() < highest.max()
    assert cells.std() < highest[highest > 0].std()


def test_excluded_cells_have_no_satellite():
    case = network_case("beams.exclusions=[{area = 'puglia', distance_km = 30}]", count=1)
    association, _ = hopping_beams(case.position_m, case.network.association)
    excluded = case.inputs.beams.excluded
    assert excluded.any()
    assert (association.server[0, excluded] == -1).all()
    assert (association.server[0, ~excluded] >= 0).any()


def test_cells_without_people_have_signalling_only():
    """They never ask, at any load; a phone there finds the network all the same."""
    case = network_case("beams.demand=population", "beams.load=1", count=1)
    _, beams = hopping_beams(case.position_m, case.network.association)
    empty = np.flatnonzero((case.inputs.beams.population == 0) & (beams.slot[0] >= 0))
    assert empty.size
    assert (beams.share[0, beams.slot[0, empty]] == 0).all()
    np.testing.assert_allclose(beams.lit[0, beams.slot[0, empty]], 1 / 160, rtol=1e-5)
    number = beams.first[0, beams.satellites[0]]
    assert beams.lit[0, :number].min() > 0
    assert (beams.alight[0, : beams.satellites[0]] <= 16 + 1e-4).all()


def test_steps_alone_have_the_bits_of_steps_together(case):
    setup = case.network.association
    association, beams = hopping_beams(case.position_m, setup)
    for step in range(len(case.position_m)):
        alone, of_step = hopping_beams(case.position_m[step : step + 1], setup)
        serving = int(beams.satellites[step])
        number, far = beams.first[step, serving], beams.far_first[step, serving]
        assert number > 0
        np.testing.assert_array_equal(alone.server[0], association.server[step])
        np.testing.assert_array_equal(of_step.first[0], beams.first[step])
        np.testing.assert_array_equal(of_step.alight[0], beams.alight[step])
        for name in ("cell", "serving", "share", "lit", "strength", "aim", "phase", "send"):
            together = getattr(beams, name)[step, :number]
            np.testing.assert_array_equal(getattr(of_step, name)[0, :number], together)
        np.testing.assert_array_equal(of_step.far_number[0, :far], beams.far_number[step, :far])
        assert of_step.far_first[0, serving] == far <= association.far[step]


def test_phases_are_those_of_the_direction(case):
    pattern = case.network.association.pattern
    _, beams = hopping_beams(case.position_m, case.network.association)
    number = beams.first[0, beams.satellites[0]]
    along, across = beams.aim[0, :2, :number].astype(float) * np.array([[pattern.along], [pattern.across]])
    expected = np.stack([np.sin(along), np.cos(along), np.sin(across), np.cos(across)], axis=1)
    assert np.abs(along).max() > np.pi  # more than a half turn
    np.testing.assert_allclose(beams.phase[0, :, :number].T, expected, atol=4e-6)  # the direction is float32
