"""The queue of a disaster: hand calculations, conservation, and the contacts against the statistics of a plain run."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from d2c.analysis.disaster.contacts import Contacts, compute_contacts
from d2c.analysis.disaster.messages import beam_capacity, messages_per_hour, send_messages
from d2c.analysis.disaster.study import (
    SENT,
    area_title,
    disaster_parameters,
    read_disaster,
    run_disaster,
    run_disaster_sensitivity,
)
from d2c.coverage.engine.engine import local_engine, run_span, span_job
from d2c.coverage.ground import read_ground
from d2c.coverage.inputs import read_inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.entry import Figure
from d2c.library.traffic import read_traffic
from d2c.link.budget import RadioLink
from d2c.scenario import model
from d2c.scenario.load import read_scenario
from d2c.scenario.resolve import resolve

STEP_S = 30.0
ROUNDING = 1e-9  # of the messages: sums of floats


def contacts(served, *, beam_cell=None, people=None):
    """Return contacts of phones (T, G, P), or of one phone in each cell (T, G)."""
    served = np.array(served, bool)
    served = served[..., None] if served.ndim == 2 else served
    steps, cells, phones = served.shape
    return Contacts(
        served_bits=np.packbits(served, axis=-1),
        phones=phones,
        beam_cell=np.zeros(cells, np.int64) if beam_cell is None else np.array(beam_cell, np.int64),
        share=np.ones((steps, 1 if beam_cell is None else len(set(beam_cell))), np.float32),
        people=np.full(cells, 100) if people is None else np.array(people, np.int64),
        step_s=STEP_S,
    )


def done_s(sending):
    """Return when the last message of each cell of one phone is sent."""
    (of_phone,) = sending.done_s.T
    return of_phone


def figure(value):
    return Figure(value=value, source="test")


# By hand


def test_one_beam_cell_that_is_always_served_is_emptied_at_the_rate_of_its_beam():
    # 1000 messages at 1 a second are 30 a step: 500 need 16.7 steps, 900 need 30, 990 need 33, 1000 need 33.3
    sending = send_messages(contacts(np.ones((50, 1)), people=[1000]), per_person=1, per_s=1.0)
    steps = [sending.time_until_s(share) / STEP_S for share in (0.5, 0.9, 0.99, 1.0)]
    assert steps == [17, 30, 33, 34]
    assert done_s(sending).tolist() == [34 * STEP_S]
    assert sending.share_sent()[:3] == pytest.approx([0, 0.03, 0.06])


def test_a_beam_shares_what_it_carries_in_proportion_to_who_waits_and_another_beam_takes_no_part():
    # 40 a step: of 300 and 100 it takes 30 and 10, so that both are empty after ten steps; the other beam after one
    sending = send_messages(
        contacts(np.ones((12, 3)), beam_cell=[4, 4, 7], people=[300, 100, 40]),
        per_person=1,
        per_s=40 / STEP_S,
    )
    assert sending.queued[:3] == pytest.approx([440, 360, 320])
    assert done_s(sending) == pytest.approx([10 * STEP_S, 10 * STEP_S, STEP_S])


def test_who_still_waits_at_the_end_of_the_span_meets_its_contacts_again():
    # served in the second of four steps, three contacts needed: the third one is step 10
    sending = send_messages(contacts([[0], [1], [0], [0]], people=[90]), per_person=1, per_s=1.0)
    assert sending.time_until_s(1.0) == 10 * STEP_S
    assert sending.sent_within_span() == pytest.approx(1 / 3)


def test_who_is_never_served_never_sends_and_nobody_waits_for_that():
    sending = send_messages(contacts([[1, 0], [1, 0]], beam_cell=[0, -1]), per_person=1, per_s=np.inf)
    assert np.isnan(sending.time_until_s(0.9))
    assert sending.time_until_s(0.5) == STEP_S
    assert np.isnan(done_s(sending)[1])
    assert len(sending.queued) < 10


def test_phones_of_a_cell_are_not_mixed_and_who_has_no_place_stays_in_the_result():
    """Of 90 people 30 are served at every step, 30 at every other, 30 never: the beam takes 30 a step.

    The first step carries 15 of both, the second the other 15 of the first, the third the other 15 of the second.
    """
    served = np.zeros((4, 1, 3))
    served[:, 0, 0], served[::2, 0, 1] = 1, 1
    seen = contacts(served, people=[90])
    sending = send_messages(seen, per_person=1, per_s=1.0)
    assert sending.queued.tolist()[:4] == pytest.approx([90, 60, 45, 30])
    assert sending.done_s[0, :2].tolist() == [2 * STEP_S, 3 * STEP_S]
    assert np.isnan(sending.done_s[0, 2])
    assert np.isnan(sending.time_until_s(0.9))
    assert sending.time_until_s(2 / 3) == 3 * STEP_S
    assert seen.people_never_served().tolist() == [[0, 0, 30]]
    assert seen.minutes_per_hour().tolist() == [[60, 30, 0]]


def test_patience_ends_a_long_queue():
    slow = contacts(np.ones((4, 1)), people=[10**6])
    sending = send_messages(slow, per_person=1, per_s=1.0, max_delivery_s=300.0)
    assert len(sending.queued) == 11
    assert np.isnan(sending.time_until_s(0.9))


def test_an_area_without_people_is_done_at_once():
    empty = contacts(np.ones((4, 2)), people=[0, 0])
    sending = send_messages(empty, per_person=1, per_s=1.0)
    assert sending.time_until_s(1.0) == 0
    assert sending.sent_within_span() == 1
    assert messages_per_hour(empty, per_s=1.0) == 0


def test_first_contact_and_minutes_of_an_hour():
    seen = contacts([[0, 0, 1], [1, 0, 1], [0, 0, 1], [1, 0, 0]], beam_cell=[0, 0, 1], people=[1, 1, 0])
    assert seen.next_contact_s()[[0, 2], 0].tolist() == [30, 0]
    assert np.isnan(seen.next_contact_s()[1])
    assert seen.minutes_per_hour()[:, 0].tolist() == [30, 0, 45]
    assert seen.beams_in_use().tolist() == [0, 1, 0, 1]  # nobody lives where the other beam goes
    assert messages_per_hour(seen, per_s=2.0) == 0.5 * 2 * 3600


def test_what_a_lit_beam_carries():
    """4.5 MHz are 25 blocks of 180 kHz; 200 octets at 1.6 kbit/s take a second, and half of the blocks carry some.

    Down: the lowest index has 0.1523 bit a symbol (TS 36.213, table 7.2.3-1), with 14 symbols in 15 kHz and a
    millisecond, less 14 %, that is 0.5501 Mbit/s; half of it in messages of 3200 bit.
    """
    link = RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("smartphone"),
        models.read_loss_set("outdoor"),
    )
    asked = (read_traffic("text-message"), models.read_service("text"))
    found = beam_capacity(*asked, link=link, beams=model.Beams())
    assert (found.resource_blocks, found.message_s) == (25, 1.0)
    assert found.uplink_per_s == found.per_s == 12.5
    assert found.downlink_per_s == pytest.approx(0.1523 * 4.5e6 * 14 / 15 * 0.86 / 2 / 3200, rel=1e-3)
    a_third = beam_capacity(*asked, link=link, beams=model.Beams(reuse=3))
    assert a_third.resource_blocks == 8  # 1.5 MHz
    slow_down = asked[0].model_copy(update={"downlink_octets": figure(1e6)})
    limited = beam_capacity(slow_down, asked[1], link=link, beams=model.Beams())
    assert limited.per_s == limited.downlink_per_s < 1


def test_a_rate_that_the_service_does_not_carry_and_a_service_without_uplink_are_refused():
    link = RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("smartphone"),
        models.read_loss_set("outdoor"),
    )
    fast = read_traffic("text-message").model_copy(update={"uplink_kbps": figure(23.0)})
    with pytest.raises(ScenarioError, match=r"uplink_kbps = 23 is more than the 22\.\d kbit/s"):
        beam_capacity(fast, models.read_service("text"), link=link, beams=model.Beams())
    with pytest.raises(ScenarioError, match=r"1\.6 is more than the 0\.3 kbit/s"):  # 22.0 / 64
        beam_capacity(
            read_traffic("text-message"),
            models.read_service("text-nbiot"),
            link=link,
            beams=model.Beams(),
        )
    with pytest.raises(ScenarioError, match="has no uplink"):
        beam_capacity(
            read_traffic("text-message"),
            models.read_service("cell-broadcast"),
            link=link,
            beams=model.Beams(),
        )


# Invariants


@st.composite
def some_contacts(draw):
    steps, cells = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    return contacts(
        draw(arrays.arrays(bool, (steps, cells, draw(st.integers(1, 9))))),
        beam_cell=draw(st.lists(st.integers(0, 2), min_size=cells, max_size=cells)),
        people=draw(st.lists(st.integers(0, 5000), min_size=cells, max_size=cells)),
    )


@settings(deadline=None)
@given(some_contacts(), st.floats(0.1, 50), st.floats(0.5, 3))
def test_nothing_is_lost_and_no_beam_carries_more_than_it_can(seen, per_s, per_person):
    sending = send_messages(seen, per_person=per_person, per_s=per_s, max_delivery_s=3600.0)
    total = seen.people.sum() * per_person
    assert sending.queued[0] == pytest.approx(total)
    assert (sending.queued >= 0).all()
    sent = -np.diff(sending.queued)
    assert (sent >= -ROUNDING * total).all()
    steps = np.arange(len(sent)) % seen.steps
    assert (sent <= seen.beams_in_use()[steps] * per_s * STEP_S + ROUNDING * total).all()


@settings(deadline=None)
@given(some_contacts(), st.floats(0.1, 50), st.floats(1, 4))
def test_more_capacity_never_delays(seen, per_s, more):
    slow, fast = (send_messages(seen, per_person=1, per_s=rate) for rate in (per_s, per_s * more))
    known = ~np.isnan(slow.done_s)
    assert (fast.done_s[known] <= slow.done_s[known]).all()
    common = min(len(slow.queued), len(fast.queued))
    assert (fast.queued[:common] <= slow.queued[:common] + ROUNDING * slow.queued[0]).all()


@settings(deadline=None)
@given(some_contacts(), st.data())
def test_more_lit_beams_never_delay(seen, data):
    """Another beam's step: who shares a beam that was lit before does not change."""
    step = data.draw(st.integers(0, seen.steps - 1))
    beam = data.draw(st.sampled_from(sorted(set(seen.beam_cell.tolist()))))
    of_beam = seen.beam_cell == beam
    served = np.array([seen.served(t) for t in range(seen.steps)])
    assume(not served[step, of_beam].any())
    served[step, of_beam] = True
    few = send_messages(seen, per_person=1, per_s=3.0)
    more = replace(seen, served_bits=np.packbits(served, axis=-1))
    many = send_messages(more, per_person=1, per_s=3.0)
    known = ~np.isnan(few.done_s)
    assert (many.done_s[known] <= few.done_s[known]).all()


