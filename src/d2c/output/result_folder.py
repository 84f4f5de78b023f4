"""A result on disk: the layer in its formats, timeline, maps to look at and summary, all together or not at all."""

from pathlib import Path
from typing import Any

from d2c.coverage.blocks import MOST_CELLS_AT_ONCE
from d2c.coverage.result import CoverageResult
from d2c.files import atomic_folder
from d2c.output.cells import cells_frame, layer_file, write_layers
from d2c.output.many_cells import write_many_cells
from d2c.output.page import write_page
from d2c.output.picture import draw_map
from d2c.output.qgis import QGIS_FILES, write_qgis
from d2c.output.summary import caption, subtitle, summary
from d2c.output.surroundings import ATTRIBUTION
from d2c.output.text_files import write_csv, write_json
from d2c.region.land import land

_LAYER_FORMATS = ("gpkg", "geojson", "parquet", "flatgeobuf")
_ALL_FILES = (
    *(layer_file("coverage", f) for f in _LAYER_FORMATS),
    *QGIS_FILES,
    "timeline.csv",
    "map.png",
    "map.html",
    "summary.json",
)


def write_result(result: CoverageResult, folder: Path) -> None:
    """Write the result folder; ResultError if it cannot be written, and then nothing of the folder has changed."""
    found = summary(result)
    with atomic_folder(folder, replaces=_ALL_FILES) as staging:
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
        write_csv(staging / "timeline.csv", result.timeline_columns())
        write_json(staging / "summary.json", found)


def _write_layers(result: CoverageResult, staging: Path, found: dict[str, Any]) -> None:
    """Write the layer in its formats, with all that goes beside it."""
    formats = result.scenario.output.formats
    frame = cells_frame(result.columns(), result.inputs.grid.boundary)
    title, description = result.scenario.title, caption(found)
    layers = [name for name in _LAYER_FORMATS if name in formats]
    hourly = result.hourly_columns()
    write_layers(frame, staging, formats=layers, title=title, description=description)
    write_qgis(
        frame,
        hourly,
        staging,
        title=title,
        description=description,
        licence=ATTRIBUTION,
        services=list(result.inputs.services),
    )
    if "png" in formats:
        service = next(iter(result.inputs.services))
        draw_map(
            frame,
            staging / "map.png",
            column=f"{service}_availability",
            title=title,
            subtitle=subtitle(found),
            caption=description,
            land_box=land().box,
            land=[(country.name, country.polygon) for country in land().countries],
            lines=[region.polygon for region in land().regions],
        )
    if "html" in formats:
        write_page(
            frame,
            hourly,
            result.timeline_columns(),
            found,
            land(),
            staging / "map.html",
        )
