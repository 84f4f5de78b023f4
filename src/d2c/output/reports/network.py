"""Text descriptions of a scenario's beam settings for pages, maps and comparisons."""

from collections.abc import Mapping
from typing import Any


def beam_assumptions_text(beams: Mapping[str, Any]) -> str:
    """Describe the most influential assumed settings of `[beams]`, from the scenario in summary.json."""
    full_power = beams["full_power_beams"]
    parts = [
        f"{beams['beams_per_satellite']} beams per satellite"
        + (
            f" sharing the power of {full_power}"
            if full_power and full_power < beams["beams_per_satellite"]
            else ""
        ),
        f"up to {beams['max_scan_deg']:g}° off its nadir",
        f"{100 * beams['load']:g} % of the beam cells ask",
        "busy everywhere" if beams["elsewhere"] == "all" else "serving nothing elsewhere",
        f"frequency reuse {beams['reuse']}",
    ]
    isolation_db = beams["cross_polarisation_db"]
    if beams["polarisations"] > 1:
        parts.append(
            f"{beams['polarisations']} polarisations with {isolation_db:g} dB isolation at the handset"
        )
    if beams["isolation_km"]:
        parts.append(f"co-channel beams at least {beams['isolation_km']:g} km apart")
    return ", ".join(parts)


def beam_options_text(beams: Mapping[str, Any]) -> str:
    """Describe beam settings that differ from the defaults, "" if none: area, demand, exclusions."""
    parts = [f"serving {beams['area']}"] if beams["area"] else []
    if beams["demand"] == "population":
        parts.append("in proportion to population")
    for exclusion in beams["exclusions"]:
        around = f" and {exclusion['distance_km']:g} km around" if exclusion["distance_km"] else ""
        parts.append(f"none over {exclusion['area']}{around}")
    return ", ".join(parts)


def beams_text(beams: Mapping[str, Any]) -> str:
    """Describe assumptions and options in one line."""
    return "; ".join(filter(None, (beam_assumptions_text(beams), beam_options_text(beams))))
