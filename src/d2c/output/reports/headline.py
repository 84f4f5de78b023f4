"""The first lines of every output of a run, from summary.json: what a phone meets, and what was asked."""

from collections.abc import Mapping
from typing import Any

from d2c.output.format.percent import percent_text
from d2c.output.reports.phones import ground_text
from d2c.scenario.model import Link, Scenario

BEST_CASE = "best case, the best satellite over noise alone"
_HAND = "hand"
_MIX_WORDS = {
    "mix": "phones as people hold them",
    _HAND: "phones in the hand outdoors",
    "in-pocket": "phones in a pocket",
    "in-car": "phones in cars",
    "indoors": "phones indoors",
}


def headline(summary: Mapping[str, Any]) -> str:
    """Return who is served: satellites in view, the best case, all phones, and those in the hand; of area and time."""
    visible = f"a satellite in view {_percent(summary['sky']['visible_fraction'])} of area and time"
    services, link = summary["services"], summary["scenario"]["link"]
    # folders written before the network was the default have neither of the two
    best_case = {name: service.get("best_case_availability") for name, service in services.items()}
    in_hand = {name: service.get("availability_by_posture", {}) for name, service in services.items()}
    parts = [visible]
    if not summary["scenario"].get("beams"):
        parts = [f"{BEST_CASE}: {visible}"]
    elif None not in best_case.values():
        parts.append(f"best case over noise {_shares(best_case)}")
    parts.append(
        f"{_phones(link)}: {_shares({name: service['availability'] for name, service in services.items()})}"
    )
    if all(_HAND in postures and len(postures) > 1 for postures in in_hand.values()):
        parts.append(
            f"in the hand outdoors: {_shares({name: postures[_HAND] for name, postures in in_hand.items()})}"
        )
    return "; ".join(parts)


def asked_text(summary: Mapping[str, Any]) -> str:
    """Return what was asked: the system, the ground end, and the network with its load, or the best case."""
    scenario = summary["scenario"]
    served_by = network_text(scenario.get("beams"))
    return f"{summary['satellites']['source']}, {ground_text(scenario['link'])}, {served_by}"


def network_text(beams: Mapping[str, Any] | None) -> str:
    """Return by what phones are served: the network with its load, or the best case without it."""
    return f"network of beams at load {beams['load']:g}" if beams else BEST_CASE


def scenario_text(scenario: Scenario) -> str:
    """Return ground end and network of a scenario as it is run, for studies of many runs."""
    fields = scenario.model_dump(mode="json", include={"link", "beams"})
    return f"{ground_text(fields['link'])}, {network_text(fields['beams'])}"


def posture_text(link: Link) -> str:
    """Return whom a figure over phones is of."""
    return _phones(link.model_dump(include={"phones", "handset", "losses"}))


def _phones(link: Mapping[str, Any]) -> str:
    """Return whom the availability is of."""
    mix = link.get("phones")
    if mix:
        return _MIX_WORDS.get(mix, f"phones '{mix}'")
    return f"{link['handset']}, losses {link['losses']}"


def _shares(by_service: Mapping[str, float]) -> str:
    """Return the share of each service; one figure where all have the same."""
    texts = {name: _percent(share) for name, share in by_service.items()}
    if len(texts) > 1 and len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in texts.items())


def _percent(share: float) -> str:
    return percent_text(share, decimals=1)