# Against the statistics of the plain run

SHORT = ["grid.resolution=5", "beams.margin_km=50"]
ALIKE = ["link.phones=none", "link.environment=none"]


@pytest.fixture(scope="module")
def scenario():
    return read_disaster("earthquake-laquila", duration_h=0.75, overrides=[*SHORT, *ALIKE])


@pytest.fixture(scope="module")
def asked(scenario):
    return run_disaster(scenario, read_traffic("text-message"), per_person=1)


@pytest.fixture(scope="module")
def mixed():
    scenario = read_disaster("earthquake-laquila", duration_h=0.75, overrides=[*SHORT, "link.phones=mix"])
    return run_disaster(scenario, read_traffic("text-message"), per_person=1)


def statistics(outcome):
    """Return the statistics of the plain run of a disaster's scenario."""
    scenario, inputs = outcome.scenario, outcome.inputs
    job = span_job(scenario, inputs, *kernel_link(scenario, inputs))
    return run_span(scenario, inputs, local_engine(job)).statistics


def test_without_a_limit_everybody_sends_at_the_first_contact_of_the_coverage_statistics(asked):
    plain = statistics(asked)
    (served_steps,), (leading_gap,) = plain.served[:, 0], plain.leading_gap[:, 0]
    served = served_steps > 0
    assert served.any()
    step_s = asked.scenario.time.step_s
    assert asked.contacts.next_contact_s()[served, 0] == pytest.approx(leading_gap[served] * step_s)
    assert asked.contacts.minutes_per_hour()[:, 0] == pytest.approx(60 * served_steps / plain.samples)
    free = send_messages(asked.contacts, per_person=1, per_s=np.inf)
    home = served & (asked.contacts.people > 0)
    # what is sent in a step counts at its end
    assert (free.done_s[home, 0] - step_s).tolist() == (leading_gap[home] * step_s).tolist()


