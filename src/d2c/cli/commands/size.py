"""`d2c size`: search for the smallest Walker delta constellation that meets a service target."""

from pathlib import Path

import click

import d2c
from d2c.api.defaults import EXAMPLE, INCLINATION_STEP_DEG, INCLINATIONS_DEG
from d2c.cli.console import json_text, print_info
from d2c.cli.exit_codes import NOT_MET
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import folder_option, is_best_case_option, json_option, set_option, workers_option
from d2c.cli.value_lists import parse_numbers

_DEFAULT_ALTITUDES = "340,525,1200"
_ALTITUDE_STEP_KM = 100.0


@click.command("size")
@question_options(without=("system", "elements", "from", "tz"))
@set_option
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
@folder_option("Folder for size.md, size.json and the curve (size.csv, size.png).")
@is_best_case_option
@workers_option
@json_option
def command(
    overrides: tuple[str, ...],
    target_text: str,
    altitudes: str,
    inclinations: str | None,
    folder: Path | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Find the smallest Walker constellation that meets a target.

    TARGET is a quantity, its bound, and a share of the population or area: availability or within_15min (>=, a share of
    the time), longest_gap_min or _s, mean_wait_min or _s (<=). The search covers altitudes, inclinations, planes,
    satellites per plane and phasings of one Walker delta shell; its best candidate is confirmed by full runs, but is
    not proven to be the minimum. By default the service is text over Italy, from the payload starlink-d2c to a
    3gpp-handheld outdoors above 25 deg, and the confirming runs are of a day. It takes a minute or two. Exit code 3 if
    no candidate meets the target.

    \b
    Examples:
      d2c size
      d2c size --area sicilia --service voice --altitude-km 500..700:100 -o out/size
      d2c size --mix mix --environment rural
      d2c size --target "longest_gap_min <= 15 for 95% of area" --inclination-deg 38..60
    """  # noqa: D301  # click needs the backslash
    from d2c.api.studies.sizing import ALTITUDES_KM  # here for start-up time

    found = d2c.size(
        target_text,
        altitude_km=_ascending(altitudes, "--altitude-km", ALTITUDES_KM, step=_ALTITUDE_STEP_KM),
        inclination_deg=_ascending(
            inclinations, "--inclination-deg", INCLINATIONS_DEG, step=INCLINATION_STEP_DEG
        )
        if inclinations
        else None,
        set=overrides,
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
