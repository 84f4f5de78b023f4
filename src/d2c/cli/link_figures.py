"""Options of `d2c link` for the figures of one's own: any line of a budget, in place of an entry's or without one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import click

from d2c.errors import ScenarioError
from d2c.link.budget import RadioLink
from d2c.link.geometry import LookAngles
from d2c.link.given import DOWNLINK_FIGURES, HANDSET_FIGURES, missing_figures
from d2c.link.margins import analyse_link

_MISSPELT = 0.85  # how alike two names are, of 1
DEFAULT_PAYLOAD, DEFAULT_HANDSET = "starlink-d2c", "3gpp-handheld"
_HELP = {
    "eirp_dbw": "EIRP of the satellite over its bandwidth; without --payload, a satellite of these figures alone.",
    "eirp_density_dbw_mhz": "EIRP of the satellite in 1 MHz, instead of --eirp-dbw.",
    "g_over_t_db_k": "G/T of the satellite.",
    "frequency_mhz": "Both directions. [default: the payload's]",
    "bandwidth_mhz": "Occupied bandwidth of both directions. [default: the payload's]",
    "downlink_bandwidth_mhz": "Occupied bandwidth; EIRP or its density is kept, as the payload gives it.",
    "uplink_bandwidth_mhz": "Occupied bandwidth of the handset's transmission.",
    "tx_power_dbm": "Power of the handset.",
    "tx_gain_dbi": "Antenna gain of the handset, sending.",
    "rx_gain_dbi": "Antenna gain of the handset, receiving.",
    "noise_figure_db": "Noise figure of the handset.",
    "antenna_temperature_k": "Antenna temperature of the handset.",
}


def figure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each figure; a command gets them by their names, None where one is not given."""
    for key, text in reversed(_HELP.items()):
        command = click.option(option_of(key), type=float, help=text)(command)
    return command


def given_figures(options: Mapping[str, float | None]) -> dict[str, float]:
    """Return the figures that are given, in the order of the options."""
    return {key: value for key in _HELP if (value := options[key]) is not None}


def option_of(key: str) -> str:
    """Return the option that gives a figure."""
    return f"--{key.replace('_', '-')}"


def with_option_names(message: str) -> str:
    """Return a message with options in place of the figures that they give; `KEY = VALUE` becomes `--KEY VALUE`."""
    return re.sub(rf"\b({'|'.join(_HELP)})\b( =)?", lambda match: option_of(match[1]), message)


def payload_name(given: str | None, figures: Mapping[str, float], *, orbit_is_given: bool) -> str | None:
    """Return the entry of the payload; None for a satellite that its EIRP and other figures describe alone.

    ScenarioError that names all that such a satellite lacks.
    """
    if given or not set(DOWNLINK_FIGURES) & set(figures):
        return given or DEFAULT_PAYLOAD
    missing = [option_of(key) for key in missing_figures(figures)]
    if not orbit_is_given:
        missing.append("--altitude-km (or --satellite)")
    if missing:
        raise ScenarioError(
            f"{', '.join(missing)}: neither given nor of an entry; give what is missing, or the --payload that has it"
        )
    return None


def handset_name(given: str | None, figures: Mapping[str, float]) -> str | None:
    """Return the entry of the handset; None where all of its figures are given."""
    return None if given is None and set(HANDSET_FIGURES) <= set(figures) else given or DEFAULT_HANDSET


def parse_losses(texts: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Return names and values in decibels from texts such as `body loss=3`; ScenarioError for anything else."""
    losses = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        try:
            losses[name.strip()] = float(value)
        except ValueError:
            name = ""
        if not name.strip() or not abs(losses[name.strip()]) < 1e4:
            raise ScenarioError(
                f"--loss {text}: write NAME=DB, such as 'body loss=3', with the name of a line"
            )
    return tuple(losses.items())


def check_loss_names(link: RadioLink, look: LookAngles, *, latitude_deg: float) -> None:
    """Raise ScenarioError for a given loss of a line that the budget lacks, or that is like a misspelt line of it."""

    def lines(of_link: RadioLink) -> list[str]:
        budgets = analyse_link(of_link, {}, look, latitude_deg=latitude_deg)[:2]
        return list(dict.fromkeys(line.name for budget in budgets if budget for line in budget.lines))

    if not link.given_losses_db:
        return
    printed, computed = lines(link), lines(replace(link, given_losses_db=()))
    for name, _ in link.given_losses_db:
        if name not in printed:
            raise ScenarioError(
                f"--loss {name}: this budget has no such line; its lines are: {', '.join(computed)}"
            )
        nearest = get_close_matches(name.lower(), map(str.lower, computed), n=1, cutoff=_MISSPELT)
        if name not in computed and nearest:
            raise ScenarioError(f"--loss {name}: did you mean '{nearest[0]}'?")
