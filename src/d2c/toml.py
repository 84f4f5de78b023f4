"""A TOML text to its tables, and tables to a checked model, with errors that name the key."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from d2c.errors import ScenarioError, did_you_mean

_Model = TypeVar("_Model", bound=BaseModel)
_KINDS = ("literal[", "constrained-")  # what pydantic puts behind a key that may have values of several kinds


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
        problems = _joined([_problem(model, dict(e)) for e in error.errors(include_url=False)])
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ScenarioError(f"{origin}: {problems[0]}{more}") from error


def _joined(problems: list[str]) -> list[str]:
    """Return the problems with those of one value in one line: each says what one of its kinds would allow."""
    found: dict[str, str] = {}
    for problem in problems:
        where, _, what = problem.partition(": ")
        found[where] = f"{found[where]}, or {what}" if where in found else problem
    return list(found.values())


def _problem(model: type[BaseModel], error: dict[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    if location and location[-1].startswith(_KINDS):
        location.pop()
    where = f"[{'.'.join(location[:-1])}] {location[-1]}" if len(location) > 1 else "".join(location)
    if error["type"] in ("model_type", "model_attributes_type"):
        keys = ", ".join(_keys_at(model, location))
        return f"{where} = {error['input']!r}: must be a section [{'.'.join(location)}] with keys; there are: {keys}"
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


class StrictModel(BaseModel):
    """Base of all parts: unknown keys are errors, nothing changes after the check."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