def test_phones_are_those_of_the_run(mixed):
    """Each phone has the steps and the first contact that the run counts, and people weigh who is never served."""
    plain, seen = statistics(mixed), mixed.contacts
    (served_steps,), (leading_gap,) = plain.served, plain.leading_gap
    assert seen.phones == len(served_steps) == 16
    assert seen.served_steps().tolist() == served_steps.T.tolist()
    served = served_steps.T > 0
    assert 0 < served.sum() < served.size
    assert (seen.next_contact_s()[served] / mixed.scenario.time.step_s).tolist() == leading_gap.T[
        served
    ].tolist()
    never = (~served * seen.people[:, None] / 16).sum()
    assert seen.people_never_served().sum() == pytest.approx(never)
    assert mixed.key_figures()["never_share"] == pytest.approx(never / seen.people.sum())
    sent = mixed.sending.share_sent()[-1]
    assert sent <= 1 - never / seen.people.sum() + ROUNDING
    unlimited = send_messages(seen, per_person=1, per_s=np.inf)
    assert unlimited.sent_within_span() == pytest.approx(1 - never / seen.people.sum())


def test_the_people_are_those_of_the_area(asked):
    assert asked.contacts.people.sum() == asked.inputs.population.sum() == asked.sending.queued[0] > 100_000


