"""Interactive map page map.html: a self-contained file that a browser opens offline."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from d2c.errors import ResultError
from d2c.files import write_bytes
from d2c.local_time import local_time, zone_name
from d2c.output.format.colours import AREA_COLOUR, SATELLITE_COLOURS, satellite_colours
from d2c.output.format.markup import escape
from d2c.output.reports.waiting import WEIGHT_LABELS, wait_text, waiting_panels
from d2c.output.web import text as page_text
from d2c.output.web.arrays import packed, whole_numbers
from d2c.output.web.beams import HOP_SHARE, HourlyBeams, beam_arrays, beam_corners, hop_share
from d2c.output.web.outlines import Lattice, outlines
from d2c.region.boundaries import Land
from d2c.results.column import Quantity
from d2c.results.column_lookup import column_meaning, default_map_column, map_quantities
from d2c.utc import parse_utc, utc_text

if TYPE_CHECKING:  # only cells.py imports GeoPandas at run time
    from geopandas import GeoDataFrame

_PARTS = Path(__file__).with_suffix("")
_SCRIPTS = (
    "data.js",
    "shapes.js",
    "beams.js",
    "ground.js",
    "timeline.js",
    "waiting.js",
    "listen.js",
    "main.js",
)
_TIMELINE_POINTS = 288  # one per 5 min of a day, about as many as fit on a screen
_DEFAULT_WAIT_MIN = 5.0
_SERVICE_AREA_ENDING = "_area_fraction"
Columns = Mapping[str, NDArray[Any]]


def write_page(
    frame: "GeoDataFrame",
    hourly: Columns,
    timeline: Columns,
    summary: Mapping[str, Any],
    land: Land,
    path: Path,
    *,
    beams: HourlyBeams | None = None,
    area: BaseGeometry | None = None,
) -> None:
    """Write the page atomically; the same input gives the same bytes.

    `frame` is the coverage layer (cells.py), `hourly` holds `start_utc` and `end_utc` (F,) and values (F, G),
    `timeline` columns (T,), `summary` the content of summary.json, `beams` the beam cells of a loaded network and who
    serves them at each `start_utc`, `area` what is outlined. Columns without a map definition (columns.py) are not
    offered. ResultError for a layer without cells or mapped columns, and for errors of the operating system.
    """
    if beams:
        hourly = {**hourly, HOP_SHARE: hop_share(beams)}
    offered = map_quantities([*frame.columns, *(name for name in hourly if name not in frame)])
    if frame.empty or not offered:
        missing = "cells" if frame.empty else "column that can be drawn as a map"
        raise ResultError(f"{path} cannot be drawn: the result has no {missing}")
    lattice, arrays, names = outlines(frame.geometry.to_numpy(), land, area)
    numbers, decimals = _numbers(offered, frame, hourly)
    places, texts = _places(frame)
    beam_cells = beam_arrays(beams, lattice) if beams else {}
    index, base64_text = packed({**arrays, **numbers, **places, **beam_cells})
    loaded = "network" in summary
    content = {
        "arrays": index,
        "frame": lattice.frame(),
        "unit_m": lattice.unit_m,
        "names": names,
        "places": texts,
        "first": default_map_column(frame.columns),
        "quantities": [
            _entry(column, entry, decimals, services=summary["services"], loaded=loaded)
            for column, entry in offered.items()
        ],
        "span": page_text.span_text(summary["start_utc"], summary["end_utc"]),
        "hours": _hours(hourly),
        "zone": zone_name(),
        "area_colour": AREA_COLOUR,
        "shift_ms": _shift_ms(summary["start_utc"]),
        "timeline": _timeline(timeline, summary["services"]),
        "waiting": _waiting(summary["waiting"]),
        "beams": _beams(beams, lattice) if beams else None,
    }
    write_bytes(path, _html(summary, content, base64_text).encode("utf-8"))


def _beams(beams: HourlyBeams, lattice: Lattice) -> dict[str, Any]:
    """Return shape and palette of the beam cells, and of each hour the colours of its satellites and the texts."""
    return {
        "colours": SATELLITE_COLOURS,
        "colour": [
            [SATELLITE_COLOURS.index(colour) for colour in satellite_colours([service]).values()]
            for service in beams.hours
        ],
        "corners": beam_corners(beams.cells, lattice),
        "when": [page_text.instant_text(utc_text(service.utc)) for service in beams.hours],
        "told": [
            page_text.beams_description(
                served=service.cells_served,
                cells=len(beams.cells),
                satellites=len(service.serving),
                excluded=int(beams.excluded.sum()),
            )
            for service in beams.hours
        ],
    }


def _numbers(
    offered: Mapping[str, Quantity], frame: "GeoDataFrame", hourly: Columns
) -> tuple[dict[str, NDArray[Any]], dict[str, dict[str, int]]]:
    """Return the arrays `span.COLUMN` (G,) and `hours.COLUMN` (F * G,), and their decimals by column."""
    arrays: dict[str, NDArray[Any]] = {}
    decimals: dict[str, dict[str, int]] = {column: {} for column in offered}
    for column in offered:
        if column in frame:
            arrays[f"span.{column}"], decimals[column]["span"] = whole_numbers(
                column, frame[column].to_numpy()
            )
        if column in hourly and len(hourly["start_utc"]):
            arrays[f"hours.{column}"], decimals[column]["hours"] = whole_numbers(column, hourly[column])
    return {name: array.ravel() for name, array in arrays.items()}, decimals


def _places(frame: "GeoDataFrame") -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    """Return the location arrays of the cells, and the texts that the categorical ones index."""
    arrays: dict[str, NDArray[Any]] = {
        "place.cell_id": np.frombuffer("\n".join(map(str, frame["cell_id"])).encode(), np.uint8),
        "place.area_km2": frame["area_km2"].to_numpy(np.float32),
        "place.latitude_deg": frame["latitude_deg"].to_numpy(np.float32),
        "place.longitude_deg": frame["longitude_deg"].to_numpy(np.float32),
    }
    categories = {}
    for name in ("surface", "country", "region"):
        texts, index = np.unique(frame[name].fillna("").astype(str).to_numpy(object), return_inverse=True)
        arrays[f"place.{name}"] = index.astype(np.uint16)
        categories[name] = texts.tolist()
    return arrays, categories


def _entry(
    column: str, entry: Quantity, decimals: Mapping[str, Any], *, services: Iterable[str], loaded: bool
) -> dict[str, Any]:
    """Return the page's description of a quantity."""
    owners = [name for name in services if column.startswith(f"{name}_")]
    return {
        "column": column,
        "group": max(owners, key=len).replace("_", " ") if owners else "",
        "label": entry.label,
        "unit": entry.unit,
        "title": entry.title,
        "meaning": column_meaning(column, loaded=loaded),
        "factor": entry.factor,
        "limits": entry.limits,
        "colours": entry.colours,
        "classes": entry.class_labels(),
        "missing": entry.missing,
        "digits": _digits(entry),
        "decimals": decimals[column],
    }


