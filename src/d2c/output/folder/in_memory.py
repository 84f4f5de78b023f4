"""The layer of cells that fit in memory as polygons: in every format, with the styles, maps and page beside it."""

from pathlib import Path
from typing import Any

import numpy as np
from geopandas import GeoDataFrame

from d2c.coverage.network.footprints import BeamFootprints, beam_footprints
from d2c.coverage.result import Columns, CoverageResult
from d2c.coverage.windows import Window
from d2c.files import write_bytes
from d2c.output.maps.basemap import ATTRIBUTION, ground
from d2c.output.qgis.files import write_qgis
from d2c.output.reports.summary import caption, subtitle
from d2c.output.web.page import write_page
from d2c.region.boundaries import land
from d2c.results.columns import first_to_show
from d2c.results.layers.cells import cells_frame, write_layers
from d2c.results.layers.layer_file import FORMATS


def write_few_cells(result: CoverageResult, folder: Path, found: dict[str, Any]) -> None:
    """Write the layer of a result, whose summary was found, into a folder that is not yet anybody's.

    ResultError for what cannot be written.
    """
    formats = result.scenario.output.formats
    frame = cells_frame(result.columns(), result.inputs.grid.boundary)
    title, description = result.scenario.title, caption(found)
    layers = [name for name in FORMATS if name in formats]
    hourly = result.hourly_columns()
    write_layers(frame, folder, formats=layers, title=title, description=description)
    beams = _beam_cells(result)
    if beams is not None:
        beside = [name for name in layers if name != "gpkg"]
        write_layers(
            beams,
            folder,
            formats=beside,
            layer="beams",
            title=f"{title}, beam cells",
            description=description,
        )
    write_qgis(
        frame,
        hourly,
        folder,
        beams=beams,
        title=title,
        description=description,
        licence=ATTRIBUTION,
        services=list(result.inputs.services),
    )
    if "png" in formats:
        _write_pictures(frame, folder, found, title=title)
    if "html" in formats:
        write_page(
            frame,
            hourly,
            result.timeline_columns(),
            found,
            land(),
            folder / "map.html",
            beams=_beams_by_the_hour(result, hourly),
        )


def _beam_cells(result: CoverageResult) -> GeoDataFrame | None:
    """Return the layer of beam cells; None for a result without beams."""
    plan = result.inputs.beams
    return None if plan is None else cells_frame(result.beam_cell_columns(), plan.grid.boundary)


def _write_pictures(frame: GeoDataFrame, folder: Path, found: dict[str, Any], *, title: str) -> None:
    # matplotlib takes 0.4 s to load, which a run without pictures need not wait for
    from d2c.output.maps.picture import draw_map
    from d2c.output.plots.waiting import draw_waiting  # for the same reason

    draw_map(
        frame,
        folder / "map.png",
        column=first_to_show(frame.columns),
        title=title,
        subtitle=subtitle(found),
        caption=caption(found),
        **ground(),
    )
    write_bytes(folder / "waiting.png", draw_waiting(found))


def _beams_by_the_hour(result: CoverageResult, hourly: Columns) -> list[BeamFootprints]:
    """Return the beams lit at the first step of each frame; none for a result without beams."""
    if result.scenario.beams is None:
        return []
    since_us = (hourly["start_utc"] - result.inputs.start) / np.timedelta64(1, "us")
    steps = np.ceil(since_us / result.scenario.time.step_us).astype(int)
    return [beam_footprints(result.scenario, result.inputs, Window(k, 1))[0] for k in steps.tolist()]
