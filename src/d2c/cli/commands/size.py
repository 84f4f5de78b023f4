"""`d2c size`: search for the smallest Walker delta constellation that meets a service target."""

from pathlib import Path

import click

from d2c.api.studies.sizing import (
    ALTITUDES_KM,
    EXAMPLE,
    INCLINATION_STEP_DEG,
    INCLINATIONS_DEG,
    size,
)
from d2c.cli.console import json_text, print_info
from d2c.cli.exit_codes import NOT_MET
from d2c.cli.shared_options import folder_option, is_best_case_option, json_option, workers_option
from d2c.cli.value_lists import parse_numbers

_DEFAULT_ALTITUDES = "340,525,1200"
_ALTITUDE_STEP_KM = 100.0


@click.command("size")
@click.option("--area", default="italy", show_default=True, help="The area: a name, a polygon file or a box.")
@click.option("--service", default="text", show_default=True, help="The service.")
@click.option("--target", "target_text", default=EXAMPLE, show_default=True, help="Target of the service.")
@click.option(
    "--altitude-km",
    "altitudes",
    default=_DEFAULT_ALTITUDES,
    show_default=True,
    help="Altitudes: A,B,C or LOW..HIGH:STEP.",
)
@click.option(
    "--inclination-deg",
    "inclinations",
    help=f"Inclinations: A,B,C or LOW..HIGH or LOW..HIGH:STEP (step {INCLINATION_STEP_DEG:g}). "
    "[default: around the area's highest latitude]",
)
@click.option("--payload", default="starlink-d2c", show_default=True, help="Satellite payload.")
@click.option("--handset", default="3gpp-handheld", show_default=True, help="User terminal on the ground.")
@click.option("--losses", help="Loss set. [default: outdoor; terminal for a terminal]")
@click.option("--min-elevation-deg", type=float, default=25.0, show_default=True, help="Elevation mask.")
@click.option("--hours", type=float, default=24.0, show_default=True, help="Span of the confirming runs.")
@folder_option("Folder for size.md, size.json and the curve (size.csv, size.png).")
@is_best_case_option
@workers_option
@json_option
def command(
    area: str,
    service: str,
    target_text: str,
    altitudes: str,
    inclinations: str | None,
    payload: str,
    handset: str,
    losses: str | None,
    min_elevation_deg: float,
    hours: float,
    folder: Path | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Find the smallest Walker constellation that meets a target.

    TARGET is a quantity, its bound, and a share of the population or area: availability or within_15min (>=, a share of
    the time), longest_gap_min or _s, mean_wait_min or _s (<=). The search covers altitudes, inclinations, planes,
    satellites per plane and phasings of one Walker delta shell; its best candidate is confirmed by full runs, but is
    not proven to be the minimum. Takes a minute or two. Exit code 3 if no candidate meets the target.

    \b
    Examples:
      d2c size
      d2c size --area sicilia --service voice --altitude-km 500..700:100 -o out/size
      d2c size --target "longest_gap_min <= 15 for 95% of area" --inclination-deg 38..60
    """  # noqa: D301  # click needs the backslash
    found = size(
        target_text,
        area=area,
        service=service,
        altitude_km=_ascending(altitudes, "--altitude-km", ALTITUDES_KM, step=_ALTITUDE_STEP_KM),
        inclination_deg=_ascending(
            inclinations, "--inclination-deg", INCLINATIONS_DEG, step=INCLINATION_STEP_DEG
        )
        if inclinations
        else None,
        payload=payload,
        handset=handset,
        losses=losses,
        min_elevation_deg=min_elevation_deg,
        hours=hours,
        workers=workers,
    )
    if folder:
        found.save(folder)
    click.echo(json_text(found.to_dict()) if as_json else found)
    if folder:
        print_info(f"wrote {folder}")
    if found.satellites is None:
        raise click.exceptions.Exit(NOT_MET)


def _ascending(text: str, option: str, limits: tuple[float, float], *, step: float) -> tuple[float, ...]:
    minimum, maximum = limits
    return tuple(sorted(parse_numbers(text, option, minimum=minimum, maximum=maximum, step=step)))
