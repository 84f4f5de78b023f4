"""Options of `d2c link` for the figures of one's own: any line of a budget, in place of an entry's or without one."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from d2c.api.defaults import MAX_LOSS_DB
from d2c.errors import ScenarioError

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


_OTHER_OPTIONS = {"losses_db": "loss"}
_ARGUMENT = re.compile(
    rf"\b({'|'.join([*_HELP, 'altitude_km', 'beam_radius_km', 'losses_db'])}"
    r"|(?<=\(or )satellite|payload(?= that has it))\b( =)?"
)


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
    """Return a message with options in place of the arguments that they give; `KEY = VALUE` becomes `--KEY VALUE`."""
    return re.sub(_ARGUMENT, lambda match: option_of(_OTHER_OPTIONS.get(match[1], match[1])), message)


def parse_losses(texts: tuple[str, ...]) -> dict[str, float]:
    """Return names and values in decibels from texts such as `body loss=3`; ScenarioError for anything else."""
    losses = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        try:
            losses[name.strip()] = float(value)
        except ValueError:
            name = ""
        if not name.strip() or not abs(losses[name.strip()]) < MAX_LOSS_DB:
            raise ScenarioError(
                f"--loss {text}: write NAME=DB, such as 'body loss=3', with the name of a line"
            )
    return losses
