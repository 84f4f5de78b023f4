"""`d2c explain`: why a cell of a result is as it is."""

import json
from pathlib import Path

import click

from d2c.cli.console import say_when_compiling
from d2c.cli.param_types import InstantType, read_place
from d2c.coverage.kernels.compiling import on_compiling
from d2c.errors import RegionError, ResultError
from d2c.orbit.epoch import start_utc
from d2c.output.reports.explanation import explanation, explanation_text
from d2c.region.cell_lookup import cell_at, cell_named
from d2c.results.stored import open_result, read_stored_inputs


@click.command("explain")
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option("--cell", "cell_id", metavar="ID", help="The cell, by its cell_id.")
@click.option("--at", "place", metavar="LAT,LON", help="The cell that holds this place.")
@click.option(
    "--time",
    "instant",
    type=InstantType(),
    metavar="T",
    help="An ISO instant (UTC). [default: the lowest margin of the first service]",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(folder: Path, cell_id: str | None, place: str | None, instant: str | None, as_json: bool) -> None:
    """Say why a cell of a result is as it is.

    RESULT_DIR is a folder that `d2c run` wrote. Shown are the cell's figures as stored, the satellites in view at
    one instant, who served, and its full budget by the exact formula. An instant between two samples is moved to the
    one before it, for whose step it stands. The whole span is computed again by the exact formula and compared with
    what is stored; exit code 1 if they differ.

    \b
    Examples:
      d2c explain out/italy --at 41.9,12.5
      d2c explain out/italy --cell 851e8053fffffff --time 2026-08-22T20:15:00Z
    """  # noqa: D301  # click wants the character itself
    if (cell_id is None) == (place is None):
        raise RegionError("give either --cell ID or --at LAT,LON")
    say_when_compiling(on_compiling)
    where = None if place is None else read_place(place)
    stored = open_result(folder)
    inputs = read_stored_inputs(stored)
    if where is not None:
        cell = cell_at(inputs.grid, latitude_deg=where[0], longitude_deg=where[1])
    else:
        cell = cell_named(inputs.grid, cell_id or "")
    asked_utc = None if instant is None else start_utc(instant, inputs.constellation)
    found = explanation(stored, inputs, cell, asked_utc=asked_utc)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else explanation_text(found))
    if not found["agreement"]["agrees"]:
        raise ResultError(
            f"{folder}: cell {found['cell']['cell_id']} differs from the exact formula; make the result again with "
            "d2c run, and report it if it differs again"
        )
