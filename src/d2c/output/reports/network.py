"""What a scenario's beams are, in the words of pages, maps and comparisons."""

from collections.abc import Mapping
from typing import Any


def assumed_of_beams_in_words(beams: Mapping[str, Any]) -> str:
    """Return what of `[beams]` is assumed and decides most, from the scenario in summary.json."""
    shared = beams["full_power_beams"]
    parts = [
        f"{beams['beams_per_satellite']} beams a satellite"
        + (f" on the power of {shared}" if shared and shared < beams["beams_per_satellite"] else ""),
        f"up to {beams['max_scan_deg']:g}° off its nadir",
        f"busy {100 * beams['load']:g} % of the time",
        f"frequency reuse {beams['reuse']}",
    ]
    apart_db = beams["cross_polarisation_db"]
    if beams["polarisations"] > 1:
        parts.append(f"{beams['polarisations']} polarisations that a handset tells apart by {apart_db:g} dB")
    if beams["isolation_km"]:
        parts.append(f"beams of one frequency {beams['isolation_km']:g} km apart")
    return ", ".join(parts)


def chosen_of_beams_in_words(beams: Mapping[str, Any]) -> str:
    """Return where beams are lit other than by default, "" if nowhere: another area, people first, what is dark."""
    parts = [f"lit for {beams['area']}"] if beams["area"] else []
    if beams["demand"] == "population":
        parts.append("in proportion to people")
    for dark in beams["exclusions"]:
        around = f" and {dark['distance_km']:g} km around" if dark["distance_km"] else ""
        parts.append(f"none on {dark['area']}{around}")
    return ", ".join(parts)


def beams_in_words(beams: Mapping[str, Any]) -> str:
    """Return both in one line."""
    return "; ".join(filter(None, (assumed_of_beams_in_words(beams), chosen_of_beams_in_words(beams))))
