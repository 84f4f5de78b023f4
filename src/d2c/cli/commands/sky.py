"""`d2c sky`: satellites in view of a site at an instant, as a table and a polar plot."""

from pathlib import Path

import click

from d2c.cli.console import json_text, print_info
from d2c.cli.shared_options import json_option
from d2c.cli.site_options import PlaceCommand, instant_option, read_site_request, site_options
from d2c.files import write_bytes
from d2c.output.reports.sky import sky_report, sky_text
from d2c.site.sky import sky_at


@click.command("sky", cls=PlaceCommand)
@site_options
@instant_option("--time", "instant")
@click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw a polar plot."
)
@json_option
def command(
    place: str,
    scenario: str,
    overrides: tuple[str, ...],
    elements: str | None,
    instant: str | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """List the satellites in view of a place at an instant.

    PLACE is a municipality of Italy, a town or island around the Mediterranean (`Tripoli, Lebanon` where there are
    several), or latitude,longitude in degrees. Printed are azimuth (from north through east), elevation, slant range,
    C/N and the margins of the scenario's services: first the satellites above its elevation mask, best server on top.

    \b
    Examples:
      d2c sky Lampedusa
      d2c sky Courmayeur --time 2026-08-22T20:15:00Z --png sky.png
    """  # noqa: D301  # click needs the backslash
    request = read_site_request(
        place, scenario=scenario, overrides=overrides, elements=elements, start=instant
    )
    inputs = request.inputs
    sky = sky_at(inputs.satellites.constellation, inputs.site, inputs.radio, utc=inputs.satellites.start)
    if png:
        from d2c.output.plots.sky import draw_sky  # here for start-up time: matplotlib takes 0.3 s to load

        write_bytes(png, draw_sky(request.name, inputs, sky))
        print_info(f"wrote {png}")
    report = sky_report(request.name, inputs, sky)
    click.echo(json_text(report) if as_json else sky_text(request.name, inputs, report))
