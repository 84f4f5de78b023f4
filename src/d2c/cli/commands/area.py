"""`d2c area`: list the built-in areas."""

import click

from d2c.cli.console import json_text
from d2c.cli.shared_options import json_option


@click.group("area")
def command() -> None:
    """List the built-in areas.

    \b
    Example:
      d2c area list
    """  # noqa: D301  # click needs the backslash


@command.command("list")
@json_option
def list_areas(as_json: bool) -> None:
    """List the built-in areas.

    Countries around the Mediterranean, Italian regions, the sea, and the areas of the built-in scenarios. A polygon
    file or a box WEST,SOUTH,EAST,NORTH stands for an area too.

    \b
    Examples:
      d2c area list
      d2c area list --json
    """  # noqa: D301  # click needs the backslash
    from d2c.api.names import area_names, area_title  # here for start-up time

    titles = {name: area_title(name) for name in area_names()}
    if as_json:
        click.echo(json_text(titles))
        return
    width = max(map(len, titles))
    for name, title in titles.items():
        click.echo(f"{name:{width}}  {title}")
