"""`d2c scenario`: list, show and check scenarios, and their JSON schema."""

import json

import click

from d2c.cli.completion import names_or_files
from d2c.cli.console import warn
from d2c.results.format.utc import utc_text
from d2c.scenario.load import read_scenario, scenario_names, scenario_schema, scenario_text


@click.group("scenario")
def command() -> None:
    """List, show and check scenarios.

    \b
    Examples:
      d2c scenario list
      d2c scenario show italy > mine.toml
      d2c scenario check mine.toml
    """  # noqa: D301  # click wants the character itself


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print names and titles as JSON.")
def list_scenarios(as_json: bool) -> None:
    """List the built-in scenarios.

    \b
    Example:
      d2c scenario list
    """  # noqa: D301  # click wants the character itself
    titles = {name: read_scenario(name).title for name in scenario_names()}
    if as_json:
        click.echo(json.dumps(titles, indent=2, ensure_ascii=False))
        return
    width = max(map(len, titles))
    for name, title in titles.items():
        click.echo(f"{name:{width}}  {title}")


@command.command("show")
@click.argument("name", shell_complete=names_or_files(scenario_names))
@click.option("--json", "as_json", is_flag=True, help="Print the whole scenario, defaults included, as JSON.")
def show(name: str, as_json: bool) -> None:
    """Print a scenario as TOML.

    A start for one's own. NAME is a built-in scenario or a file; --json gives it whole, defaults included.

    \b
    Examples:
      d2c scenario show italy > mine.toml
      d2c scenario show italy --json
    """  # noqa: D301  # click wants the character itself
    if as_json:
        click.echo(read_scenario(name).model_dump_json(indent=2))
    else:
        click.echo(scenario_text(name), nl=False)


@command.command("check")
@click.argument("file", shell_complete=names_or_files(scenario_names))
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def check(file: str, as_json: bool) -> None:
    """Check a scenario without running it.

    FILE is a TOML file or a built-in scenario; all that it names is read too. Exits with 2 if something is wrong.

    \b
    Examples:
      d2c scenario check italy
      d2c scenario check mine.toml --json
    """  # noqa: D301  # click wants the character itself
    from d2c.coverage.inputs import read_inputs  # not needed by the other commands, and slow to import

    scenario = read_scenario(file)
    inputs = read_inputs(scenario)
    for warning in inputs.warnings:
        warn(warning)
    found = {
        "scenario": file,
        "satellites": len(inputs.constellation),
        "cells": len(inputs.grid),
        "steps": scenario.time.samples,
        "start_utc": utc_text(inputs.start),
        "warnings": list(inputs.warnings),
    }
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo(
            f"{file}: good; {found['satellites']:,} satellites, {found['cells']:,} cells, {found['steps']:,} steps "
            f"from {found['start_utc']}"
        )


@command.command("schema")
def schema() -> None:
    """Print the JSON schema of scenarios.

    For editors that complete and check TOML files.

    \b
    Example:
      d2c scenario schema > d2c-scenario.json
    """  # noqa: D301  # click wants the character itself
    click.echo(json.dumps(scenario_schema(), indent=2))
