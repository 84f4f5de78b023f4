"""`d2c scenario`: list, print and check scenarios, and print their JSON schema."""

import json

import click

from d2c.cli.completion import complete_names_or_files
from d2c.cli.console import json_text, print_warning
from d2c.cli.question_options import question_options
from d2c.cli.shared_options import json_option, set_option
from d2c.link.satellite_links import payloads_text
from d2c.local_time import shown_instant
from d2c.scenario.load import read_scenario, scenario_names, scenario_text
from d2c.scenario.schema import scenario_schema
from d2c.utc import utc_text


@click.group("scenario")
def command() -> None:
    """List, show and check scenarios.

    \b
    Examples:
      d2c scenario list
      d2c scenario show italy > mine.toml
      d2c scenario check mine.toml
    """  # noqa: D301  # click needs the backslash


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print names and titles as JSON.")
def list_scenarios(as_json: bool) -> None:
    """List the built-in scenarios.

    \b
    Example:
      d2c scenario list
    """  # noqa: D301  # click needs the backslash
    titles = {name: read_scenario(name).title for name in scenario_names()}
    if as_json:
        click.echo(json_text(titles))
        return
    width = max(map(len, titles))
    for name, title in titles.items():
        click.echo(f"{name:{width}}  {title}")


@command.command("show")
@click.argument("name", shell_complete=complete_names_or_files("scenario_names"))
@click.option("--json", "as_json", is_flag=True, help="Print the whole scenario, defaults included, as JSON.")
def show(name: str, as_json: bool) -> None:
    """Print a scenario as TOML.

    A template for a new scenario. NAME is a built-in scenario or a file; --json includes all default values.

    \b
    Examples:
      d2c scenario show italy > mine.toml
      d2c scenario show italy --json
    """  # noqa: D301  # click needs the backslash
    if as_json:
        click.echo(read_scenario(name).model_dump_json(indent=2))
    else:
        click.echo(scenario_text(name), nl=False)


@command.command("check")
@click.argument("file", shell_complete=complete_names_or_files("scenario_names"))
@question_options()
@set_option
@json_option
def check(file: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check a scenario without running it.

    FILE is a TOML file or a built-in scenario; all inputs it refers to are read too. Exit code 2 if one is invalid.

    \b
    Examples:
      d2c scenario check italy
      d2c scenario check mine.toml --json
      d2c scenario check italy --area molise
    """  # noqa: D301  # click needs the backslash
    from d2c.coverage.inputs import read_inputs  # not needed by the other commands, and slow to import

    scenario = read_scenario(file, overrides=overrides)
    inputs = read_inputs(scenario)
    for warning in inputs.warnings:
        print_warning(warning)
    report = {
        "scenario": file,
        "satellites": len(inputs.constellation),
        "payloads": inputs.links.payloads.counts,
        "cells": len(inputs.grid),
        "steps": scenario.time.samples,
        "start_utc": utc_text(inputs.start),
        "warnings": list(inputs.warnings),
    }
    if as_json:
        click.echo(json_text(report))
    else:
        several = len(inputs.links.payloads.names) > 1
        payloads = f" with payloads {payloads_text(inputs.links.payloads.counts)}" if several else ""
        click.echo(
            f"{file}: valid; {report['satellites']:,} satellites{payloads}, {report['cells']:,} cells, "
            f"{report['steps']:,} steps from {shown_instant(utc_text(inputs.start))}"
        )


@command.command("schema")
def schema() -> None:
    """Print the JSON schema of scenarios.

    For editors that complete and check TOML files.

    \b
    Example:
      d2c scenario schema > d2c-scenario.json
    """  # noqa: D301  # click needs the backslash
    click.echo(json.dumps(scenario_schema(), indent=2))
