"""Longest gaps and mean waits of services as text, from summary.json: never, and at least."""

from collections.abc import Mapping
from typing import Any

from d2c.output.format.percent import percent_text
from d2c.results.format.durations import minutes_text, seconds_text

WAIT_NOTE = "the mean wait is over all instants, 0 s for whoever is served at once"


def gap_text(service: Mapping[str, Any], hours: float) -> str:
    """Return the longest gap of a service: "2.0 min", ">= 2.0 min" where the span cuts it, "never in 24 h"."""
    if service["longest_gap_s"] is None:
        return f"never in {hours:g} h"
    return minutes_text(service["longest_gap_s"], at_least=gap_is_cut(service))


def gap_is_cut(service: Mapping[str, Any]) -> bool:
    """Return whether the span cuts the longest gap; folders written before this was counted do not say."""
    return bool(service.get("longest_gap_is_lower_bound", False))


def wait_text(service: Mapping[str, Any]) -> str:
    """Return the mean wait of a service, a dash for one that never comes."""
    return "-" if service["mean_wait_s"] is None else seconds_text(service["mean_wait_s"])


def never_text(service: Mapping[str, Any], hours: float) -> str:
    """Return where the median phone is never served while it is elsewhere, "" for everywhere or nowhere."""
    share = service.get("never_served_area_share", 0.0)
    return f"never in {hours:g} h on {percent_text(share, decimals=2)} of the area" if 0 < share < 1 else ""
