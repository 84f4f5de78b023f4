"""Library entries: one TOML file each, by name or by path, resting on another one where it says `based_on`."""

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import model_validator

from d2c.errors import ScenarioError, did_you_mean
from d2c.toml import StrictModel, parse_toml, validated

Kind = Literal["constellations", "payloads", "handsets", "losses", "services", "limits", "traffic"]
SINGULAR: dict[Kind, str] = {
    "constellations": "constellation",
    "payloads": "payload",
    "handsets": "handset",
    "losses": "loss set",
    "services": "service",
    "limits": "limit",
    "traffic": "kind of traffic",
}


class Figure(StrictModel):
    """A number and where it comes from; `assumed` says why, where nobody could see it in a source."""

    value: float
    source: str = ""
    assumed: str = ""

    @model_validator(mode="after")
    def _says_where_from(self) -> "Figure":
        if not (self.source or self.assumed):
            raise ValueError("a figure needs a source, or says why it is assumed")
        return self


class Entry(StrictModel):
    """What every entry has."""

    title: str
    note: str = ""
    based_on: str | None = None
    """Another entry, of which this one keeps all that it does not state itself, but title and note."""


_Model = TypeVar("_Model", bound=Entry)


def entry_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the library's entries of a kind, in alphabetical order."""
    folder = resources.files("d2c.library.data") / kind
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def read_entry(kind: Kind, name: str, model: type[_Model]) -> _Model:
    """Return an entry of the library, or of a TOML file; ScenarioError for an unknown or a wrong one."""
    return validated(model, _tables(kind, name, above=()), origin=name)


def _tables(kind: Kind, name: str, *, above: tuple[str, ...]) -> dict[str, Any]:
    """Return the entry's tables, those it is based on included; `above` are the entries that rest on it."""
    if name in above:
        raise ScenarioError(f"{above[0]}: based_on goes in a circle: {' -> '.join((*above, name))}")
    own = parse_toml(_text(kind, name), origin=name)
    base = own.get("based_on")
    if not isinstance(base, str):
        return own
    beside = Path(name).parent / base
    below = _tables(kind, str(beside) if beside.is_file() else base, above=(*above, name))
    kept = {key: value for key, value in below.items() if key not in ("title", "note")}
    together: dict[str, Any] = _laid_over(kept, own)
    return together


def _text(kind: Kind, name: str) -> str:
    if name in entry_names(kind):
        entry = resources.files("d2c.library.data") / kind / f"{name}.toml"
        return entry.read_text(encoding="utf-8")
    if not (name.endswith(".toml") and Path(name).is_file()):
        raise ScenarioError(f"unknown {SINGULAR[kind]} '{name}'{did_you_mean(name, entry_names(kind))}")
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ScenarioError(f"{name}: cannot read the {SINGULAR[kind]}: {reason}") from error


def _laid_over(below: Any, above: Any) -> Any:
    """Return tables key by key, figures as a whole (a new value has its own source), named lists by name."""
    if isinstance(below, Mapping) and isinstance(above, Mapping) and "value" not in above:
        return {**below, **{key: _laid_over(below.get(key), value) for key, value in above.items()}}
    if _named(below) and _named(above):
        by_name = {item["name"]: item for item in below}
        return list((by_name | {i["name"]: _laid_over(by_name.get(i["name"]), i) for i in above}).values())
    return above


def _named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) and "name" in item for item in value)


def sourced_figures(part: StrictModel) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of an entry with the path of its key."""
    for where, value in _values(part):
        if isinstance(value, Figure):
            yield where, value


def settings(part: StrictModel) -> Iterator[tuple[str, Any]]:
    """Yield what else an entry sets, with the path of its key: choices and models, without title and note."""
    said_elsewhere = ("title", "note", "based_on", "elevation_deg")
    for where, value in _values(part):
        said = isinstance(value, Figure) or where.rpartition(".")[2] in said_elsewhere
        if not said and value not in (None, "", (), False):
            yield where, value


def _values(part: StrictModel, where: str = "", *, named: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of an entry; in a list the items' names stand for their key."""
    for key in type(part).model_fields:
        if named and key == "name":
            continue
        value = getattr(part, key)
        if isinstance(value, StrictModel) and not isinstance(value, Figure):
            yield from _values(value, f"{where}{key}.")
        elif isinstance(value, tuple) and any(isinstance(item, StrictModel) for item in value):
            for item in value:
                yield from _values(item, f"{where}{getattr(item, 'name', key)}.", named=True)
        else:
            yield f"{where}{key}", value
