"""Reader of library entries: one TOML file each, by name or path, with inheritance through `based_on`."""

from collections.abc import Iterator, Mapping
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, model_validator

from d2c.errors import ScenarioError, did_you_mean
from d2c.files import write_bytes
from d2c.printable import checked_title
from d2c.text_files import TextError, is_file, is_folder, is_stream, read_text
from d2c.toml import PublicModel, StrictModel, parse_toml, toml_text, validate_model

Title = Annotated[str, AfterValidator(checked_title)]
Kind = Literal["constellations", "payloads", "handsets", "phones", "losses", "services", "limits", "traffic"]
KIND_NAMES: dict[Kind, str] = {
    "constellations": "constellation",
    "payloads": "payload",
    "handsets": "handset",
    "phones": "mix of phones",
    "losses": "loss set",
    "services": "service",
    "limits": "limit",
    "traffic": "kind of traffic",
}

# A new figure does not inherit what was said of the old one, nor the other way of giving it.
_GOES_WITH = {
    "gain_as_printed": "peak_gain_dbi",
    "eirp_dbw": "eirp_density_dbw_mhz",
    "eirp_density_dbw_mhz": "eirp_dbw",
}


GIVEN = "given by the user"


class Figure(StrictModel):
    """A number with its source, or with the reason why it is `assumed` if no source could be checked.

    A plain number in its place is one that the user gives: its source says so.
    """

    value: float
    source: str = ""
    assumed: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        if isinstance(data, int | float) and not isinstance(data, bool):
            return {"value": data, "source": GIVEN}
        if not isinstance(data, Mapping | Figure):
            raise ValueError(f"{data!r} must be a number, or {{ value = NUMBER, source = TEXT }}")  # noqa: TRY004
        return data

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Return the schema of both ways to write a figure."""
        return {"anyOf": [{"type": "number"}, handler(core)]}

    @model_validator(mode="after")
    def _has_source(self) -> "Figure":
        if not (self.source or self.assumed):
            raise ValueError("a figure needs a source, or the reason why it is assumed")
        return self


class Entry(PublicModel):
    """Keys of every entry."""

    library_kind: ClassVar[Kind]

    title: Title
    note: str = ""
    based_on: str | None = None
    """Another entry from which this one inherits all keys that it does not set, except title and note."""

    @classmethod
    def kind_name(cls) -> str:
        """Return what messages call such an entry."""
        return KIND_NAMES[cls.library_kind]

    @classmethod
    def from_toml(cls, name: str | PathLike[str]) -> Self:
        """Return an entry of the library by its name, or that of a TOML file; ScenarioError if it is invalid."""
        return read_entry(cls.library_kind, str(name), cls)

    def to_toml(self, path: str | PathLike[str] | None = None) -> str:
        """Return the entry as the text of a TOML file, and write it to `path` if given."""
        text = entry_toml(self)
        if path is not None:
            write_bytes(Path(path), text.encode())
        return text


_Model = TypeVar("_Model", bound=Entry)


def entry_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the library entries of a kind, in alphabetical order."""
    folder = resources.files("d2c.library.data") / kind
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def read_entry(kind: Kind, name: str, model: type[_Model]) -> _Model:
    """Read an entry of the library or of a TOML file; ScenarioError if it is unknown or invalid."""
    return validate_model(model, entry_tables(kind, name), origin=name)


def entry_beside(kind: Kind, name: str, folder: Path) -> str:
    """Return the name that stands for an entry named in a file of this folder: of the library, or a file's path."""
    is_own = name.endswith(".toml") and name not in entry_names(kind)
    return str(folder / name) if is_own else name


def entry_tables(kind: Kind, name: str) -> dict[str, Any]:
    """Return the tables of an entry with what it inherits, not yet validated; ScenarioError if one is not there."""
    return _resolve_tables(kind, name, derived=())


def entry_toml(entry: Entry) -> str:
    """Return an entry as a TOML file: complete, with what it inherits, and plain numbers for what the user gave."""
    tables = entry.model_dump(mode="json", exclude_unset=True, exclude_none=True, exclude={"based_on"})
    return toml_text(_with_plain_numbers(tables))


