"""Scenario reader: built-in scenarios, TOML files, overrides, and the JSON schema."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from d2c.errors import ScenarioError
from d2c.scenario.constellation_choice import SOURCES
from d2c.scenario.model import Scenario as Scenario
from d2c.scenario.named_files import beside, rename_files
from d2c.scenario.resolve_system import resolve_system
from d2c.shipped import read_toml_text, toml_names
from d2c.toml import parse_toml, parse_value, validate_model

# Each is a built-in scenario: `italy` with this area; the names are those of `region.area`.
ITALIAN_REGIONS = {
    "abruzzo": "Abruzzo",
    "basilicata": "Basilicata",
    "calabria": "Calabria",
    "campania": "Campania",
    "emilia-romagna": "Emilia-Romagna",
    "friuli-venezia-giulia": "Friuli-Venezia Giulia",
    "lazio": "Lazio",
    "liguria": "Liguria",
    "lombardia": "Lombardia",
    "marche": "Marche",
    "molise": "Molise",
    "piemonte": "Piemonte",
    "puglia": "Puglia",
    "sardegna": "Sardegna",
    "sicilia": "Sicilia",
    "toscana": "Toscana",
    "trentino-alto-adige": "Trentino-Alto Adige",
    "umbria": "Umbria",
    "valle-d-aosta": "Valle d'Aosta",
    "veneto": "Veneto",
}
# What the titles of scenarios speak of: "Italy, Starlink Direct to Cell under full load", "outdoors", "deck terminal".
_IN_TITLES = {
    "region.area",
    *(
        f"constellation.{key}"
        for key in ("system", "elements", "walker", "altitude_km", "shells", "geo_longitudes_deg", "select")
    ),
    *(f"link.{key}" for key in ("payload", "handset", "losses", "phones", "environment")),
    "beams.load",
}


def scenario_names() -> tuple[str, ...]:
    """Return the names of the built-in scenarios."""
    return tuple(sorted([*toml_names("scenarios"), *ITALIAN_REGIONS]))


def scenario_text(name_or_path: str) -> str:
    """Return the TOML text of a built-in scenario or of a file; ScenarioError if neither exists."""
    if name_or_path in ITALIAN_REGIONS:
        template = (resources.files("d2c.library.data") / "italian-region.toml").read_text(encoding="utf-8")
        return Template(template).substitute(name=ITALIAN_REGIONS[name_or_path], area=name_or_path)
    return read_toml_text(name_or_path, folder="scenarios", kind="scenario", names=scenario_names())


def read_scenario(name_or_path: str, *, overrides: Iterable[str] = ()) -> Scenario:
    """Read a built-in scenario or a TOML file, with `section.key=value` overrides applied.

    Files that it names are relative to its folder, those of overrides to the current one.
    """
    data = parse_toml(scenario_text(name_or_path), origin=name_or_path)
    folder = Path(name_or_path).parent
    rename_files(data, lambda kind, name: beside(kind, name, folder))
    _apply_overrides(data, overrides)
    return resolve_system(validate_model(Scenario, data, origin=name_or_path))


def override_scenario(scenario: Scenario, *, overrides: Iterable[str]) -> Scenario:
    """Return the scenario with `section.key=value` overrides applied."""
    data = scenario.model_dump(mode="json", exclude_unset=True)
    _apply_overrides(data, overrides)
    return resolve_system(validate_model(Scenario, data, origin=scenario.title))


def _apply_overrides(data: dict[str, Any], overrides: Iterable[str]) -> None:
    """Apply overrides, a system first: it replaces satellites and payload, which other overrides may replace.

    A title comes last, as overrides of what titles speak of remove it.
    """

    def order(override: str) -> int:
        return {"constellation.system": 0, "title": 2}.get(override.partition("=")[0].strip(), 1)

    for override in sorted(overrides, key=order):
        _apply_override(data, override)


def parse_override(override: str) -> tuple[list[str], Any]:
    """Return the parts of the key and the value of `section.key=value`; ScenarioError for another form."""
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise ScenarioError(f"'{override}': write section.key=value, such as time.duration_h=1")
    return parts, parse_value(text)


def _apply_override(data: dict[str, Any], override: str) -> None:
    parts, value = parse_override(override)
    table = data
    for depth, part in enumerate(parts[:-1], 1):
        if table.get(part) is None:  # without a value in the file, or in a scenario as it was run
            table[part] = {}
        table = table[part]
        if not isinstance(table, dict):
            raise ScenarioError(f"'{override}': {'.'.join(parts[:depth])} is not a section")
    if parts[0] == "constellation" and parts[1:] in ([key] for key in (*SOURCES, "system")):
        _remove_other_sources(table, keep=parts[1])
    if parts == ["constellation", "system"]:
        data.get("link", {}).pop("payload", None)
    if ".".join(parts[:2]) in _IN_TITLES and table.get(parts[-1]) != value:
        data.pop("title", None)
    table[parts[-1]] = value


def _remove_other_sources(constellation: dict[str, Any], *, keep: str) -> None:
    """Remove the other sources of satellites and their options, so that one override replaces them.

    A system is kept for its payload when another source replaces its satellites.
    """
    for other in {*SOURCES} - {keep}:
        constellation.pop(other, None)
    if keep != "walker":
        constellation.pop("altitude_km", None)
    if keep != "elements":
        constellation.pop("select", None)
        constellation.pop("payloads", None)


Scenario.reader = read_scenario
