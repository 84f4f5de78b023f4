"""Services of a network: the margins of every phone against plain python, budget by budget."""

import numpy as np
import pytest
from network_case import APERTURE, count_levels, network_case, serve_phones
from network_twin import margins_of_phones_slowly

from d2c.coverage.kernels.layout import NO_MARGIN_DB
from d2c.coverage.run import run_coverage
from d2c.scenario.load import read_scenario

HALF_A_BIN_DB = 0.05
TABLES_DB = 0.02  # interpolation of two directions, and float32
EDGES = 0.005  # share of the phones on another side of the next rate, the next azimuth or the camping limit
ALL = "link.services=['text', 'voice', 'data-64kbps', 'data-1mbps', 'cell-broadcast', 'text-nbiot']"
PHONES = ["link.phones=mix", "link.environment=urban"]
BUSY = ["beams.elsewhere=none", "beams.active_share=0.02", ALL]
SMALLER = "region.area=14.2,41.3,14.8,41.8"  # a dozen ground cells

CASES = {
    "no phones": [],
    "phones": PHONES,
    "hand": ["link.phones=hand"],
    "reuse 3": [*PHONES, "beams.reuse=3"],
    "polarisations": [*PHONES, "beams.polarisations=2", "beams.cross_polarisation_db=10"],
    "isolation": [*PHONES, "beams.isolation_km=90"],
    "an aperture": ["link.phones=mix", "link.environment=rural", APERTURE],
    "receive beams hop": [*PHONES, "beams.receive=hopping"],
    "half the load": [*PHONES, "beams.load=0.5", "beams.elsewhere=all"],
    "few users": [*PHONES, "beams.active_share=1e-6", "beams.elsewhere=all"],
    "by population": [*PHONES, "beams.demand=population", "region.area=14.6,41.9,15.4,42.4"],
    "measured": ["link.phones=mix", "link.environment=rural", "link.operating=measured"],
}


@pytest.mark.parametrize("name", CASES)
def test_margins_of_phones_are_those_of_the_slow_twin(name):
    case = network_case(*BUSY, SMALLER, *CASES[name], count=2)
    _, beams, held = count_levels(case, turn=2)
    found = serve_phones(case, beams, held)
    services, phones, steps, cells = found.shape
    assert phones == (1 if name == "no phones" else 16)
    wanted = np.full(found.shape, np.nan)
    for step in range(steps):
        for g in range(cells):
            wanted[:, :, step, g] = margins_of_phones_slowly(case, beams, step, g, float(held[step, g]))
    found = np.where(found == NO_MARGIN_DB, np.nan, found)
    low_db = case.network.needs.margin_low_db[:, None, None, None]
    wanted = np.fmax(
        wanted, np.where(np.isnan(wanted), np.nan, low_db + HALF_A_BIN_DB)
    )  # levels below share a bin
    same = np.isclose(found, wanted, atol=HALF_A_BIN_DB + TABLES_DB, rtol=0, equal_nan=True)
    assert (~same).mean() < EDGES
    assert cells >= 10
    assert np.isfinite(found).mean() > 0.1
    if name != "no phones":
        assert np.isnan(found).any()  # some have no beam to camp on
    if name == "receive beams hop":
        return
    # services without an uplink or bits of their own differ: none is a copy of another
    assert len({found[v].tobytes() for v in range(services)}) >= 4


AVERAGE_PHONE = (
    0.01  # held is the far interference to an average phone, and not to the one at hand: between houses
)
LARGER = ["region.area=italy", "grid.resolution=4", "time.duration_h=2", "beams.margin_km=60"]


@pytest.mark.parametrize("environment", ["rural", "urban"])
def test_phones_camp_as_often_where_one_is_played_as_where_all_are_served(environment):
    """The levels are those of one phone a step, at changing points; the services are those of all phones."""
    case = network_case(*LARGER, "link.phones=mix", f"link.environment={environment}", count=40, every=6)
    turns = np.arange(len(case.position_m))
    counters, beams, held = count_levels(case, turn=turns)
    camps = serve_phones(case, beams, held)[0] > NO_MARGIN_DB
    number, cells = (turns[:, None] + case.network.ground.turn) % camps.shape[0], len(counters.camped)
    played = np.take_along_axis(camps, number[None], axis=0)[0]
    error = (played.mean(axis=1) - camps.mean(axis=(0, 2))).std() / np.sqrt(len(turns))
    assert 0.3 < camps.mean() < 0.95
    assert played.mean() == pytest.approx(camps.mean(), abs=4 * error)
    found = counters.camped.sum() / (len(turns) * cells)
    assert found == pytest.approx(camps.mean(), abs=4 * error + AVERAGE_PHONE)


def test_timeline_and_hours_of_phones_are_those_of_their_cells():
    chosen = [
        "region.area=molise",
        "time.duration_h=2",
        "beams.margin_km=20",
        "beams.active_share=1e-5",
        *PHONES,
    ]
    result = run_coverage(read_scenario("italy-loaded", overrides=chosen))
    found, line, hours = result.columns(), result.timeline_columns(), result.hourly_columns()
    for service in ("text", "voice"):
        availability = found[f"{service}_availability"]
        assert 0 < availability.mean() < 1
        assert line[f"{service}_cell_fraction"].mean() == pytest.approx(availability.mean(), rel=1e-9)
        np.testing.assert_allclose(hours[f"{service}_availability"].mean(axis=0), availability, rtol=1e-12)


def test_messages_arrive_where_nobody_lives_and_a_broadcast_is_sent_once_for_all():
    """Without demand there is 1/160 of a beam: 550 kbit/s / 160 is 3.4 kbit/s at the lowest rate; a text needs 0.16."""
    chosen = ["region.area=14.6,41.9,15.4,42.4", "beams.demand=population", "beams.margin_km=40", ALL]
    case = network_case(*chosen, count=1)
    _, beams, held = count_levels(case)
    margin_db, plan = serve_phones(case, beams, held), case.inputs.beams
    people = plan.population[plan.cell[case.network.cells.order]]
    camps = margin_db[0, 0, 0] > NO_MARGIN_DB
    empty = camps & (people == 0)
    assert empty.any()
    services = list(case.inputs.services)
    text, broadcast, voice = (margin_db[services.index(n), 0, 0] for n in ("text", "cell-broadcast", "voice"))
    assert (text[empty] > 0).mean() > 0.9
    assert (voice[empty] < text[empty]).all()
    crowded = network_case(*chosen, "beams.active_share=1", count=1)
    again = serve_phones(crowded, beams, held)
    np.testing.assert_array_equal(again[services.index("cell-broadcast"), 0, 0], broadcast)
    assert (again[services.index("voice"), 0, 0][camps] <= voice[camps]).all()
