"""A result on disk: the layer in its formats, timeline, maps to look at and summary, all together or not at all."""

from pathlib import Path
from typing import Any

import numpy as np
from geopandas import GeoDataFrame

from d2c.coverage.blocks import MOST_CELLS_AT_ONCE
from d2c.coverage.footprints import LitBeams, lit_beams
from d2c.coverage.result import Columns, CoverageResult
from d2c.coverage.window import Window
from d2c.files import atomic_folder, write_bytes
from d2c.output.cells import cells_frame, layer_file, write_layers
from d2c.output.many_cells import write_many_cells
from d2c.output.page import write_page
from d2c.output.qgis import QGIS_FILES, write_qgis
from d2c.output.quantities import first_to_show
from d2c.output.summary import caption, subtitle, summary
from d2c.output.surroundings import ATTRIBUTION, ground
from d2c.output.text_files import write_csv, write_json
from d2c.region.land import land

_LAYER_FORMATS = ("gpkg", "geojson", "parquet", "flatgeobuf")
RESULT_FILES = (
    *(layer_file("coverage", f) for f in _LAYER_FORMATS),
    *(layer_file("beams", f) for f in _LAYER_FORMATS if f != "gpkg"),  # there it is a layer of coverage.gpkg
    *QGIS_FILES,
    "satellites.csv",
    "timeline.csv",
    "map.png",
    "waiting.png",
    "map.html",
    "summary.json",
)


def write_result(result: CoverageResult, folder: Path) -> None:
    """Write the result folder; ResultError if it cannot be written, and then nothing of the folder has changed."""
    found = summary(result)
    with atomic_folder(folder, replaces=RESULT_FILES) as staging:
        if len(result.inputs.grid) > MOST_CELLS_AT_ONCE:
            write_many_cells(
                result.columns(),
                result.inputs.grid,
                staging,
                formats=result.scenario.output.formats,
                title=result.scenario.title,
                description=caption(found),
            )
        else:
            _write_layers(result, staging, found)
        if result.beams:
            write_csv(staging / "satellites.csv", result.satellite_columns())
        write_csv(staging / "timeline.csv", result.timeline_columns())
        write_json(staging / "summary.json", found)


def _beam_cells(result: CoverageResult) -> GeoDataFrame | None:
    """Return the layer of beam cells; None for a result without beams."""
    plan = result.inputs.beams
    return None if plan is None else cells_frame(result.beam_cell_columns(), plan.grid.boundary)


def _write_layers(result: CoverageResult, staging: Path, found: dict[str, Any]) -> None:
    """Write the layer in its formats, with all that goes beside it."""
    formats = result.scenario.output.formats
    frame = cells_frame(result.columns(), result.inputs.grid.boundary)
    title, description = result.scenario.title, caption(found)
    layers = [name for name in _LAYER_FORMATS if name in formats]
    hourly = result.hourly_columns()
    write_layers(frame, staging, formats=layers, title=title, description=description)
    beams = _beam_cells(result)
    if beams is not None:
        beside = [name for name in layers if name != "gpkg"]
        write_layers(
            beams,
            staging,
            formats=beside,
            layer="beams",
            title=f"{title}, beam cells",
            description=description,
        )
    write_qgis(
        frame,
        hourly,
        staging,
        beams=beams,
        title=title,
        description=description,
        licence=ATTRIBUTION,
        services=list(result.inputs.services),
    )
    if "png" in formats:
        _write_pictures(frame, staging, found, title=title)
    if "html" in formats:
        write_page(
            frame,
            hourly,
            result.timeline_columns(),
            found,
            land(),
            staging / "map.html",
            beams=_beams_by_the_hour(result, hourly),
        )


def _write_pictures(frame: GeoDataFrame, staging: Path, found: dict[str, Any], *, title: str) -> None:
    # matplotlib takes 0.4 s to load, which a run without pictures need not wait for
    from d2c.output.picture import draw_map
    from d2c.output.waiting_plot import draw_waiting  # for the same reason

    draw_map(
        frame,
        staging / "map.png",
        column=first_to_show(frame.columns),
        title=title,
        subtitle=subtitle(found),
        caption=caption(found),
        **ground(),
    )
    write_bytes(staging / "waiting.png", draw_waiting(found))


def _beams_by_the_hour(result: CoverageResult, hourly: Columns) -> list[LitBeams]:
    """Return the beams lit at the first step of each frame; none for a result without beams."""
    if result.scenario.beams is None:
        return []
    since_us = (hourly["start_utc"] - result.inputs.start) / np.timedelta64(1, "us")
    steps = np.ceil(since_us / result.scenario.time.step_us).astype(int)
    return [lit_beams(result.scenario, result.inputs, Window(k, 1))[0] for k in steps.tolist()]
