"""`d2c timeline`: time series of C/N, elevation and margins of the best server of a site."""

from pathlib import Path

import click

from d2c.cli.console import json_text, print_info
from d2c.cli.site_options import PlaceCommand, checked_hours, instant_option, read_site_request, site_options
from d2c.errors import ScenarioError
from d2c.files import write_bytes
from d2c.output.reports.timeline import timeline_columns, timeline_report, timeline_text
from d2c.results.format.text_files import write_csv
from d2c.site.sky import server_line
from d2c.utc import HOUR_US


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
    request = read_site_request(place, scenario=scenario, overrides=overrides, elements=elements, start=start)
    inputs = request.inputs
    time = inputs.scenario.time
    span_h = checked_hours(time.duration_h if hours is None else hours)
    samples = round(span_h * HOUR_US) // time.step_us
    if samples < 1:
        raise ScenarioError(f"--hours {span_h:g} is shorter than one step of {time.step_s:g} s")
    server_track = server_line(
        inputs.satellites.constellation,
        inputs.site,
        inputs.radio,
        start=inputs.satellites.start,
        step_us=time.step_us,
        samples=samples,
    )
    from d2c.output.plots.timeline import draw_timeline  # here for start-up time: matplotlib takes 0.3 s

    path = folder if folder.suffix == ".png" else folder / f"timeline-{request.name.file_stem}.png"
    files = {"png": path, "csv": path.with_suffix(".csv")}
    write_bytes(files["png"], draw_timeline(request.name, inputs, server_track, step_us=time.step_us))
    write_csv(files["csv"], timeline_columns(inputs, server_track))
    report = timeline_report(request.name, inputs, server_track, step_us=time.step_us)
    if as_json:
        paths = {ending: path.as_posix() for ending, path in files.items()}
        click.echo(json_text({**report, "files": paths}))
    else:
        click.echo(timeline_text(request.name, inputs, report))
    print_info(f"wrote {files['png']} and {files['csv']}")
