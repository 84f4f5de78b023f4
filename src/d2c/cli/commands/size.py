"""`d2c size`: search for the smallest Walker delta constellation that meets a service target."""

import math
from pathlib import Path
from typing import Any

import click

from d2c.analysis.sizing.search import SizeResult, smallest_walker
from d2c.cli.console import json_text, print_info, report_compilation
from d2c.cli.shared_options import folder_option, is_best_case_option, json_option, workers_option
from d2c.cli.value_lists import parse_numbers, value_range
from d2c.coverage.ground import read_area
from d2c.coverage.kernels.compiling import on_compiling
from d2c.files import atomic_folder
from d2c.library import models
from d2c.library.constellation import MAX_ALTITUDE_KM, MIN_ALTITUDE_KM
from d2c.output.plots.size import draw_size
from d2c.output.reports.size import size_csv, size_markdown, size_report, size_text
from d2c.results.format.text_files import write_json, write_text
from d2c.scenario.model import Scenario
from d2c.scenario.target import EXAMPLE, parse_target
from d2c.toml import validate_model

_FILES = ("size.md", "size.csv", "size.json", "size.png")
_DEFAULT_ALTITUDES = "340,525,1200"
_INCLINATION_STEP_DEG = 4.0
NOT_MET = 3
# A shell serves best the latitudes somewhat below its inclination: search range around the area's highest latitude.
_BELOW_DEG, _ABOVE_DEG = 8.0, 12.0


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
    help=f"Inclinations: A,B,C or LOW..HIGH or LOW..HIGH:STEP (step {_INCLINATION_STEP_DEG:g}). "
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
    target = parse_target(target_text)
    link = {
        "payload": payload,
        "handset": handset,
        "losses": models.default_loss_set(handset) if losses is None else losses,
        "min_elevation_deg": min_elevation_deg,
        "services": [service],
    }
    sections: dict[str, Any] = {"region": {"area": area}, "link": link, "time": {"duration_h": hours}}
    # placeholder: a scenario needs a constellation, the search replaces it
    sections["constellation"] = {"walker": "53:1/1/0", "altitude_km": 550}
    scenario = validate_model(Scenario, sections, origin="d2c size")
    report_compilation(on_compiling)
    result = smallest_walker(
        scenario,
        target,
        altitude_km=_ascending(
            altitudes, "--altitude-km", minimum=MIN_ALTITUDE_KM, maximum=MAX_ALTITUDE_KM, step=100
        ),
        inclination_deg=_inclinations(inclinations, scenario),
        workers=workers,
        on_message=print_info,
    )
    if folder:
        _write(result, folder)
    click.echo(json_text(size_report(result)) if as_json else size_text(result))
    if folder:
        print_info(f"wrote {folder}")
    if result.best is None:
        raise click.exceptions.Exit(NOT_MET)


def _write(result: SizeResult, folder: Path) -> None:
    with atomic_folder(folder, replaces=_FILES) as staging:
        write_text(staging / "size.md", size_markdown(result))
        write_text(staging / "size.csv", size_csv(result))
        write_json(staging / "size.json", size_report(result))
        (staging / "size.png").write_bytes(draw_size(result))


def _inclinations(text: str | None, scenario: Scenario) -> tuple[float, ...]:
    if text:
        return _ascending(text, "--inclination-deg", minimum=0, maximum=180, step=_INCLINATION_STEP_DEG)
    _, south, _, north = read_area(scenario).polygon.bounds
    highest_deg = math.ceil(max(abs(south), abs(north)))
    low, high = max(highest_deg - _BELOW_DEG, 0), min(highest_deg + _ABOVE_DEG, 90)
    return value_range(low, high, _INCLINATION_STEP_DEG)


def _ascending(text: str, option: str, *, minimum: float, maximum: float, step: float) -> tuple[float, ...]:
    return tuple(sorted(parse_numbers(text, option, minimum=minimum, maximum=maximum, step=step)))
