"""What a scenario asks, without its title and output: the name of its folder, and how two of them differ."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from d2c.scenario.load import parse_override, scenario_text
from d2c.scenario.model import Scenario
from d2c.scenario.resolve import resolve
from d2c.text_files import is_file
from d2c.toml import parse_toml, validate_model

_NOT_ASKED = {"title", "output"}
_SPEAKS_FOR_ITSELF = ("region.area", "constellation.system", "constellation.elements")
_LONGEST_NAME = 100
_NOT_IN_A_NAME = re.compile(r"[^\w.,+=-]+")


def question_name(scenario: str, overrides: Iterable[str]) -> str:
    """Return the name of a question: the scenario's, and the values of the overrides that change it.

    `italy` with `region.area=sicilia` and `link.min_elevation_deg=40` is `italy-sicilia-min-elevation-deg-40`.
    """
    own = parse_toml(scenario_text(scenario), origin=scenario)
    changed: dict[str, Any] = {}
    for override in overrides:
        parts, value = parse_override(override)
        changed.pop(".".join(parts), None)  # the last of two overrides of a key counts
        if parts[0] not in _NOT_ASKED and _value_at(own, parts) != value:
            changed[".".join(parts)] = value
    words = [_value_text(key, value) for key, value in changed.items()]
    name = "-".join([Path(scenario).stem, *words])
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def scenario_differences(before: Scenario, after: Scenario) -> dict[str, tuple[Any, Any]]:
    """Return the dotted keys at which two scenarios differ, with both values."""
    return _differences(before.model_dump(mode="json"), after.model_dump(mode="json"))


def asked_differently(stored: Mapping[str, Any], scenario: Scenario) -> dict[str, tuple[Any, Any]]:
    """Return at which keys a stored scenario asks another question than a scenario; titles and output do not count.

    Both are compared with their automatic choices made. Keys that an earlier version did not know have their defaults.
    ScenarioError if the stored one is not valid today.
    """
    before = validate_model(Scenario, stored, origin="stored scenario")
    differing = scenario_differences(resolve(before), resolve(scenario))
    return {
        key: values
        for key, values in differing.items()
        if key.partition(".")[0] not in _NOT_ASKED and not _is_one_file(*values)
    }


def _is_one_file(before: Any, after: Any) -> bool:
    """Return whether two values are paths to a file of one name, as seen from different folders."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return False
    first, second = Path(before), Path(after)
    return bool(first.suffix) and first.name == second.name


def _differences(before: Any, after: Any, key: str = "") -> dict[str, tuple[Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        differing: dict[str, tuple[Any, Any]] = {}
        for name in before | after:
            differing |= _differences(before.get(name), after.get(name), f"{key}.{name}".removeprefix("."))
        return differing
    return {} if before == after else {key: (before, after)}


def _value_at(table: Any, parts: list[str]) -> Any:
    for part in parts:
        table = table.get(part) if isinstance(table, dict) else None
    return table


def _value_text(key: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        text = ",".join(map(str, value))
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
        text = text.lower() if isinstance(value, bool) else text
    if key in _SPEAKS_FOR_ITSELF:
        text = Path(text).stem if "/" in text or is_file(text) else text
    else:
        text = f"{key.rpartition('.')[2].replace('_', '-')}-{text}"
    return _NOT_IN_A_NAME.sub("-", text)
