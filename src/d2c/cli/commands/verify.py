"""`d2c verify`: every check against outside truth that ships with the package."""

import json

import click

from d2c.validation.case import read_truth
from d2c.validation.report import as_json, markdown, text
from d2c.validation.verify import verify

CHECK_FAILED = 3


@click.command("verify")
@click.option("--json", "json_wanted", is_flag=True, help="Print as JSON.")
@click.option(
    "--markdown", "markdown_wanted", is_flag=True, help="Print as Markdown, as in docs/validation.md."
)
def command(json_wanted: bool, markdown_wanted: bool) -> None:
    """Check d2c against printed tables and other programs.

    The figures ship with it. Prints each case with its source, what is expected, what d2c gets, the difference
    and the tolerance. Exits with 3 if one is not met.

    \b
    Examples:
      d2c verify
      d2c verify --json > checks.json
    """  # noqa: D301  # click wants the character itself
    if json_wanted and markdown_wanted:
        raise click.UsageError("--json and --markdown exclude each other")
    outcomes = verify(read_truth())
    if json_wanted:
        click.echo(json.dumps(as_json(outcomes), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(markdown(outcomes).rstrip() if markdown_wanted else text(outcomes))
    if any(outcome.passed is False for outcome in outcomes):
        raise click.exceptions.Exit(CHECK_FAILED)
