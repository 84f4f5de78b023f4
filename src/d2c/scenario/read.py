"""TOML to Scenario: built-in names, files, overrides and the JSON schema."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from d2c.errors import ScenarioError, did_you_mean
from d2c.scenario.model import Scenario

_Model = TypeVar("_Model", bound=BaseModel)


def scenario_names() -> tuple[str, ...]:
    """Return the names of the built-in scenarios."""
    folder = resources.files("d2c.scenario.library") / "scenarios"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def scenario_text(name_or_path: str) -> str:
    """Return the TOML text of a built-in scenario or of a file; ScenarioError if there is neither."""
    if name_or_path in scenario_names():
        entry = resources.files("d2c.scenario.library") / "scenarios" / f"{name_or_path}.toml"
        return entry.read_text(encoding="utf-8")
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.is_file():
        near = did_you_mean(name_or_path, scenario_names())
        raise ScenarioError(f"unknown scenario '{name_or_path}'{near}")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ScenarioError(f"{name_or_path}: cannot read the scenario: {reason}") from error


def read_scenario(name_or_path: str, *, overrides: Iterable[str] = ()) -> Scenario:
    """Return the scenario of a built-in name or a TOML file, with `section.key=value` overrides applied.

    A relative path in `constellation.elements` or `region.area` is looked up beside the scenario file first.
    """
    data = parse_toml(scenario_text(name_or_path), origin=name_or_path)
    _resolve_beside(data, Path(name_or_path).parent)
    for override in overrides:
        _apply_override(data, override)
    return validated(Scenario, data, origin=name_or_path)


def parse_toml(text: str, *, origin: str) -> dict[str, Any]:
    """Return the tables of a TOML text; ScenarioError with line and column if it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{origin}: not valid TOML: {error}") from error


def validated(model: type[_Model], data: Mapping[str, Any], *, origin: str) -> _Model:
    """Return the checked model; ScenarioError with one line that names the first wrong key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [_problem(model, dict(e)) for e in error.errors(include_url=False)]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ScenarioError(f"{origin}: {problems[0]}{more}") from error


def scenario_schema() -> dict[str, Any]:
    """Return the JSON schema of scenario files."""
    return Scenario.model_json_schema()


def _problem(model: type[BaseModel], error: dict[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    where = f"[{'.'.join(location[:-1])}] {location[-1]}" if len(location) > 1 else "".join(location)
    if error["type"] in ("model_type", "model_attributes_type"):
        return f"{where} = {error['input']!r}: must be a section [{'.'.join(location)}] with keys"
    if error["type"] == "extra_forbidden":
        allowed = _keys_at(model, location[:-1])
        return f"{where}: unknown key{did_you_mean(location[-1], allowed)}"
    if error["type"] == "missing":
        return f"{where}: missing, and there is no default"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"[{'.'.join(location)}] {message}" if location else message
    return f"{where} = {error['input']!r}: {message[:1].lower()}{message[1:]}"


def _keys_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """Return the keys that the table at this location may have."""
    schema = model.model_json_schema()
    node = schema
    for part in location:
        node = next(_branches(schema, node), {})
        node = node.get("items", node) if part.isdigit() else node.get("properties", {}).get(part, {})
    return [key for branch in _branches(schema, node) for key in branch.get("properties", {})]


def _branches(schema: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object and array schemas that a node stands for, references and choices resolved."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    for branch in node.get("anyOf", node.get("allOf", [node])):
        if branch is node:
            yield node
        else:
            yield from _branches(schema, branch)


def _apply_override(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise ScenarioError(f"--set {override}: write section.key=value, such as time.duration_h=1")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a bare word is a string, so that shells need no double quoting
    table = data
    for depth, part in enumerate(parts[:-1], 1):
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ScenarioError(f"--set {override}: {'.'.join(parts[:depth])} is not a section")
    if parts[0] == "constellation" and parts[1:] in (["elements"], ["walker"], ["shells"]):
        _replace_origin(table, keep=parts[1])
    table[parts[-1]] = value


def _replace_origin(constellation: dict[str, Any], *, keep: str) -> None:
    """Drop the other origins of satellites and what belongs to them, so that one override exchanges them."""
    for other in {"elements", "walker", "shells"} - {keep}:
        constellation.pop(other, None)
    constellation.pop("altitude_km" if keep != "walker" else "select", None)


def _resolve_beside(data: dict[str, Any], folder: Path) -> None:
    for section, key in (("constellation", "elements"), ("region", "area")):
        table = data.get(section)
        name = table.get(key) if isinstance(table, dict) else None
        if isinstance(name, str) and not Path(name).is_absolute() and (folder / name).is_file():
            data[section][key] = str(folder / name)
