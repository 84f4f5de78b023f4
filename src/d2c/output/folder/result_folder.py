"""Result folder of d2c run: layers, timeline, maps, page and summary, written atomically."""

from pathlib import Path

from d2c.coverage.blocks import MOST_CELLS_AT_ONCE
from d2c.coverage.result import CoverageResult
from d2c.files import atomic_folder
from d2c.output.folder.run_inputs import write_inputs
from d2c.output.reports.caption import run_caption
from d2c.output.reports.summary import summary_report
from d2c.results.format.text_files import write_csv, write_json
from d2c.results.layers.layer_file import FORMATS, layer_file

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


def write_result(result: CoverageResult, folder: Path) -> None:
    """Write the result folder; ResultError if it cannot be written, and then the folder is unchanged."""
    report, formats = summary_report(result), result.scenario.output.formats
    parquet_only = set(formats) == {"parquet"} and not result.network
    with atomic_folder(folder, replaces=RESULT_FILES) as staging:
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
        write_json(staging / "summary.json", report)
        write_inputs(result, staging)
