"""`d2c map`: draw any column of a result, all columns on one sheet, or who serves the beam cells at an instant."""

from pathlib import Path

import click

import d2c
from d2c.cli.param_types import InstantType
from d2c.cli.renamed_options import RenamingCommand
from d2c.cli.shared_options import tz_option
from d2c.errors import ScenarioError


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
    help="With --beams: an ISO instant. [default: the start of the span]",
)
@tz_option
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
    result = d2c.open_result(folder)
    if beams:
        path = path or folder
        if kind != "png" and path.is_dir():
            path = path / f"beams.{kind}"
        click.echo(result.save_beams(path, time=instant, minutes=minutes, title=title))
    elif every:
        click.echo(result.save_map_sheet(path or folder / "map-all.png", title=title))
    else:
        from d2c.api.runs import default_map_column  # here for start-up time

        column = column or default_map_column(result.cells.columns)
        click.echo(result.save_map(path or folder / f"map-{column}.{kind}", column, title=title))