def test_a_scenario_without_beams_and_too_many_cells_are_refused(scenario, monkeypatch):
    inputs = read_inputs(scenario)
    with pytest.raises(ScenarioError, match="has no network of beams"):
        compute_contacts(scenario, replace(inputs, beams=None))
    monkeypatch.setattr("d2c.analysis.disaster.contacts.MOST_CELLS", 3)
    with pytest.raises(ScenarioError, match="cells are more than the 3"):
        compute_contacts(scenario, inputs)


# The question and its study


def test_the_scenario_is_made_for_the_question(tmp_path):
    own = read_disaster("earthquake-laquila", at="2026-08-22T20:00Z", overrides=["beams.load=0.5"])
    assert (own.region.area, own.grid.resolution) == ("laquila-earthquake", 7)
    assert own.link.services == ("text",)
    assert (own.beams.demand, own.beams.load) == ("population", 0.5)
    assert own.link.operating == "measured"
    assert read_disaster("earthquake-laquila").beams.load == 0.3
    assert (own.time.start, own.time.duration_h) == ("2026-08-22T20:00Z", 6.0)
    other = read_disaster("earthquake-laquila", area="campi-flegrei")
    assert read_ground(resolve(other)).grid.resolution == 8  # the finest: 150 km2
    assert other.title.startswith("Campi Flegrei")
    # the scenario's own area, given by name, is the same question
    same = read_disaster("earthquake-laquila", area="laquila-earthquake")
    assert same == read_disaster("earthquake-laquila")
    abruzzo = read_disaster("earthquake-laquila", area="abruzzo")
    assert read_ground(resolve(abruzzo)).grid.resolution == 6
    last = ["grid.resolution=4", "beams.demand=uniform"]
    mine = read_disaster("earthquake-laquila", area="abruzzo", overrides=last)
    assert (mine.grid.resolution, mine.beams.demand) == (4, "uniform")
    file = tmp_path / "flood.geojson"
    file.touch()
    assert area_title(str(file)) == "flood"
    assert area_title("12,36.5,12.4,36.8") == "12,36.5,12.4,36.8"


