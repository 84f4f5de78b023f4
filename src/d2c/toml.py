"""TOML parsing and writing, and validation against pydantic models with error messages that name the key."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from d2c.errors import ScenarioError, did_you_mean

_Model = TypeVar("_Model", bound=BaseModel)
_KINDS = ("literal[", "constrained-")  # suffix that pydantic adds to the key of a union-typed value


def parse_toml(text: str, *, origin: str) -> dict[str, Any]:
    """Parse a TOML text; ScenarioError with line and column if it is not valid."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{origin}: not valid TOML: {error}") from error


def validate_model(model: type[_Model], data: Mapping[str, Any], *, origin: str) -> _Model:
    """Validate data against a model; ScenarioError with one line that names the first invalid key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _invalid(model, error, origin=origin) from error


def toml_text(data: Mapping[str, Any]) -> str:
    """Return a table as TOML: its values first, then its sections; a figure, which has a `value`, on one line."""
    return "\n".join(_toml_lines(data, ())).lstrip("\n") + "\n"


def _toml_lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    sections = {key: value for key, value in table.items() if _is_section(value)}
    yield from (f"{_key(key)} = {_toml_value(value)}" for key, value in table.items() if key not in sections)
    for key, value in sections.items():
        name = (*path, _key(key))
        for section in value if isinstance(value, list) else (value,):
            yield f"\n[[{'.'.join(name)}]]" if isinstance(value, list) else f"\n[{'.'.join(name)}]"
            yield from _toml_lines(section, name)


def _is_section(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping) and "value" not in value


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_toml_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(
        value, str
    ):  # a JSON string is a TOML one, which also wants this one control character escaped
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml_value(key)


def _invalid(model: type[BaseModel], error: ValidationError, *, origin: str) -> ScenarioError:
    problems = _merge_by_key([_problem(model, dict(e)) for e in error.errors(include_url=False)])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ScenarioError(f"{origin}: {problems[0]}{more}")


def _merge_by_key(problems: list[str]) -> list[str]:
    """Merge the problems of each union-typed value into one line, as each states what one type allows."""
    by_key: dict[str, str] = {}
    for problem in problems:
        key, _, reason = problem.partition(": ")
        by_key[key] = f"{by_key[key]}, or {reason}" if key in by_key else problem
    return list(by_key.values())


def _problem(model: type[BaseModel], error: dict[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    if location and location[-1].startswith(_KINDS):
        location.pop()
    key = f"[{'.'.join(location[:-1])}] {location[-1]}" if len(location) > 1 else "".join(location)
    if error["type"] in ("model_type", "model_attributes_type"):
        names = ", ".join(_keys_at(model, location))
        return f"{key} = {error['input']!r}: must be a section [{'.'.join(location)}] with keys; there are: {names}"
    if error["type"] == "extra_forbidden":
        allowed = _keys_at(model, location[:-1])
        return f"{key}: unknown key{did_you_mean(location[-1], allowed)}"
    if error["type"] == "missing":
        return f"{key}: missing, and there is no default"
    if error["type"] in ("tuple_type", "list_type") and isinstance(error["input"], str | int | float):
        return f"{key} = {error['input']!r}: must be a list; write [{error['input']!r}]"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"[{'.'.join(location)}] {message}" if location else message
    return f"{key} = {error['input']!r}: {message[:1].lower()}{message[1:]}"


def _keys_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """Return the keys allowed in the table at this location."""
    schema = model.model_json_schema()
    node = schema
    for part in location:
        node = next(_branches(schema, node), {})
        node = node.get("items", node) if part.isdigit() else node.get("properties", {}).get(part, {})
    return [key for branch in _branches(schema, node) for key in branch.get("properties", {})]


def _branches(schema: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object and array schemas of a node, with references and unions resolved."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    for branch in node.get("anyOf", node.get("allOf", [node])):
        if branch is node:
            yield node
        else:
            yield from _branches(schema, branch)


class StrictModel(BaseModel):
    """Base class of all models: unknown keys are errors, instances are immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PublicModel(StrictModel):
    """Base class of the models that users build: what is wrong is said in one line, as for a file."""

    def __init__(self, /, **data: Any) -> None:
        """Validate the values; ScenarioError for the first that is wrong."""
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _invalid(type(self), error, origin=self.kind_name()) from error

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # read from a file it is not called

    @classmethod
    def kind_name(cls) -> str:
        """Return what messages call such an object."""
        return cls.__name__.lower()
