"""`d2c scenario`: list, show and check scenarios, and their JSON schema."""

import json

import click

from d2c.scenario.read import read_scenario, scenario_names, scenario_schema, scenario_text


@click.group("scenario")
def command() -> None:
    """List, show and check scenarios."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print names and titles as JSON.")
def list_scenarios(as_json: bool) -> None:
    """List the built-in scenarios."""
    titles = {name: read_scenario(name).title for name in scenario_names()}
    if as_json:
        click.echo(json.dumps(titles, indent=2, ensure_ascii=False))
        return
    width = max(map(len, titles))
    for name, title in titles.items():
        click.echo(f"{name:{width}}  {title}")


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the whole scenario, defaults included, as JSON.")
def show(name: str, as_json: bool) -> None:
    """Print a scenario as TOML, a start for one's own.

    NAME is a built-in scenario or a file.
    """
    if as_json:
        click.echo(read_scenario(name).model_dump_json(indent=2))
    else:
        click.echo(scenario_text(name), nl=False)


@command.command("check")
@click.argument("file")
def check(file: str) -> None:
    """Check a scenario and all that it names, without running it."""
    from d2c.coverage.inputs import read_inputs  # not needed by the other commands, and slow to import

    scenario = read_scenario(file)
    inputs = read_inputs(scenario)
    for warning in inputs.warnings:
        click.echo(f"d2c: warning: {warning}", err=True)
    click.echo(
        f"{file}: good; {len(inputs.constellation)} satellites, {len(inputs.grid):,} cells, "
        f"{scenario.time.samples:,} steps from {inputs.start}Z"
    )


@command.command("schema")
def schema() -> None:
    """Print the JSON schema of scenario files, for editors that complete and validate."""
    click.echo(json.dumps(scenario_schema(), indent=2))
