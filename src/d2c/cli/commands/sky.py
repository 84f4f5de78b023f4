"""`d2c sky`: satellites in view of a site at an instant, as a table and a polar plot."""

from pathlib import Path

import click

import d2c
from d2c.cli.console import json_text, print_info
from d2c.cli.shared_options import json_option
from d2c.cli.site_options import PlaceCommand, instant_option, site_options


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
    view = d2c.sky(place, scenario, time=instant, elements=elements, set=overrides)
    if png:
        view.plot(png)
        print_info(f"wrote {png}")
    click.echo(json_text(view.to_dict()) if as_json else view)
