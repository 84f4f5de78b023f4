"""What operators keep to themselves about their beams: why each value is assumed, and the range it may have."""

from dataclasses import dataclass
from typing import Any

from d2c.library.constellation import System
from d2c.library.entry import Entry, sourced_figures
from d2c.library.models import handset, loss_set, payload, service, system
from d2c.scenario.model import Beams, ConstellationChoice, Scenario


@dataclass(frozen=True, slots=True)
class Assumption:
    """Why a value of `[beams]` is assumed, and the plausible values that a sensitivity study tries."""

    why: str
    plausible: tuple[Any, ...]


BEAM_ASSUMPTIONS: dict[str, Assumption] = {
    "beams_per_satellite": Assumption(
        'the filing says "multiple" (FCC SAT-MOD-20230207-00021); 48 is quoted by secondary sources for the Ku payload',
        (4, 8, 16, 32, 48),
    ),
    "full_power_beams": Assumption(
        "how beams share a satellite's power is not in the filing, which gives the EIRP of one beam",
        (4, 8, 16),
    ),
    "max_scan_deg": Assumption(
        "the filing has antenna contours for 0 and 35 deg of scan only (FCC SAT-MOD-20230207-00021)",
        (35, 45, 60),
    ),
    "load": Assumption("no operator publishes how busy its beams are", (0.25, 0.5, 0.75, 1.0)),
    "reuse": Assumption(
        "the filing has one channel of 5 MHz or 3 to 4 of 1.4 MHz; which is used where is not known",
        (1, 3, 4),
    ),
    "beam_cells": Assumption(
        "the filing says that beam centres are Earth-fixed and cells reach to the -3 or -5 dB contour, not how wide "
        "they are; SHARC's campaigns take 23 to 26 km of radius at 340 km",
        (4, 5),
    ),
    "handover_margin_db": Assumption("no operator publishes its handover rule", (0.0, 1.0, 3.0)),
    "noise_rise_db": Assumption("no uplink load is published", (0.0, 3.0, 6.0)),
    "margin_km": Assumption("what the same network does beyond the border is not known", (0.0, 100.0, 200.0)),
    "active_share": Assumption("how many people use it at once is not known", (0.001, 0.01, 0.05)),
}


def beam_assumptions(beams: Beams | None) -> dict[str, str]:
    """Return what a scenario's beams rest on that nobody publishes: key, and value with the reason."""
    if beams is None:
        return {}
    values = beams.model_dump()
    return {
        f"beams: {key}": f"{'all' if values[key] is None else values[key]}: {entry.why}"
        for key, entry in BEAM_ASSUMPTIONS.items()
    }


def scenario_assumptions(scenario: Scenario) -> dict[str, str]:
    """Return the figures of a scenario that nobody could see in a source: where, value and why."""
    link = scenario.link
    entries: tuple[tuple[str, Entry], ...] = (
        (link.payload, payload(link.payload)),
        (link.handset, handset(link.handset)),
        (link.losses, loss_set(link.losses)),
        *((name, service(name)) for name in link.services),
    )
    found = system_assumptions(scenario)
    for name, entry in entries:
        found |= _assumed(name, entry)
    return found


def system_assumptions(scenario: Scenario) -> dict[str, str]:
    """Return what nobody could see of a scenario's system; nothing where the user's own satellites fly."""
    name = scenario.constellation.system
    found = system(name) if name else None
    return _assumed(str(name), found) if found and is_flown_by(found, scenario.constellation) else {}


def _assumed(name: str, entry: Entry) -> dict[str, str]:
    return {
        f"{name}: {where}": f"{figure.value:g}: {figure.assumed}"
        for where, figure in sourced_figures(entry)
        if figure.assumed
    }


def is_flown_by(system: System, chosen: ConstellationChoice) -> bool:
    """Return whether the satellites of a scenario's choice are those of a library system, not the user's own."""
    own_shells = tuple(given.shell for given in system.shells)
    return (chosen.elements, chosen.walker, chosen.shells) == (system.elements, None, own_shells)
