"""`d2c verify`: run the validation cases against published tables and other programs."""

import json

import click

from d2c.validation.case import read_reference_cases
from d2c.validation.report import as_json, as_markdown, as_text
from d2c.validation.verify import verify

CHECK_FAILED = 3


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
    outcomes = verify(read_reference_cases())
    if json_wanted:
        click.echo(json.dumps(as_json(outcomes), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(as_markdown(outcomes).rstrip() if markdown_wanted else as_text(outcomes))
    if any(outcome.passed is False for outcome in outcomes):
        raise click.exceptions.Exit(CHECK_FAILED)