def test_the_network_is_that_of_a_run_but_for_demand():
    own, run = read_disaster("earthquake-laquila"), resolve(read_scenario("earthquake-laquila"))
    assert own.network is run.network is True
    assert own.link.model_copy(update={"services": run.link.services}) == run.link
    differs = {
        key for key in type(own.beams).model_fields if getattr(own.beams, key) != getattr(run.beams, key)
    }
    assert differs == {
        "demand",
        "active_share",
    }  # demand by people; how many share a beam follows from the queue


@pytest.mark.parametrize(
    ("name", "overrides", "why"),
    [
        ("earthquake-laquila", ["network=false"], "network = false.*network=auto"),
        ("mediterranean-forces-terminal", [], "handset 'deck-terminal' points an antenna.*italy"),
    ],
)
def test_without_a_network_the_way_out_is_said(name, overrides, why):
    with pytest.raises(ScenarioError, match=f"asks no network of beams .*{why}"):
        read_disaster(name, overrides=overrides)


def test_parameters_are_what_is_assumed_of_the_network_and_of_the_messages(scenario):
    message = read_traffic("text-message")
    names = disaster_parameters(scenario, message)
    assert {"beams.load", "link.losses", "traffic.uplink_kbps"} <= names.keys()
    assert "beams.active_share" not in names
    sourced = message.model_copy(update={"uplink_kbps": figure(5.0)})
    assert "traffic.uplink_kbps" not in disaster_parameters(scenario, sourced)
    for key, entry in names.items():
        if key.startswith("traffic."):  # its own value is among those tried
            assert getattr(message, key.removeprefix("traffic.")).value in entry.plausible
    with pytest.raises(ScenarioError, match=r"did you mean 'traffic\.uplink_kbps'"):
        disaster_parameters(scenario, message, only=["traffic.uplink_kbp"])


def test_a_study_gives_what_an_answer_with_the_value_gives(scenario, asked):
    found = run_disaster_sensitivity(
        asked, duration_h=0.75, only=["beams.load", "traffic.uplink_kbps"]
    ).sensitivity
    assert found.names() == ("beams.load", "traffic.uplink_kbps")
    assert dict(found.baseline) == pytest.approx(asked.key_figures(), nan_ok=True)
    by_value = {(o.variation.name, o.variation.value): o.figures for o in found.outcomes}
    assert by_value["beams.load", "0.3"] == found.baseline
    assert by_value["traffic.uplink_kbps", "1.6"] == pytest.approx(found.baseline, nan_ok=True)
    busy = read_disaster("earthquake-laquila", duration_h=0.75, overrides=[*SHORT, *ALIKE, "beams.load=1"])
    again = run_disaster(busy, read_traffic("text-message"), per_person=1)
    assert by_value["beams.load", "1"] == pytest.approx(again.key_figures(), nan_ok=True)
    shares = [by_value["traffic.uplink_kbps", value][SENT] for value in ("0.8", "1.6", "5", "22")]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]
