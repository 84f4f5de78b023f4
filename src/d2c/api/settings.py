"""Arguments of the library's functions as the scenario that they describe."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from d2c.api.elements import Elements
from d2c.errors import OperationError
from d2c.files import write_bytes
from d2c.library.entry import Entry
from d2c.library.models import Handset, LossSet, Payload, Service
from d2c.names import slug
from d2c.scenario.load import override_scenario, read_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.network import BEST_CASE
from d2c.utc import utc_text

ScenarioLike = str | PathLike[str] | Scenario
Instant = str | datetime | np.datetime64
Changes = Mapping[str, Any] | Iterable[str]
Progress = Callable[[int, int], None]


def scenario_of(
    scenario: ScenarioLike,
    *,
    payload: str | Payload | None = None,
    handset: str | Handset | None = None,
    losses: str | LossSet | None = None,
    services: Sequence[str | Service] | None = None,
    elements: str | PathLike[str] | Elements | None = None,
    area: str | PathLike[str] | None = None,
    start: Instant | None = None,
    best_case: bool = False,
    changes: Changes | None = None,
) -> Scenario:
    """Return a scenario with these values instead of its own; `changes` come first, the named arguments after them."""
    named = {
        "link.payload": payload and entry_name(payload),
        "link.handset": handset and entry_name(handset),
        "link.losses": losses and entry_name(losses),
        "link.services": None if services is None else [entry_name(service) for service in services],
        "region.area": area and str(area),
        "time.start": None if start is None else instant_text(start),
    }
    given = {key: value for key, value in named.items() if value is not None}
    if isinstance(elements, Elements):
        given |= elements.keys
    elif elements is not None:
        given["constellation.elements"] = str(elements)
    overrides = [*change_texts(changes), *change_texts(given), *([BEST_CASE] if best_case else [])]
    if isinstance(scenario, Scenario):
        return override_scenario(scenario, overrides=overrides)
    return read_scenario(str(scenario), overrides=overrides)


def entry_name(entry: str | Entry) -> str:
    """Return what a scenario calls an entry of the library: its name, or a file that holds a new one.

    The file of a new entry stands in the user's cache under its title and hash, so that a result that was made with it
    can be explained later; where that cannot be written, in a folder that ends with the process.
    """
    if isinstance(entry, str):
        return entry
    text = entry.to_toml().encode()
    name = f"{slug(entry.title) or 'untitled'}-{hashlib.sha256(text).hexdigest()[:12]}.toml"
    path = user_cache_path("d2c", appauthor=False) / "entries" / entry.library_kind / name
    try:
        if not path.is_file():
            write_bytes(path, text)
    except (OperationError, OSError):
        path = Path(_folder_of_process().name) / name
        write_bytes(path, text)
    return str(path)


@cache
def _folder_of_process() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="d2c-")


def instant_text(instant: Instant) -> str:
    """Return an instant as scenarios write it."""
    if isinstance(instant, np.datetime64):
        return utc_text(instant)
    return instant.isoformat() if isinstance(instant, datetime) else instant


def change_texts(changes: Changes | None) -> list[str]:
    """Return changes as `KEY=VALUE`, which they may be already."""
    if not isinstance(changes, Mapping):
        return list(changes or ())
    return [
        f"{key}={json.dumps(value, ensure_ascii=False, default=_plain)}" for key, value in changes.items()
    ]


def _plain(value: Any) -> Any:
    """Return a value that JSON does not have as one that it has."""
    if isinstance(value, Entry):
        return entry_name(value)
    return (
        utc_text(value)
        if isinstance(value, np.datetime64)
        else str(Path(value) if isinstance(value, PathLike) else value)
    )
