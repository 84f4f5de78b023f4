"""Figures of a link that the user gives, in place of those of its entries or without any entry."""

import math
from collections.abc import Mapping
from typing import Any

from d2c.errors import ArgumentError
from d2c.library.entry import GIVEN, Figure
from d2c.library.models import Handset, Payload, Uplink

DOWNLINK_FIGURES = ("eirp_dbw", "eirp_density_dbw_mhz")
UPLINK_FIGURES = ("g_over_t_db_k",)
# Of both directions, or of one
COMMON_FIGURES = ("frequency_mhz", "bandwidth_mhz", "downlink_bandwidth_mhz", "uplink_bandwidth_mhz")
HANDSET_FIGURES = (
    "tx_power_dbm",
    "tx_gain_dbi",
    "rx_gain_dbi",
    "noise_figure_db",
    "antenna_temperature_k",
)
_POSITIVE = (*COMMON_FIGURES, "antenna_temperature_k")
# A given EIRP is that towards the handset: an antenna without a direction adds nothing to it.
_NO_BEAM = {
    "peak_gain_dbi": {"value": 0.0, "source": "the EIRP given by the user is that towards the handset"}
}


def missing_figures(figures: Mapping[str, float]) -> list[str]:
    """Return the figures that a payload without an entry still needs; an uplink is needed for a given G/T only."""
    down, up = _radio("downlink", figures), _radio("uplink", figures)
    missing = [] if {"eirp_dbw", "eirp_density_dbw_mhz"} & set(down) else ["eirp_dbw"]
    missing += [key for key in ("frequency_mhz", "bandwidth_mhz") if key not in down]
    if "g_over_t_db_k" in up and "bandwidth_mhz" not in up and "bandwidth_mhz" not in missing:
        missing.append("uplink_bandwidth_mhz")
    return missing


def payload_with(payload: Payload | None, figures: Mapping[str, float]) -> Payload:
    """Return a payload with the given figures in place of its own; without one, a payload of these figures.

    frequency_mhz and bandwidth_mhz hold for both directions, unless one has its own; a payload without an uplink gets
    one with a g_over_t_db_k. ArgumentError for a figure that is out of range, or missing without an entry.
    """
    _check(figures)
    if payload is None:
        if missing := missing_figures(figures):
            raise ArgumentError(f"{', '.join(missing)}: neither given nor of a payload")
        radios = {"downlink": _radio("downlink", figures)}
        if "g_over_t_db_k" in figures:
            radios["uplink"] = _radio("uplink", figures)
        return Payload.model_validate({"title": f"satellite {GIVEN}", **radios, "beam": _NO_BEAM})
    down = dict.fromkeys(DOWNLINK_FIGURES) if set(DOWNLINK_FIGURES) & set(figures) else {}
    update: dict[str, Any] = {
        "downlink": payload.downlink.model_copy(update=down | _figures(_radio("downlink", figures)))
    }
    uplink = _figures(_radio("uplink", figures))
    if payload.uplink:
        update["uplink"] = payload.uplink.model_copy(update=uplink)
    elif "g_over_t_db_k" in figures:
        if missing := [key for key in ("frequency_mhz", "bandwidth_mhz") if key not in uplink]:
            raise ArgumentError(
                f"payload '{payload.title}' has no uplink; to give it one, give {' and '.join(missing)} too"
            )
        update["uplink"] = Uplink.model_validate(uplink)
    return payload.model_copy(update=update)


def handset_with(handset: Handset | None, figures: Mapping[str, float]) -> Handset:
    """Return a handset with the given figures in place of its own; without one, a handset of all of these figures."""
    _check(figures)
    given = {key: figures[key] for key in HANDSET_FIGURES if key in figures}
    if handset is None:
        if missing := [key for key in HANDSET_FIGURES if key not in given]:
            raise ArgumentError(f"{', '.join(missing)}: neither given nor of a handset")
        return Handset.model_validate({"title": f"handset {GIVEN}", **given})
    return handset.model_copy(update=_figures(given))


def _radio(direction: str, figures: Mapping[str, float]) -> dict[str, float]:
    """Return the figures of one direction by their names in a payload."""
    own = DOWNLINK_FIGURES if direction == "downlink" else UPLINK_FIGURES
    radio = {key: figures[key] for key in (*own, "frequency_mhz", "bandwidth_mhz") if key in figures}
    if (bandwidth := figures.get(f"{direction}_bandwidth_mhz")) is not None:
        radio["bandwidth_mhz"] = bandwidth
    return radio


def _figures(values: Mapping[str, float]) -> dict[str, Figure]:
    return {key: Figure(value=value, source=GIVEN) for key, value in values.items()}


def _check(figures: Mapping[str, float]) -> None:
    for key, value in figures.items():
        if key in _POSITIVE and not 0 < value < math.inf:
            raise ArgumentError(f"{key} = {value:g} must be above 0")
        if not math.isfinite(value):
            raise ArgumentError(f"{key} = {value:g} must be a finite number")
    if set(DOWNLINK_FIGURES) <= set(figures):
        raise ArgumentError("give eirp_dbw or eirp_density_dbw_mhz, not both")
