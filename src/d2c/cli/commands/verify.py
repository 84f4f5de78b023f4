"""`d2c verify`: run the validation cases against published tables and other programs."""

import click

import d2c
from d2c.cli.console import json_text
from d2c.cli.exit_codes import NOT_MET


@click.command("verify")
@click.option("--json", "json_wanted", is_flag=True, help="Print as JSON.")
@click.option(
    "--markdown", "markdown_wanted", is_flag=True, help="Print as Markdown, as in docs/validation.md."
)
def command(json_wanted: bool, markdown_wanted: bool) -> None:
    """Check d2c against printed tables and other programs.

    The reference values are part of d2c. Prints each case with its source, expected and computed value, difference
    and tolerance. Exit code 3 if a case is outside its tolerance.

    \b
    Examples:
      d2c verify
      d2c verify --json > checks.json
    """  # noqa: D301  # click needs the backslash
    if json_wanted and markdown_wanted:
        raise click.UsageError("--json and --markdown are mutually exclusive")
    report = d2c.verify()
    if json_wanted:
        click.echo(json_text(report.to_dict()))
    else:
        click.echo(report.to_markdown().rstrip() if markdown_wanted else report)
    if not report.passed:
        raise click.exceptions.Exit(NOT_MET)
