"""Assumed parameters of a scenario: reasons, plausible ranges of the `[beams]` values, and assumed library figures."""

from dataclasses import dataclass
from typing import Any

from d2c.library.constellation import System
from d2c.library.entry import Entry, entry_settings, sourced_figures
from d2c.library.models import read_handset, read_loss_set, read_payload, read_service, read_system
from d2c.library.phones import read_phones
from d2c.propagation.tr38811 import environment_tables
from d2c.scenario.model import Beams, ConstellationChoice, Scenario


@dataclass(frozen=True, slots=True)
class Assumption:
    """Reason why a value of `[beams]` is assumed, and its plausible values for a sensitivity study."""

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
    "load": Assumption(
        "no operator publishes how many of its beam cells ask at a time; the measured RSRQ of -9 dB (arXiv "
        "2506.00283) can occur near 0.1 only, and at 1 all cells ask everywhere",
        (0.1, 0.3, 0.6, 1.0),
    ),
    "elsewhere": Assumption(
        "what a satellite serves outside the area is not published; all that it sees, in equal shares, or nothing",
        ("all", "none"),
    ),
    "signalling_share": Assumption(
        "how often a beam visits a cell that does not ask is not published: 1 ms in 160 ms, at most half of the beams",
        (0.0, 1 / 640, 1 / 160),
    ),
    "reuse": Assumption(
        "the filing has one channel of 5 MHz or 3 to 4 of 1.4 MHz; which is used where is not known",
        (1, 3, 4),
    ),
    "cell_radius_km": Assumption(
        "the filing says that beam centres are Earth-fixed and cells reach to the -3 or -5 dB contour, not how wide "
        "they are; SHARC's campaigns take 23 to 26 km of radius at 340 km",
        ("auto", 15.0, 25.0),
    ),
    "noise_rise_db": Assumption("no uplink load is published", (0.0, 3.0, 6.0)),
    "receive": Assumption(
        "whether a satellite listens to all of its cells at once or hops with its beams is not published",
        ("open", "hopping"),
    ),
    "active_share": Assumption("how many people use it at once is not known", (0.0001, 0.001, 0.01)),
}


SKYLINE = Assumption(
    "over which angle skylines are alike is not known; TR 38.811 has the probability of sight of one satellite",
    (20.0, 45.0, 90.0),
)


def beam_assumptions(beams: Beams | None) -> dict[str, str]:
    """Return the assumed parameters of a scenario's beams: key, and value with the reason."""
    if beams is None:
        return {}
    values = beams.model_dump()
    return {
        f"beams: {key}": f"{'all' if values[key] is None else values[key]}: {entry.why}"
        for key, entry in BEAM_ASSUMPTIONS.items()
    }


def scenario_assumptions(scenario: Scenario) -> dict[str, str]:
    """Return the assumed figures of a scenario's library entries and environment: key, and value with the reason."""
    link = scenario.link
    entries: tuple[tuple[str, Entry], ...] = (
        *((name, read_payload(name)) for name in payload_names(scenario)),
        (link.handset, read_handset(link.handset)),
        (link.losses, read_loss_set(link.losses)),
        *((name, read_service(name)) for name in link.services),
        *(((link.phones, read_phones(link.phones)),) if link.phones else ()),
    )
    assumptions = system_assumptions(scenario)
    for name, entry in entries:
        assumptions |= _assumed(name, entry)
    if link.service_rule == "bits":
        for name in link.services:
            assumptions.pop(f"{name}: operator_reported_c_n_db", None)
    if link.operating != "measured" or link.phone_loss_db is not None:
        assumptions.pop(f"{link.phones}: phone_loss_db", None)
    if link.operating == "measured" and link.phone_loss_db is not None:
        assumptions["phone_loss_db"] = (
            f"{link.phone_loss_db:g}: given by the user, at the operating point measured"
        )
    if link.environment:
        assumptions["skyline_correlation_deg"] = f"{link.skyline_correlation_deg:g} deg: {SKYLINE.why}"
        for table in environment_tables(link.environment):
            if table.assumed:
                assumptions[f"environment {link.environment}: {table.name}"] = table.assumed
    return assumptions


def payload_names(scenario: Scenario) -> tuple[str, ...]:
    """Return the payloads that a scenario names, each once; without that of `[link]` if every shell names its own."""
    choice = scenario.constellation
    named = [shell.payload for shell in choice.shells] + [entry.payload for entry in choice.payloads]
    default = [] if choice.shells and all(named) else [scenario.link.payload]
    return tuple(dict.fromkeys([*default, *filter(None, named)]))


def system_assumptions(scenario: Scenario) -> dict[str, str]:
    """Return the assumed figures of a scenario's system; none if the scenario gives its own satellites."""
    name = scenario.constellation.system
    if name is None:
        return {}
    system = read_system(name)
    return _assumed(name, system) if uses_system_satellites(system, scenario.constellation) else {}


def _assumed(name: str, entry: Entry) -> dict[str, str]:
    return {
        f"{name}: {path}": f"{figure.value:g}: {figure.assumed}"
        for path, figure in sourced_figures(entry)
        if figure.assumed
    } | {
        f"{name}: {path}": str(value)
        for path, value in entry_settings(entry)
        if path.endswith("gain_as_printed")
    }


def uses_system_satellites(system: System, choice: ConstellationChoice) -> bool:
    """Return whether a scenario uses the satellites of the library system rather than its own."""
    system_shells = tuple(entry.shell for entry in system.shells)
    shells = tuple(shell.model_copy(update={"payload": None}) for shell in choice.shells)
    made = choice.walker or choice.geo_longitudes_deg
    return not made and (choice.elements, shells) == (system.elements, system_shells)
