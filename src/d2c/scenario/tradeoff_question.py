"""What a user asks of a trade-off: keys of a scenario in place of the users, areas and span of its specification."""

from collections.abc import Iterable
from typing import Any

from d2c.errors import ScenarioError
from d2c.library.models import read_handset
from d2c.scenario.load import parse_override
from d2c.scenario.tradeoff import Tradeoff
from d2c.toml import validate_model

_OF_USERS = ("handset", "losses", "phones", "environment", "services")
_OF_OPTIONS = ("handset", "losses", "min_elevation_deg")  # what an option may have instead of the users
_SECTIONS = ("time", "grid")
_KEYS = (
    "region.area",
    "link.min_elevation_deg",
    *(f"link.{key}" for key in _OF_USERS),
    *(f"{section}.KEY" for section in _SECTIONS),
)


def asked_tradeoff(tradeoff: Tradeoff, overrides: Iterable[str], *, origin: str) -> Tradeoff:
    """Return the trade-off with `section.key=value` overrides applied: to all users, options and areas alike.

    A mix and an environment are of phones, and not of terminals. Systems, payloads and elements are what is compared,
    and stay. ScenarioError for a key that it has not, or an
    invalid value.
    """
    data = tradeoff.model_dump(mode="json", exclude_unset=True)
    for override in overrides:
        _apply(data, tradeoff, override)
    return validate_model(Tradeoff, data, origin=origin)


def _apply(data: dict[str, Any], tradeoff: Tradeoff, override: str) -> None:
    parts, value = parse_override(override)
    section, key = parts[0], ".".join(parts[1:])
    if parts == ["region", "area"]:
        data["areas"] = [value]
        data["in_area"] = {area: t for area, t in data.get("in_area", {}).items() if area == value}
    elif section in _SECTIONS and key:
        data.setdefault(section, {})[key] = value
    elif section == "link" and key in _OF_USERS:
        groups = data.setdefault("group", [group.model_dump(mode="json") for group in tradeoff.groups])
        of_phones = key in ("phones", "environment")
        for group in groups:
            if of_phones and read_handset(group["handset"]).kind == "terminal":
                continue
            group[key] = None if value == "none" else value
        for users in ("services", "handset", "phones", "environment"):
            data.pop(users, None)
        for there in data.get("in_area", {}).values():
            there.pop(key, None)
    elif parts == ["link", "min_elevation_deg"]:
        data[key] = value
    else:
        raise ScenarioError(
            f"{'.'.join(parts)}: a trade-off can be asked for {', '.join(_KEYS)}; leave it out"
        )
    if section == "link" and key in _OF_OPTIONS:
        for option in data["option"]:
            option.pop(key, None)
