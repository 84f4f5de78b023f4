"""A result on disk: the layer in its formats, timeline, maps to look at and summary, all together or not at all."""

from pathlib import Path

from d2c.coverage.blocks import MOST_CELLS_AT_ONCE
from d2c.coverage.result import CoverageResult
from d2c.files import atomic_folder
from d2c.output.reports.summary import caption, summary
from d2c.results.format.text_files import write_csv, write_json
from d2c.results.layers.layer_file import FORMATS, layer_file

RESULT_FILES = (
    *(layer_file("coverage", f) for f in FORMATS),
    *(layer_file("beams", f) for f in FORMATS if f != "gpkg"),  # there it is a layer of coverage.gpkg
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


def write_result(result: CoverageResult, folder: Path) -> None:
    """Write the result folder; ResultError if it cannot be written, and then nothing of the folder has changed."""
    found, formats = summary(result), result.scenario.output.formats
    plain = set(formats) == {"parquet"} and not result.beams
    with atomic_folder(folder, replaces=RESULT_FILES) as staging:
        if plain or len(result.inputs.grid) > MOST_CELLS_AT_ONCE:
            from d2c.results.layers.streamed import (
                write_many_cells,
            )  # here, so that Arrow is not loaded beside the kernel

            write_many_cells(
                result.columns(),
                result.inputs.grid,
                staging,
                formats=formats,
                title=result.scenario.title,
                description=caption(found),
            )
        else:
            from d2c.output.folder.in_memory import (
                write_few_cells,  # here for start-up time: GeoPandas takes 0.1 s
            )

            write_few_cells(result, staging, found)
        if result.beams:
            write_csv(staging / "satellites.csv", result.satellite_columns())
        write_csv(staging / "timeline.csv", result.timeline_columns())
        write_json(staging / "summary.json", found)
