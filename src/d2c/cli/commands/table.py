"""`d2c table`: population, availability, gaps and waits by Italian region, province or municipality."""

from pathlib import Path

import click

from d2c.analysis.admin_areas import (
    ADMIN_LEVELS,
    AdminLevel,
    admin_area_table,
    people_outside_italy,
    table_bytes,
    table_json,
)
from d2c.cli.console import print_info, print_warning
from d2c.cli.shared_options import json_option
from d2c.files import write_bytes
from d2c.output.reports.headline import asked_text, headline
from d2c.results.stored import open_result

_ENDINGS = {".csv": "csv", ".parquet": "parquet", ".md": "markdown"}


@click.command("table")
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option(
    "--by",
    type=click.Choice(ADMIN_LEVELS),
    default="region",
    show_default=True,
    help="One row per such area.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(_ENDINGS.values())),
    help="Format. [default: by the ending of the file, else markdown]",
)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write. [default: standard output]",
)
@json_option
def command(folder: Path, by: AdminLevel, kind: str | None, path: Path | None, as_json: bool) -> None:
    """Print a result by Italian region, province or municipality.

    RESULT_DIR is a folder that `d2c run` wrote. Population, availability, gaps and waits of each service, keyed by
    ISTAT code so that other tables can be joined; docs/columns.md explains the columns.

    \b
    Examples:
      d2c table out/italy
      d2c table out/italy --by province -o provinces.csv
      d2c table out/italy --by municipality --format parquet -o municipalities.parquet
    """  # noqa: D301  # click needs the backslash
    if as_json and (kind or path):
        raise click.UsageError("--json prints to standard output; leave out --format and -o, or --json")
    kind = kind or _kind_of(path)
    if kind == "parquet" and not path:
        raise click.UsageError("--format parquet is binary; name a file with -o FILE.parquet")
    stored = open_result(folder)
    for notice in stored.notices:
        print_warning(notice)
    table = admin_area_table(stored, by)
    if as_json:
        click.echo(table_json(table))
    else:
        summary = stored.summary
        head = (f"# {summary['title']}", headline(summary), asked_text(summary))
        data = table_bytes(table, kind, by=by, services=list(summary["services"]), head=head)
        if path:
            write_bytes(path, data)
            print_info(f"wrote {path}")
        else:
            click.echo(data.decode(), nl=False)
    if abroad := people_outside_italy(stored, table):
        print_info(f"{abroad:,} people of the result live outside Italy and are not in the table")


def _kind_of(path: Path | None) -> str:
    """Return the format by the ending of a file name."""
    if path is None:
        return "markdown"
    if path.suffix not in _ENDINGS:
        raise click.UsageError(f"-o {path}: unknown file ending; use {', '.join(_ENDINGS)}, or give --format")
    return _ENDINGS[path.suffix]
