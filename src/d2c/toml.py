"""TOML: parsing, writing, and validation against pydantic models with error messages that name the key."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from d2c.errors import ScenarioError, did_you_mean

_Model = TypeVar("_Model", bound=BaseModel)
_LONGEST_SHOWN = 200  # of a value, in characters
# What pydantic adds to the key of a union-typed value: how it begins, and the whole of it.
_KINDS, _PLAIN_KINDS = ("literal[", "constrained-"), ("bool", "int", "float", "str")


def parse_toml(text: str, *, origin: str) -> dict[str, Any]:
    """Parse a TOML text; ScenarioError with line and column if it is not valid."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ScenarioError(f"{origin}: not valid TOML: its brackets are nested too deep") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{origin}: not valid TOML: {error}") from error
    except ValueError:  # from int()
        raise ScenarioError(f"{origin}: not valid TOML: a number has thousands of digits") from None


def parse_value(text: str) -> Any:
    """Return a value as in a file; a bare word is a string, so that no double quoting is needed on a command line."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()
    except (ValueError, RecursionError):
        raise ScenarioError(
            f"'{text[:_LONGEST_SHOWN]}...': too many digits, or brackets nested too deep"
        ) from None


def toml_text(data: Mapping[str, Any], *, section: str = "") -> str:
    """Return the TOML text of a table: values and figures in one line each, then its sections.

    Keys without a value (None) are left out: TOML has none.
    """
    values, sections = [], []
    for key, value in data.items():
        path = f"{section}.{_key_text(key)}" if section else _key_text(key)
        if isinstance(value, Mapping) and "value" not in value:
            sections.append(f"\n[{path}]\n{toml_text(value, section=path)}")
        elif isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
            sections += [f"\n[[{path}]]\n{toml_text(item, section=path)}" for item in value]
        elif value is not None:
            values.append(f"{_key_text(key)} = {_value_text(value)}\n")
    return "".join(values + sections)


def _key_text(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string_text(key)


def _value_text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _long_string_text(value) if "\n" in value else _string_text(value)
        case Mapping():
            pairs = (
                f"{_key_text(key)} = {_value_text(item)}" for key, item in value.items() if item is not None
            )
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(map(_value_text, value))}]"
    return repr(value)


def _string_text(text: str) -> str:
    """Return a basic string; the escapes of JSON are escapes of TOML, which asks for one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long_string_text(text: str) -> str:
    """Return a string of several lines."""
    lines = "\n".join(_string_text(line)[1:-1] for line in text.split("\n"))
    return f'"""\n{lines}"""'


def validate_model(model: type[_Model], data: Mapping[str, Any], *, origin: str) -> _Model:
    """Validate data against a model; ScenarioError with one line that names the first invalid key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _invalid(model, error, origin=origin) from error


def _invalid(model: type[BaseModel], error: ValidationError, *, origin: str) -> ScenarioError:
    """Return the error with one line that names all missing keys, else the first invalid one."""
    errors = [dict(e) for e in error.errors(include_url=False)]
    absent = [e for e in errors if e["type"] == "missing"]
    others = [_problem(model, e) for e in errors if e["type"] != "missing"]
    problems = _merge_by_key([*([_missing_text(absent)] if absent else []), *others])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ScenarioError(f"{origin}: {problems[0]}{more}")


def missing_key(key: str) -> PydanticCustomError:
    """Return the error of a validator for a key that is missing, to be named together with all that are missing."""
    return PydanticCustomError("missing", "{key}", {"key": key})


def _missing_text(errors: list[dict[str, Any]]) -> str:
    """Return one line that names all missing keys, those of a section together."""
    by_section: dict[str, list[str]] = {}
    for error in errors:
        *section, key = (str(part) for part in error["loc"])
        by_section.setdefault(".".join(section), []).append(error.get("ctx", {}).get("key", key))
    sections = [f"{f'[{name}] ' if name else ''}{', '.join(keys)}" for name, keys in by_section.items()]
    return f"{'; '.join(sections)}: missing, and there is no default"


def _merge_by_key(problems: list[str]) -> list[str]:
    """Merge the problems of each union-typed value into one line, as each states what one type allows."""
    by_key: dict[str, str] = {}
    for problem in problems:
        key, _, reason = problem.partition(": ")
        by_key[key] = f"{by_key[key]}, or {reason}" if key in by_key else problem
    return list(by_key.values())


def _problem(model: type[BaseModel], error: dict[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    if location and (location[-1].startswith(_KINDS) or location[-1] in _PLAIN_KINDS):
        location.pop()
    key = f"[{'.'.join(location[:-1])}] {location[-1]}" if len(location) > 1 else "".join(location)
    if error["type"] in ("model_type", "model_attributes_type"):
        section, names = ".".join(location), ", ".join(keys_at(model, location))
        return (
            f"{key} = {_shown(error['input'])}: must be a section [{section}] with keys; there are: {names}"
        )
    if error["type"] == "extra_forbidden":
        allowed = keys_at(model, location[:-1])
        return f"{key}: unknown key{did_you_mean(location[-1], allowed)}"
    if error["type"] in ("tuple_type", "list_type") and isinstance(error["input"], str | int | float):
        return f"{key} = {_shown(error['input'])}: must be a list; write [{_shown(error['input'])}]"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"[{'.'.join(location)}] {message}" if location else message
    if error["type"] == "bool_type":
        message = "must be true or false, as TOML writes them"
    return f"{key} = {_shown(error['input'])}: {message[:1].lower()}{message[1:]}"


def _shown(value: Any) -> str:
    """Return a value as a message shows it: its beginning, if it is long."""
    try:
        text = (
            _value_text(value)
            if isinstance(value, bool)
            else repr(list(value) if isinstance(value, tuple) else value)
        )
    except (ValueError, RecursionError):  # a hexadecimal number of thousands of digits, or lists in lists
        return f"(a {type(value).__name__} that is too large to show)"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def keys_at(model: type[BaseModel], location: Sequence[str]) -> list[str]:
    """Return the keys that a model allows in the table at a location; none where there is no table."""
    schema = _schema(model)
    node = schema
    for part in location:
        node = next(_branches(schema, node), {})
        node = node.get("items", node) if part.isdigit() else node.get("properties", {}).get(part, {})
    return [key for branch in _branches(schema, node) for key in branch.get("properties", {})]


@lru_cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _branches(schema: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object and array schemas of a node, with references and unions resolved."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    for branch in node.get("anyOf", node.get("allOf", [node])):
        if branch is node:
            yield node
        else:
            yield from _branches(schema, branch)


def _plain(value: Any) -> Any:
    """Return lists, which are all that files have, as tuples, and numbers of numpy as numbers of Python."""
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value


class StrictModel(BaseModel):
    """Base class of all models: unknown keys are errors, numbers are numbers, instances are immutable.

    A whole number may stand for a number with a fraction; true and a text stand for no number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _as_python_has_it(cls, data: Any) -> Any:
        return {key: _plain(value) for key, value in data.items()} if isinstance(data, Mapping) else data


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