def _digits(entry: Quantity) -> int:
    """Return the displayed decimals: one more than the class limits have, none for counts."""
    if entry.whole:
        return 0
    return 1 + max(len(f"{limit:g}".partition(".")[2]) for limit in entry.limits)


def _hours(hourly: Columns) -> list[dict[str, Any]]:
    """Return the frames of the time slider: text, and start and end in milliseconds since 1970."""
    frames = zip(_milliseconds(hourly["start_utc"]), _milliseconds(hourly["end_utc"]), strict=True)
    return [
        {
            "text": page_text.span_text(
                *(utc_text(np.datetime64(instant, "ms")) for instant in (start, end))
            ),
            "start": start,
            "end": end,
        }
        for start, end in frames
    ]


def _shift_ms(utc: str) -> int:
    """Return how much the clocks of the zone are ahead of UTC at an instant."""
    instant = parse_utc(utc)
    return int((local_time(instant) - instant) // np.timedelta64(1, "ms"))


def _milliseconds(instants: NDArray[Any]) -> list[int]:
    milliseconds: list[int] = instants.astype("datetime64[ms]").astype(np.int64).tolist()
    return milliseconds


def _timeline(timeline: Columns, services: Iterable[str]) -> dict[str, Any]:
    """Return the timeline thinned to at most 288 points, each with minimum, mean and maximum of its steps."""
    instants = _milliseconds(timeline["utc"])
    steps = len(instants)
    step = (instants[-1] - instants[0]) / (steps - 1) if steps > 1 else 0.0
    each = -(-steps // _TIMELINE_POINTS)
    starts = np.arange(0, steps, each)
    counts = np.diff(np.append(starts, steps))

    def series(label: str, column: str, factor: float, digits: int) -> dict[str, Any]:
        values = timeline[column] * factor
        thinned = {
            "low": np.minimum.reduceat(values, starts),
            "mean": np.add.reduceat(values, starts) / counts,
            "high": np.maximum.reduceat(values, starts),
        }
        lists = {name: np.round(figures, digits + 1).tolist() for name, figures in thinned.items()}
        return {"label": label, "unit": "%" if factor != 1 else "", "digits": digits, **lists}

    shares = [
        series(f"Area with {name.replace('_', ' ')}", f"{name}{_SERVICE_AREA_ENDING}", 100.0, 2)
        for name in services
    ]
    others = [series("Satellites in view of the area", "satellites_in_view", 1.0, 1)]
    if "beams_alight" in timeline:
        others.append(series("Beams alight, including the margin around the area", "beams_alight", 1.0, 1))
    return {
        "start": instants[0],
        "end": instants[-1] + step,
        "point": each * step,
        "series": [*shares, *others],
    }


def _waiting(waiting: Mapping[str, Any]) -> dict[str, Any]:
    """Return wait labels and curves in per cent; `told` is the index of the wait displayed at first."""
    drawn = [
        {"name": name, "curves": {of: np.round(100 * np.array(c), 4).tolist() for of, c in curves.items()}}
        for name, curves in waiting_panels(waiting)
    ]
    return {
        "waits": [wait_text(wait) for wait in waiting["minutes"]],
        "told": waiting["minutes"].index(_DEFAULT_WAIT_MIN),
        "of_what": WEIGHT_LABELS,
        "panels": drawn,
    }


def _html(summary: Mapping[str, Any], content: Mapping[str, Any], arrays: str) -> str:
    """Return the HTML; its Content-Security-Policy allows only the embedded script and style, and no loading."""
    style = _read("style.css")
    script = '(() => {\n"use strict";\n' + "\n".join(map(_read, _SCRIPTS)) + "\n})();"
    return Template(_read("page.html")).substitute(
        title=escape(summary["title"]),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        content=_json(content),
        arrays=arrays,
        subtitle=page_text.subtitle(summary),
        answers=page_text.lead(summary),
        services=page_text.services_table(summary),
        cautions=page_text.cautions(summary),
        scenario=page_text.scenario_list(summary),
        assumptions=page_text.assumptions_list(summary),
        sources=page_text.sources(summary),
    )


def _json(content: Mapping[str, Any]) -> str:
    """Return JSON in which no character can end or begin an HTML element."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _read(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")