def _with_plain_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "value" in value and value.get("source") == GIVEN and not value.get("assumed"):
            return value["value"]
        return {key: _with_plain_numbers(item) for key, item in value.items()}
    return [_with_plain_numbers(item) for item in value] if isinstance(value, list) else value


def _resolve_tables(kind: Kind, name: str, *, derived: tuple[str, ...]) -> dict[str, Any]:
    """Return the tables of an entry merged with those of its base; `derived` are the entries based on it."""
    if name in derived:
        raise ScenarioError(f"{derived[0]}: circular based_on: {' -> '.join((*derived, name))}")
    entry_tables = parse_toml(_read_text(kind, name), origin=name)
    base = entry_tables.get("based_on")
    if not isinstance(base, str):
        return entry_tables
    beside = entry_beside(kind, base, Path(name).parent)
    base_tables = _resolve_tables(kind, beside, derived=(*derived, name))
    inherited = {key: value for key, value in base_tables.items() if key not in ("title", "note")}
    merged: dict[str, Any] = _merge_tables(inherited, entry_tables)
    return merged


def _read_text(kind: Kind, name: str) -> str:
    if name in entry_names(kind):
        entry = resources.files("d2c.library.data") / kind / f"{name}.toml"
        return entry.read_text(encoding="utf-8")
    if not (name.endswith(".toml") or is_stream(name)):
        raise ScenarioError(f"unknown {KIND_NAMES[kind]} '{name}'{did_you_mean(name, entry_names(kind))}")
    if not is_file(name):
        there = f"there are: {', '.join(entry_names(kind))}"
        raise ScenarioError(f"unknown {KIND_NAMES[kind]} {_missing_text(name)}; {there}")
    return read_own_text(name, what=KIND_NAMES[kind])


def read_own_text(file: str, *, what: str = "file") -> str:
    """Return the text of a file; ScenarioError if it is missing or cannot be read."""
    try:
        return read_text(file, latin_1=False)
    except (FileNotFoundError, IsADirectoryError):
        raise ScenarioError(_missing_text(file)) from None
    except (OSError, TextError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ScenarioError(f"{file}: cannot read the {what}: {reason}") from error


def _missing_text(file: str) -> str:
    return f"'{file}': the file {'is a folder' if is_folder(file) else 'is missing'}"


def _merge_tables(base: Any, derived: Any) -> Any:
    """Merge tables key by key; a figure as a whole (a new value has its own source), named lists by name."""
    if isinstance(base, Mapping) and isinstance(derived, Mapping) and "value" not in derived:
        inherited = {key: value for key, value in base.items() if _GOES_WITH.get(key) not in derived}
        return inherited | {key: _merge_tables(base.get(key), value) for key, value in derived.items()}
    if _is_named_list(base) and _is_named_list(derived):
        by_name = {item["name"]: item for item in base}
        merged = {item["name"]: _merge_tables(by_name.get(item["name"]), item) for item in derived}
        return list((by_name | merged).values())
    return derived


def _is_named_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) and "name" in item for item in value)


def sourced_figures(part: StrictModel) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of an entry with its key path."""
    for path, value in _leaves(part):
        if isinstance(value, Figure):
            yield path, value


def entry_settings(part: StrictModel) -> Iterator[tuple[str, Any]]:
    """Yield the other settings of an entry, with their key paths: choices and models, without title and note."""
    listed_elsewhere = ("title", "note", "based_on", "elevation_deg")
    for path, value in _leaves(part):
        skipped = isinstance(value, Figure) or path.rpartition(".")[2] in listed_elsewhere
        if not skipped and value not in (None, "", (), False):
            yield path, value


def _leaves(part: StrictModel, path: str = "", *, named: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield the leaf values of an entry with their key paths; items of a list are keyed by name."""
    for key in type(part).model_fields:
        if named and key == "name":
            continue
        value = getattr(part, key)
        if isinstance(value, StrictModel) and not isinstance(value, Figure):
            yield from _leaves(value, f"{path}{key}.")
        elif isinstance(value, tuple) and any(isinstance(item, StrictModel) for item in value):
            for item in value:
                yield from _leaves(item, f"{path}{getattr(item, 'name', key)}.", named=True)
        else:
            yield f"{path}{key}", value
