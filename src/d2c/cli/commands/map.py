"""`d2c map`: a picture of any column of a result."""

from pathlib import Path
from typing import Any

import click

from d2c.cli.console import say_when_compiling
from d2c.cli.param_types import InstantType
from d2c.coverage.kernels.compiling import on_compiling
from d2c.errors import ScenarioError
from d2c.output.folder.beam_maps import write_beams
from d2c.output.maps.basemap import ground
from d2c.output.maps.contact_sheet import draw_contact_sheet
from d2c.output.maps.picture import draw_map
from d2c.output.reports.summary import caption, subtitle
from d2c.results.columns import first_to_show, quantities
from d2c.results.stored import open_result


@click.command("map")
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option(
    "--column",
    metavar="NAME",
    help="Column to draw. [default: availability of the first service, C/(I+N) of a loaded network]",
)
@click.option(
    "--all", "every", is_flag=True, help="A contact sheet of all columns that can be drawn, as PNG."
)
@click.option(
    "--beams", is_flag=True, help="The footprints of the beams at an instant, of a result with [beams]."
)
@click.option(
    "--at",
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
    help="With --beams: a GIF of so many minutes from that instant on.",
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

    RESULT_DIR is a folder that `d2c run` wrote; docs/columns.md says what its columns mean. Of a loaded network
    --beams shows which satellite lights which place at an instant, as the run assigned them: where the gain of a
    beam is at most 3 dB below that on its axis.

    \b
    Examples:
      d2c map out/italy --column text_longest_gap_s
      d2c map out/italy --column c_n_p50_db --format pdf --title "C/N over Italy"
      d2c map out/italy --all
      d2c map out/italy-loaded --beams --at 2026-08-22T20:15:00Z
      d2c map out/italy-loaded --beams --animate 10
    """  # noqa: D301  # click wants the character itself
    if every and (column or kind != "png"):
        raise ScenarioError("--all draws every column into one PNG; leave --column and --format away")
    if beams and (every or column):
        raise ScenarioError("--beams draws no column; leave --column and --all away")
    if (instant or minutes) and not beams:
        raise ScenarioError("--at and --animate go with --beams")
    stored = open_result(folder)
    if beams:
        say_when_compiling(on_compiling)
        click.echo(write_beams(stored, path, kind=kind, title=title, instant=instant, minutes=minutes))
        return
    found = stored.summary
    about: dict[str, Any] = {
        "title": title or stored.scenario.title,
        "subtitle": subtitle(found),
        "caption": caption(found),
        **ground(),
    }
    drawable = list(quantities(stored.cells.columns))
    if every:
        path = path or folder / "map-all.png"
        draw_contact_sheet(stored.cells, path, columns=drawable, **about)
    else:
        column = column or first_to_show(drawable)
        path = path or folder / f"map-{column}.{kind}"
        draw_map(stored.cells, path, column=column, **about)
    click.echo(path)
