"""The options by which every command that takes a scenario is asked: each stands for a key of the scenario."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from d2c.cli.completion import complete_names_or_files
from d2c.cli.param_types import InstantType
from d2c.cli.shared_options import Decorator, tz_option

_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {  # key of the scenario, and what the option takes
    "area": (
        "region.area",
        {
            "metavar": "NAME|FILE|BOX",
            "shell_complete": complete_names_or_files("area_names"),
            "help": "Area: a name of `d2c area list`, a polygon file or a box WEST,SOUTH,EAST,NORTH.",
        },
    ),
    "system": ("constellation.system", {"help": "Constellation of the library."}),
    "payload": ("link.payload", {"help": "Satellite payload."}),
    "handset": ("link.handset", {"help": "User terminal on the ground."}),
    "losses": ("link.losses", {"help": "Loss set."}),
    "environment": ("link.environment", {"metavar": "ENV", "help": "Environment of the phones, or none."}),
    "mix": ("link.phones", {"metavar": "MIX", "help": "Mix of postures: hand, mix, a file, or none."}),
    "service": ("link.services", {"metavar": "NAME,...", "help": "Services, the first one first."}),
    "elements": (
        "constellation.elements",
        {"metavar": "FILE", "help": "Orbital elements instead of its own."},
    ),
    "min_elevation_deg": ("link.min_elevation_deg", {"type": float, "help": "Elevation mask."}),
    "from": (
        "time.start",
        {"type": InstantType(), "metavar": "T", "help": "Start: an ISO instant, now, or epoch."},
    ),
    "hours": ("time.duration_h", {"type": float, "help": "Length of the span."}),
}
_ENTRIES = {
    "system": "constellations",
    "payload": "payloads",
    "handset": "handsets",
    "losses": "losses",
    "service": "services",
}


def question_options(*, without: tuple[str, ...] = ()) -> Decorator:
    """Add the options by which a scenario is asked to a command, which gets them among its `overrides`.

    They come after those of --set; `tz` is the time zone. `without`: options that the command has itself, or
    cannot have.
    """
    names = [name for name in _OPTIONS if name not in without]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def asked(*, overrides: tuple[str, ...] = (), **values: Any) -> Any:
            given = {name: values.pop(_parameter(name)) for name in names}
            return command(overrides=(*overrides, *_overrides(given)), **values)

        decorated: Callable[..., Any] = asked if "tz" in without else tz_option(asked)
        for name in reversed(names):
            decorated = _option(name)(decorated)
        return decorated

    return decorate


def _option(name: str) -> Decorator:
    settings = dict(_OPTIONS[name][1])
    if name in _ENTRIES:
        kind = _ENTRIES[name]
        settings |= {"shell_complete": complete_names_or_files("entry_names", kind)}
        settings.setdefault("metavar", "NAME|FILE")
    return click.option(f"--{name.replace('_', '-')}", _parameter(name), **settings)


def _parameter(name: str) -> str:
    return f"asked_{name}"


def _overrides(given: dict[str, Any]) -> list[str]:
    """Return the overrides of the options that were given."""
    overrides = []
    for name, value in given.items():
        if value is not None:
            wanted = [part.strip() for part in value.split(",")] if name == "service" else value
            overrides.append(f"{_OPTIONS[name][0]}={json.dumps(wanted, ensure_ascii=False)}")
    return overrides
