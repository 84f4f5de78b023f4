"""Waiting-time curves of summary.json, prepared for the plot and the web page."""

from collections.abc import Mapping
from typing import Any

# Labels of the weights, by the keys of summary.json.
WEIGHT_LABELS = {"area": "of the area", "population": "of the people"}


def waiting_panels(waiting: Mapping[str, Any]) -> list[tuple[str, dict[str, list[float]]]]:
    """Return the curves of each service by weight; services with equal curves share a panel."""
    weights = [weight for weight in WEIGHT_LABELS if weight in waiting]
    panels: list[tuple[str, dict[str, list[float]]]] = []
    for service in waiting["area"]:
        name, curves = service.replace("_", " "), {weight: waiting[weight][service] for weight in weights}
        match_index = next((k for k, (_, others) in enumerate(panels) if others == curves), None)
        if match_index is None:
            panels.append((name, curves))
        else:
            panels[match_index] = (f"{panels[match_index][0]}, {name}", curves)
    return panels


def wait_text(minutes: float) -> str:
    """Format a wait with its unit."""
    if minutes == 0:
        return "at once"
    if minutes < 1:
        return f"{60 * minutes:g} s"
    return f"{minutes:g} min" if minutes < 60 else f"{minutes / 60:g} h"
