"""A result on disk: the layer in its formats, timeline.csv, map.png and summary.json, all together or not at all."""

from pathlib import Path

from d2c.coverage.result import CoverageResult
from d2c.files import atomic_folder
from d2c.output.cells import cells_frame, layer_file, write_layers
from d2c.output.picture import draw_map
from d2c.output.summary import NOT_MODELLED, summary
from d2c.output.text_files import write_csv, write_json
from d2c.region.land import land

_LAYER_FORMATS = ("gpkg", "geojson", "parquet")
_ALL_FILES = (*(layer_file("coverage", f) for f in _LAYER_FORMATS), "timeline.csv", "map.png", "summary.json")


def write_result(result: CoverageResult, folder: Path) -> None:
    """Write the result folder; ResultError if it cannot be written, and then nothing of the folder has changed."""
    formats = result.scenario.output.formats
    frame = cells_frame(result.columns(), result.inputs.grid.boundary)
    title, description = result.scenario.title, _caption(result)
    with atomic_folder(folder, replaces=_ALL_FILES) as staging:
        layers = [name for name in _LAYER_FORMATS if name in formats]
        write_layers(frame, staging, formats=layers, title=title, description=description)
        write_csv(staging / "timeline.csv", result.timeline_columns())
        write_json(staging / "summary.json", summary(result))
        if "png" in formats:
            service = next(iter(result.inputs.services))
            draw_map(
                frame,
                staging / "map.png",
                column=f"{service}_availability",
                title=title,
                subtitle=_subtitle(result),
                caption=description,
                land_box=land().box,
                land=[(country.name, country.polygon) for country in land().countries],
                lines=[region.polygon for region in land().regions],
            )


def _subtitle(result: CoverageResult) -> str:
    hours = result.span.astype("timedelta64[s]").astype(int) / 3600
    start = str(result.inputs.start.astype("datetime64[m]")).replace("T", " ")
    return f"{hours:g} h from {start} UTC, every {result.scenario.time.step_s:g} s"


def _caption(result: CoverageResult) -> str:
    link, constellation = result.scenario.link, result.inputs.constellation
    environment = f", {link.environment}" if link.environment else ""
    return (
        f"{len(constellation):,} satellites of {constellation.source} above {link.min_elevation_deg:g} deg. "
        f"Payload {link.payload}, handset {link.handset}, losses {link.losses}{environment}. "
        f"Not modelled: {'; '.join(NOT_MODELLED)}. "
        f"{' '.join(warning[:1].upper() + warning[1:] + '.' for warning in result.inputs.warnings)}"
    ).strip()
