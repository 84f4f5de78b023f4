"""`d2c map`: a picture of any column of a result."""

from pathlib import Path
from typing import Any

import click

from d2c.errors import ResultError
from d2c.output.contact_sheet import draw_contact_sheet
from d2c.output.picture import draw_map
from d2c.output.quantities import quantities
from d2c.output.stored_result import open_result
from d2c.output.summary import caption, subtitle
from d2c.output.surroundings import ground


@click.command("map")
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option("--column", metavar="NAME", help="Column to draw. [default: availability of the first service]")
@click.option(
    "--all", "every", is_flag=True, help="A contact sheet of all columns that can be drawn, as PNG."
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
    help="File to write. [default: map-COLUMN in RESULT_DIR]",
)
def command(
    folder: Path, column: str | None, every: bool, kind: str, title: str | None, path: Path | None
) -> None:
    """Draw a map of any column of a result.

    RESULT_DIR is a folder that `d2c run` wrote; docs/columns.md says what its columns mean.

    \b
    Examples:
      d2c map out/italy --column text_longest_gap_s
      d2c map out/italy --column c_n_p50_db --format pdf --title "C/N over Italy"
      d2c map out/italy --all
    """  # noqa: D301  # click wants the character itself
    if every and (column or kind != "png"):
        raise ResultError("--all draws every column into one PNG; leave --column and --format away")
    stored = open_result(folder)
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
        column = column or next(name for name in drawable if name.endswith("_availability"))
        path = path or folder / f"map-{column}.{kind}"
        draw_map(stored.cells, path, column=column, **about)
    click.echo(path)
