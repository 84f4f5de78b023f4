"""`d2c explain`: full link budget and satellites in view of one cell of a result, checked against the exact formula."""

from pathlib import Path

import click

import d2c
from d2c.cli.console import json_text
from d2c.cli.exit_codes import NOT_MET
from d2c.cli.param_types import InstantType
from d2c.cli.renamed_options import RenamingCommand
from d2c.cli.shared_options import json_option, tz_option
from d2c.errors import RegionError


@click.command("explain", cls=RenamingCommand, renamed={"--at": "--site"})
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option("--cell", "cell_id", metavar="ID", help="The cell, by its cell_id.")
@click.option("--site", "place", metavar="PLACE_OR_LAT,LON", help="The cell that contains this place.")
@click.option(
    "--time",
    "instant",
    type=InstantType(),
    metavar="T",
    help="An ISO instant. [default: the lowest margin of the first service]",
)
@tz_option
@json_option
def command(folder: Path, cell_id: str | None, place: str | None, instant: str | None, as_json: bool) -> None:
    """Explain the figures of one cell of a result.

    RESULT_DIR is a folder that `d2c run` wrote. Printed are the cell's stored figures, what its phones fail on that
    are not served, the satellites in view at one instant, the serving satellite, and its full link budget by the exact
    formula. An instant between two samples is moved to the earlier one, whose step contains it. The whole span is
    recomputed by the exact formula and compared with the stored figures; exit code 3 if they differ. For a result with
    beams the serving beam is printed too, with its hop share, its strongest interferers and the margins of the
    services.

    \b
    Examples:
      d2c explain out/italy --site 41.9,12.5
      d2c explain out/italy --cell 851e8053fffffff --time 2026-08-22T20:15:00Z
    """  # noqa: D301  # click needs the backslash
    if (cell_id is None) == (place is None):
        raise RegionError("give either --cell ID or --site LAT,LON")
    explanation = d2c.open_result(folder).explain(place, cell=cell_id, time=instant)
    click.echo(json_text(explanation.to_dict()) if as_json else explanation)
    if not explanation.agrees:
        click.echo(
            f"d2c: {folder}: cell {explanation.cell_id} differs from the exact formula; run it again with d2c run, and "
            "report a bug if it still differs",
            err=True,
        )
        raise click.exceptions.Exit(NOT_MET)
