"""`d2c size`: the smallest Walker constellation that meets a target."""

import json
import math
from pathlib import Path
from typing import Any

import click

from d2c.analysis.sizing.search import SizeResult, smallest_walker
from d2c.cli.console import say, say_when_compiling
from d2c.coverage.inputs import read_area
from d2c.coverage.kernels.compiling import on_compiling
from d2c.errors import ScenarioError
from d2c.files import atomic_folder
from d2c.library import models as systems
from d2c.output.plots.size import draw_size
from d2c.output.reports.size import size_csv, size_markdown, size_report, size_text
from d2c.results.format.text_files import write_json, write_text
from d2c.scenario.model import Scenario
from d2c.scenario.target import EXAMPLE, parse_target
from d2c.toml import validated

_FILES = ("size.md", "size.csv", "size.json", "size.png")
_ALTITUDES = "340,525,1200"
_STEP_DEG = 4.0
_MOST_VALUES = 40
NOT_MET = 3
# Shells turn somewhat beyond the latitudes that they serve best: so far around the area's highest one is searched.
_BELOW_DEG, _ABOVE_DEG = 8.0, 12.0


@click.command("size")
@click.option("--area", default="italy", show_default=True, help="The area: a name, a polygon file or a box.")
@click.option("--service", default="text", show_default=True, help="The service.")
@click.option("--target", "target_text", default=EXAMPLE, show_default=True, help="What it shall achieve.")
@click.option(
    "--altitude-km",
    "altitudes",
    default=_ALTITUDES,
    show_default=True,
    help="Altitudes: A,B,C or LOW..HIGH:STEP.",
)
@click.option(
    "--inclination-deg",
    "inclinations",
    help=f"Inclinations: A,B,C or LOW..HIGH or LOW..HIGH:STEP (step {_STEP_DEG:g}). [default: around the area's "
    "highest latitude]",
)
@click.option("--payload", default="starlink-d2c", show_default=True, help="The satellite's radio.")
@click.option("--handset", default="3gpp-handheld", show_default=True, help="The terminal on the ground.")
@click.option("--losses", help="The set of losses. [default: outdoor; terminal for a terminal]")
@click.option("--min-elevation-deg", type=float, default=25.0, show_default=True, help="Elevation mask.")
@click.option(
    "--hours", type=float, default=24.0, show_default=True, help="Span that the answer is confirmed over."
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for size.md, the curve (size.csv, size.png) and size.json.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Threads. [default: all cores]")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
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

    TARGET is a quantity, its bound, and for whom: availability or within_15min (>=, a share of the time),
    longest_gap_min or _s, mean_wait_min or _s (<=), for so many per cent of the population or of the area. Searched
    are altitudes, inclinations, planes, satellites per plane and phasings of one Walker delta shell; what is found is
    confirmed by full runs, and is the best of what was tried, not a proof. A minute or two. Exit code 3 if nothing that
    was searched meets the target.

    \b
    Examples:
      d2c size
      d2c size --area sicilia --service voice --altitude-km 500..700:100 -o out/size
      d2c size --target "longest_gap_min <= 15 for 95% of area" --inclination-deg 38..60
    """  # noqa: D301  # click wants the character itself
    target = parse_target(target_text)
    link = {
        "payload": payload,
        "handset": handset,
        "losses": systems.usual_losses(handset) if losses is None else losses,
        "min_elevation_deg": min_elevation_deg,
        "services": [service],
    }
    asked: dict[str, Any] = {"region": {"area": area}, "link": link, "time": {"duration_h": hours}}
    # satellites are what is searched for; a scenario needs some
    asked["constellation"] = {"walker": "53:1/1/0", "altitude_km": 550}
    scenario = validated(Scenario, asked, origin="d2c size")
    say_when_compiling(on_compiling)
    found = smallest_walker(
        scenario,
        target,
        altitude_km=_values(altitudes, "--altitude-km", lowest=150, highest=50_000, step=100),
        inclination_deg=_inclinations(inclinations, scenario),
        workers=workers,
        tell=say,
    )
    if folder:
        _write(found, folder)
    click.echo(json.dumps(size_report(found), indent=2, ensure_ascii=False) if as_json else size_text(found))
    if folder:
        say(f"wrote {folder}")
    if found.best is None:
        raise click.exceptions.Exit(NOT_MET)


def _write(found: SizeResult, folder: Path) -> None:
    with atomic_folder(folder, replaces=_FILES) as staging:
        write_text(staging / "size.md", size_markdown(found))
        write_text(staging / "size.csv", size_csv(found))
        write_json(staging / "size.json", size_report(found))
        (staging / "size.png").write_bytes(draw_size(found))


def _inclinations(text: str | None, scenario: Scenario) -> tuple[float, ...]:
    if text:
        return _values(text, "--inclination-deg", lowest=0, highest=180, step=_STEP_DEG)
    _, south, _, north = read_area(scenario).polygon.bounds
    highest = math.ceil(max(abs(south), abs(north)))
    low, high = max(highest - _BELOW_DEG, 0), min(highest + _ABOVE_DEG, 90)
    return _steps(low, high, _STEP_DEG)


def _values(text: str, option: str, *, lowest: float, highest: float, step: float) -> tuple[float, ...]:
    """Return the numbers of `A,B,C`, or of a range `LOW..HIGH:STEP`; ScenarioError for anything else."""
    try:
        if ".." in text:
            span, _, given = text.partition(":")
            low, high = map(float, span.split(".."))
            step = float(given) if given else step
            values = _steps(low, high, step) if low <= high and step > 0 else ()
        else:
            values = tuple(map(float, text.split(",")))
    except ValueError:
        values = ()
    if not values or not all(lowest <= value <= highest for value in values) or len(values) > _MOST_VALUES:
        raise ScenarioError(
            f"{option} {text}: write numbers from {lowest:g} to {highest:g} as A,B,C or LOW..HIGH:STEP, at most "
            f"{_MOST_VALUES} of them"
        )
    return tuple(sorted(set(values)))


def _steps(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return numbers from low to high, both of them, the last step perhaps a smaller one."""
    count = min(math.ceil((high - low) / step - 1e-9), _MOST_VALUES + 1)
    return (*(low + k * step for k in range(count)), high)
