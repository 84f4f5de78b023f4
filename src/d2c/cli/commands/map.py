"""`d2c map`: draw any column of a result, all columns on one sheet, or who serves the beam cells at an instant."""

from pathlib import Path
from typing import Any

import click

from d2c.cli.console import print_warning, report_compilation
from d2c.cli.param_types import InstantType
from d2c.cli.renamed_options import RenamingCommand
from d2c.coverage.kernels.compiling import on_compiling
from d2c.errors import ScenarioError
from d2c.output.folder.beam_maps import write_beams
from d2c.output.maps.basemap import basemap_layers
from d2c.output.maps.contact_sheet import draw_contact_sheet
from d2c.output.maps.picture import draw_map
from d2c.output.reports.caption import run_caption, run_subtitle
from d2c.results.column_lookup import default_map_column, map_quantities
from d2c.results.stored import open_result


@click.command("map", cls=RenamingCommand, renamed={"--at": "--time"})
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option(
    "--column",
    metavar="NAME",
    help="Column to draw. [default: availability of the first service]",
)
@click.option("--all", "every", is_flag=True, help="Draw all drawable columns on one contact sheet, as PNG.")
@click.option(
    "--beams", is_flag=True, help="Draw who serves the beam cells at an instant, for a result with [beams]."
)
@click.option(
    "--time",
    "instant",
    type=InstantType(),
    metavar="TIME",
    help="With --beams: an ISO instant (UTC). [default: the start of the span]",
)
@click.option(
    "--animate",
    "minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MINUTES",
    help="With --beams: a GIF of this many minutes from that instant.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["png", "svg", "pdf"]),
    default="png",
    show_default=True,
    help="Format.",
)
@click.option("--title", help="Title. [default: the scenario's]")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write. [default: map-COLUMN or beams in RESULT_DIR]",
)
def command(
    folder: Path,
    column: str | None,
    every: bool,
    beams: bool,
    instant: str | None,
    minutes: float | None,
    kind: str,
    title: str | None,
    path: Path | None,
) -> None:
    """Draw a map of any column of a result, or of its beams.

    RESULT_DIR is a folder that `d2c run` wrote; docs/columns.md explains its columns, which are read from its first
    layer file of coverage.parquet, .gpkg, .fgb and .geojson. --beams draws the beam cells at an instant in the colours
    of the satellites that serve them, paler where a beam is alight less of the time.

    \b
    Examples:
      d2c map out/italy --column text_longest_gap_s
      d2c map out/italy --column c_n_p50_db --format pdf --title "C/N over Italy"
      d2c map out/italy --all
      d2c map out/italy-loaded --beams --time 2026-08-22T20:15:00Z
      d2c map out/italy-loaded --beams --animate 10
    """  # noqa: D301  # click needs the backslash
    if every and (column or kind != "png"):
        raise ScenarioError("--all draws every column into one PNG; leave out --column and --format")
    if beams and (every or column):
        raise ScenarioError("--beams draws no column; leave out --column and --all")
    if (instant or minutes) and not beams:
        raise ScenarioError("--time and --animate require --beams")
    stored = open_result(folder)
    if beams:
        for notice in stored.notices:
            print_warning(notice)
        report_compilation(on_compiling)
        click.echo(
            write_beams(stored, path or folder, kind=kind, title=title, instant=instant, minutes=minutes)
        )
        return
    summary = stored.summary
    labels: dict[str, Any] = {
        "title": title or stored.scenario.title,
        "subtitle": run_subtitle(summary),
        "caption": run_caption(summary),
        **basemap_layers(),
    }
    drawable = list(map_quantities(stored.cells.columns))
    if every:
        path = path or folder / "map-all.png"
        draw_contact_sheet(stored.cells, path, columns=drawable, **labels)
    else:
        column = column or default_map_column(drawable)
        path = path or folder / f"map-{column}.{kind}"
        draw_map(stored.cells, path, column=column, **labels)
    click.echo(path)
