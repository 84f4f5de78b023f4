"""`d2c passes`: satellite passes, service windows, gaps and waits of one site."""

import click

import d2c
from d2c.cli.console import json_text
from d2c.cli.site_options import PlaceCommand, instant_option, site_options


@click.command("passes", cls=PlaceCommand)
@site_options
@instant_option("--from", "start")
@click.option("--hours", type=float, default=3.0, show_default=True, help="Length of the span.")
@click.option("--service", metavar="NAME", help="The service. [default: the scenario's first]")
@click.option("--json", "form", flag_value="json", help="Print as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print the passes as CSV.")
@click.option("--ics", "form", flag_value="ics", help="Print the windows of service as an iCalendar.")
def command(
    place: str,
    scenario: str,
    overrides: tuple[str, ...],
    elements: str | None,
    start: str | None,
    hours: float,
    service: str | None,
    form: str | None,
) -> None:
    """List the satellite passes and service windows of a place.

    PLACE is a municipality of Italy, a town or island around the Mediterranean (`Tripoli, Lebanon` where there are
    several), or latitude,longitude in degrees. Printed are the windows in which the link of the service closes with at
    least one satellite, and each pass above the scenario's elevation mask, with rise, culmination and set to 0.1 s.
    Waits are counted from --from. The span is that of --hours, whatever the scenario's duration.

    \b
    Examples:
      d2c passes Lampedusa
      d2c passes "L'Aquila" --hours 24 --service voice --csv > passes.csv
      d2c passes 45.83,6.94 --elements starlink --from now --ics > courmayeur.ics
    """  # noqa: D301  # click needs the backslash
    found = d2c.passes(
        place, scenario, start=start, hours=hours, service=service, elements=elements, set=overrides
    )
    if form == "json":
        click.echo(json_text(found.to_dict()))
    elif form == "csv":
        click.echo(found.to_csv(), nl=False)
    elif form == "ics":
        # As bytes: a text stream would change CRLF on some systems.
        click.echo(found.to_ics().encode(), nl=False)
    else:
        click.echo(found)
