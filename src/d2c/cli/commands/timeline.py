"""`d2c timeline`: time series of C/N, elevation and margins of the best server of a site."""

from pathlib import Path

import click

import d2c
from d2c.cli.console import json_text, print_info
from d2c.cli.site_options import PlaceCommand, instant_option, site_options


@click.command("timeline", cls=PlaceCommand)
@site_options
@instant_option("--from", "start")
@click.option(
    "--hours",
    type=float,
    help="Length of the span. [default: the scenario's duration, 24 h in the built-in ones]",
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("out"),
    show_default=True,
    help="Folder for timeline-PLACE.png and timeline-PLACE.csv, or the name of the .png; the .csv is beside it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(
    place: str,
    scenario: str,
    overrides: tuple[str, ...],
    elements: str | None,
    start: str | None,
    hours: float | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Plot C/N and elevation of the best server of a place over time.

    PLACE is a municipality of Italy, a town or island around the Mediterranean (`Tripoli, Lebanon` where there are
    several), or latitude,longitude in degrees. At each step of the scenario the satellite with the highest downlink C/N
    serves, as in a coverage map. Its C/N in both directions, elevation and margins are written as a plot and a CSV.

    \b
    Examples:
      d2c timeline Lampedusa
      d2c timeline "L'Aquila" --set link.losses=indoor --hours 6 -o out/indoor
    """  # noqa: D301  # click needs the backslash
    line = d2c.timeline(place, scenario, start=start, hours=hours, elements=elements, set=overrides)
    path = folder if folder.suffix == ".png" else folder / f"timeline-{line.site.file_stem}.png"
    files = {"png": path, "csv": path.with_suffix(".csv")}
    line.plot(files["png"])
    line.to_csv(files["csv"])
    if as_json:
        paths = {ending: path.as_posix() for ending, path in files.items()}
        click.echo(json_text({**line.to_dict(), "files": paths}))
    else:
        click.echo(line)
    print_info(f"wrote {files['png']} and {files['csv']}")
