"""Layers, styles, maps and web page of results whose cell polygons fit in memory."""

from pathlib import Path
from typing import Any

import numpy as np
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from d2c.coverage.ground import drawn_area
from d2c.coverage.network.beam_service import beam_service
from d2c.coverage.result import Columns, CoverageResult
from d2c.coverage.windows import Window
from d2c.files import write_bytes
from d2c.output.maps.basemap import ATTRIBUTION, basemap_layers
from d2c.output.qgis.files import write_qgis
from d2c.output.reports.caption import run_caption, run_subtitle
from d2c.output.web.beams import HourlyBeams
from d2c.output.web.page import write_page
from d2c.region.boundaries import land
from d2c.results.column_lookup import default_map_column
from d2c.results.layers.cells import cells_frame, write_layers
from d2c.results.layers.layer_file import FORMATS


def write_layers_in_memory(result: CoverageResult, folder: Path, summary: dict[str, Any]) -> None:
    """Write the layers, QGIS files, maps and page of a result with its summary into a staging folder.

    ResultError if a file cannot be written.
    """
    formats = result.scenario.output.formats
    frame = cells_frame(result.columns(), result.inputs.grid.boundary)
    title, description = result.scenario.title, run_caption(summary)
    layers = [name for name in FORMATS if name in formats]
    hourly = result.hourly_columns()
    write_layers(frame, folder, formats=layers, title=title, description=description)
    beams, area = _beam_cells(result), drawn_area(result.scenario)
    if beams is not None:
        beam_formats = [name for name in layers if name != "gpkg"]
        write_layers(
            beams,
            folder,
            formats=beam_formats,
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
        area=area,
    )
    if "png" in formats:
        _write_pictures(frame, folder, summary, title=title, area=area)
    if "html" in formats:
        write_page(
            frame,
            hourly,
            result.timeline_columns(),
            summary,
            land(),
            folder / "map.html",
            beams=_hourly_beams(result, hourly),
            area=area,
        )


def _beam_cells(result: CoverageResult) -> GeoDataFrame | None:
    """Return the layer of beam cells; None for a result without beams."""
    network = result.network
    return cells_frame(network.beam_cell_columns(), network.plan.lattice.boundary) if network else None


def _write_pictures(
    frame: GeoDataFrame, folder: Path, summary: dict[str, Any], *, title: str, area: BaseGeometry | None
) -> None:
    # matplotlib takes 0.4 s to load: only for runs with pictures
    from d2c.output.maps.picture import draw_map
    from d2c.output.plots.waiting import draw_waiting  # for the same reason

    draw_map(
        frame,
        folder / "map.png",
        column=default_map_column(frame.columns),
        title=title,
        subtitle=run_subtitle(summary),
        caption=run_caption(summary),
        area=area,
        **basemap_layers(),
    )
    write_bytes(folder / "waiting.png", draw_waiting(summary))


def _hourly_beams(result: CoverageResult, hourly: Columns) -> HourlyBeams | None:
    """Return the beam cells and who serves them at the first step of each hour; None for a result without beams."""
    if result.network is None:
        return None
    plan = result.network.plan
    since_us = (hourly["start_utc"] - result.inputs.start) / np.timedelta64(1, "us")
    steps = np.ceil(since_us / result.scenario.time.step_us).astype(int)
    windows = [Window(k, 1) for k in steps.tolist()]
    hours = (
        beam_service(result.scenario, result.inputs, *windows, decayed_at=result.decayed_at)
        if windows  # none for very many cells
        else []
    )
    return HourlyBeams(plan.lattice, plan.excluded, plan.cell, hours)
