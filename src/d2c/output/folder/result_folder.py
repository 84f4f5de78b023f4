"""Result folder of d2c run: layers, timeline, maps, page and summary, written atomically."""

import json
from pathlib import Path

from d2c.coverage.blocks import MOST_CELLS_AT_ONCE
from d2c.coverage.result import CoverageResult
from d2c.errors import OtherResultError, ScenarioError
from d2c.files import atomic_folder
from d2c.output.folder.run_inputs import write_inputs
from d2c.output.reports.caption import run_caption
from d2c.output.reports.summary import summary_report
from d2c.results.column_lookup import find_column
from d2c.results.format.text_files import plain, write_csv, write_json
from d2c.results.layers.layer_file import FORMATS, layer_file
from d2c.results.seal import seal
from d2c.scenario.model import Scenario
from d2c.scenario.question import asked_differently

RESULT_FILES = (
    *(layer_file("coverage", f) for f in FORMATS),
    *(layer_file("beams", f) for f in FORMATS if f != "gpkg"),  # in coverage.gpkg it is a layer
    "coverage.qml",
    "beams.qml",
    "coverage.qgz",
    "satellites.csv",
    "timeline.csv",
    "map.png",
    "waiting.png",
    "map.html",
    "summary.json",
)

_MOST_NAMED = 3


def refuse_other_question(folder: Path, scenario: Scenario, *, file: str = "summary.json") -> None:
    """Raise ResultError if the folder holds the result of another question, as its `file` says under `scenario`.

    A file that is damaged, and so can neither be opened nor compared, may be replaced.
    """
    try:
        stored = json.loads((folder / file).read_text(encoding="utf-8"))["scenario"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    try:
        differing = asked_differently(stored, scenario)
    except ScenarioError:
        why = "of an earlier version of d2c, which this one cannot compare"
    else:
        if not differing:
            return
        named = [f"{key} {_short(before)} -> {_short(after)}" for key, (before, after) in differing.items()]
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        why = f"of another question ({', '.join(named[:_MOST_NAMED])}{more})"
    raise OtherResultError(f"{folder} holds a result {why}; choose another folder, or ask to replace it")


def _short(value: object) -> str:
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def drawn_pictures(folder: Path) -> list[str]:
    """Return the names of the pictures in a folder that `d2c map` drew from the result there."""
    names = [file.name for file in folder.glob("*") if file.suffix in (".png", ".svg", ".pdf", ".gif")]
    return [name for name in names if _is_drawn(Path(name).stem)]


def _is_drawn(stem: str) -> bool:
    column = stem.removeprefix("map-")
    return stem in ("beams", "map-all") or (column != stem and find_column(column) is not None)


def write_result(result: CoverageResult, folder: Path, *, locked: bool = False) -> None:
    """Write the result folder; ResultError if it cannot be written, and then the folder is unchanged.

    Files of an earlier result, and pictures drawn from it, are removed. `locked`: the caller holds the folder's lock.
    """
    report, formats = summary_report(result), result.scenario.output.formats
    parquet_only = set(formats) == {"parquet"} and not result.network
    with atomic_folder(folder, replaces=(*RESULT_FILES, *drawn_pictures(folder)), locked=locked) as staging:
        if parquet_only or len(result.inputs.grid) > MOST_CELLS_AT_ONCE:
            from d2c.results.layers.streamed import (
                write_layer_streamed,
            )  # imported here, so that Arrow is not loaded together with the kernel

            write_layer_streamed(
                result.columns(),
                result.inputs.grid,
                staging,
                formats=formats,
                title=result.scenario.title,
                description=run_caption(report),
            )
        else:
            from d2c.output.folder.in_memory import (
                write_layers_in_memory,  # imported here for start-up time: GeoPandas takes 0.1 s
            )

            write_layers_in_memory(result, staging, report)
        if result.network:
            write_csv(staging / "satellites.csv", result.network.satellite_columns())
        write_csv(staging / "timeline.csv", result.timeline_columns())
        write_inputs(result, staging)
        write_json(staging / "summary.json", seal(plain(report), staging))
