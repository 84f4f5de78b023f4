"""What operators keep to themselves about their beams: why each value is assumed, and the range it may have."""

from dataclasses import dataclass
from typing import Any

from d2c.scenario.model import Beams


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Why a value of `[beams]` is assumed, and the plausible values that a sensitivity study tries."""

    why: str
    plausible: tuple[Any, ...]


UNPUBLISHED: dict[str, Unpublished] = {
    "beams_per_satellite": Unpublished(
        'the filing says "multiple" (FCC SAT-MOD-20230207-00021); 48 is quoted by secondary sources for the Ku payload',
        (4, 8, 16, 32, 48),
    ),
    "full_power_beams": Unpublished(
        "how beams share a satellite's power is not in the filing, which gives the EIRP of one beam",
        (4, 8, 16),
    ),
    "max_scan_deg": Unpublished(
        "the filing has antenna contours for 0 and 35 deg of scan only (FCC SAT-MOD-20230207-00021)",
        (35, 45, 60),
    ),
    "load": Unpublished("no operator publishes how busy its beams are", (0.25, 0.5, 0.75, 1.0)),
    "reuse": Unpublished(
        "the filing has one channel of 5 MHz or 3 to 4 of 1.4 MHz; which is used where is not known",
        (1, 3, 4),
    ),
    "beam_cells": Unpublished(
        "the filing says that beam centres are Earth-fixed and cells reach to the -3 or -5 dB contour, not how wide "
        "they are; SHARC's campaigns take 23 to 26 km of radius at 340 km",
        (4, 5),
    ),
    "handover_margin_db": Unpublished("no operator publishes its handover rule", (0.0, 1.0, 3.0)),
    "noise_rise_db": Unpublished("no uplink load is published", (0.0, 3.0, 6.0)),
    "margin_km": Unpublished(
        "what the same network does beyond the border is not known", (0.0, 100.0, 200.0)
    ),
    "active_share": Unpublished("how many people use it at once is not known", (0.001, 0.01, 0.05)),
}


def assumed_of_beams(beams: Beams | None) -> dict[str, str]:
    """Return what a scenario's beams rest on that nobody publishes: key, and value with the reason."""
    if beams is None:
        return {}
    values = beams.model_dump()
    return {
        f"beams: {key}": f"{'all' if values[key] is None else values[key]}: {entry.why}"
        for key, entry in UNPUBLISHED.items()
    }
