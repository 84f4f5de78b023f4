"""The first lines: what they say for a network, for the best case, for others than phones, and of older folders."""

import pytest

from d2c.output.reports.caption import run_subtitle
from d2c.output.reports.headline import BEST_CASE, asked_text, headline, scenario_text
from d2c.scenario.load import read_scenario
from d2c.scenario.resolve import resolve

LINK = {
    "handset": "3gpp-handheld",
    "losses": "outdoor",
    "phones": "mix",
    "environment": "rural",
    "operating": "measured",
    "phone_loss_db": None,
}


def summary(*, beams=None, link=None, **services):
    return {
        "scenario": {
            "link": LINK | (link or {}),
            "beams": beams,
            "time": {"duration_h": 24.0, "step_s": 30.0},
        },
        "satellites": {"source": "mine.tle"},
        "sky": {"visible_fraction": 0.99742},
        "services": services or {"text": service(0.62), "voice": service(0.0112)},
        "start_utc": "2026-08-22T18:00:00Z",
    }


def service(share, hand=None, best=None):
    figures = {"availability": share}
    if hand is not None:
        figures["availability_by_posture"] = {"hand": hand, "indoors": 0.1}
    if best is not None:
        figures["best_case_availability"] = best
    return figures


def test_a_network_of_phones():
    found = summary(
        beams={"load": 0.3}, text=service(0.62, 0.91, 0.9971), voice=service(0.0112, 0.029, 0.9971)
    )
    assert headline(found) == (
        "a satellite in view 99.7 % of area and time; best case over noise 99.7 %; phones as people hold them: "
        "text 62.0 %, voice 1.1 %; in the hand outdoors: text 91.0 %, voice 2.9 %"
    )
    assert asked_text(found) == (
        "mine.tle, handset 3gpp-handheld, losses outdoor, phones mix, rural, levels as measured, network of beams at "
        "load 0.3"
    )
    assert run_subtitle(found) == (
        f"A{headline(found)[1:]}. 24\u00a0h from 2026-08-22 18:00\u00a0UTC, every 30\u00a0s"
    )


def test_the_best_case_says_so_first():
    found = summary(link={"operating": "filed"}, text=service(0.9951, 0.999951))
    assert headline(found) == (
        f"{BEST_CASE}: a satellite in view 99.7 % of area and time; phones as people hold them: text 99.5 %; "
        "in the hand outdoors: text > 99.9 %"
    )
    assert asked_text(found).endswith(f"levels as filed, {BEST_CASE}")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"phones": "hand"}, "phones in the hand outdoors: text 62.0 %"),
        ({"phones": "rescuers.toml"}, "phones 'rescuers.toml': text 62.0 %"),
        ({"phones": None, "losses": "car"}, "3gpp-handheld, losses car: text 62.0 %"),
    ],
)
def test_whom_it_is_of(link, words):
    assert words in headline(summary(link=link, text=service(0.62)))


def test_folders_of_before():
    """Without shares by posture and best cases; with beams only where the scenario had them."""
    assert headline(summary()).startswith(BEST_CASE)
    assert headline(summary(beams={"load": 1.0})) == (
        "a satellite in view 99.7 % of area and time; phones as people hold them: text 62.0 %, voice 1.1 %"
    )


def test_studies_say_by_what_phones_are_served():
    network, sky = (resolve(read_scenario("italy", overrides=more)) for more in ([], ["network=false"]))
    assert scenario_text(network).endswith(
        "phones mix, rural, levels as measured, network of beams at load 0.3"
    )
    assert scenario_text(sky).endswith(f"phones mix, rural, levels as filed, {BEST_CASE}")
