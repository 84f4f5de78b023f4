"""The curves of `waiting` in summary.json as the picture and the page show them."""

from collections.abc import Mapping
from typing import Any

# What a share is of, by the keys of summary.json.
OF_WHAT = {"area": "of the area", "population": "of the people"}


def panels(waiting: Mapping[str, Any]) -> list[tuple[str, dict[str, list[float]]]]:
    """Return the curves of each service by what they are shares of; services with the same ones share a panel."""
    weights = [weight for weight in OF_WHAT if weight in waiting]
    found: list[tuple[str, dict[str, list[float]]]] = []
    for service in waiting["area"]:
        name, curves = service.replace("_", " "), {weight: waiting[weight][service] for weight in weights}
        same = next((k for k, (_, others) in enumerate(found) if others == curves), None)
        if same is None:
            found.append((name, curves))
        else:
            found[same] = (f"{found[same][0]}, {name}", curves)
    return found


def wait_text(minutes: float) -> str:
    """Return a wait as people say it."""
    if minutes == 0:
        return "at once"
    if minutes < 1:
        return f"{60 * minutes:g} s"
    return f"{minutes:g} min" if minutes < 60 else f"{minutes / 60:g} h"
