"""Options that several commands share; an option of one command stands in its module, `cli/commands/NAME.py`."""

import click

set_option = click.option(
    "--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a key of the scenario."
)
elements_option = click.option(
    "--elements", metavar="FILE", help="Orbital elements to use instead of the scenario's."
)
