"""`d2c table`: a result by Italian region, province or municipality."""

from pathlib import Path

import click

from d2c.analysis.admin_areas import LEVELS, Level, people_abroad, table_bytes, table_json, territory_table
from d2c.cli.console import say
from d2c.files import write_bytes
from d2c.results.stored import open_result

_ENDINGS = {".csv": "csv", ".parquet": "parquet", ".md": "markdown"}


@click.command("table")
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option("--by", type=click.Choice(LEVELS), default="region", show_default=True, help="One row each.")
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
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(folder: Path, by: Level, kind: str | None, path: Path | None, as_json: bool) -> None:
    """Print a result by Italian region, province or municipality.

    RESULT_DIR is a folder that `d2c run` wrote. People, availability, gaps and waits of each service, by ISTAT's codes,
    so that tables of one's own can be joined; docs/columns.md says what the columns mean.

    \b
    Examples:
      d2c table out/italy
      d2c table out/italy --by province -o provinces.csv
      d2c table out/italy --by municipality --format parquet -o municipalities.parquet
    """  # noqa: D301  # click wants the character itself
    if as_json and (kind or path):
        raise click.UsageError("--json prints to the terminal; leave --format and -o away, or --json")
    kind = kind or _kind_of(path)
    if kind == "parquet" and not path:
        raise click.UsageError("--format parquet is no text; name a file with -o FILE.parquet")
    stored = open_result(folder)
    table = territory_table(stored, by)
    if as_json:
        click.echo(table_json(table))
    else:
        data = table_bytes(table, kind, by=by, services=list(stored.summary["services"]))
        if path:
            write_bytes(path, data)
            say(f"wrote {path}")
        else:
            click.echo(data.decode(), nl=False)
    if abroad := people_abroad(stored, table):
        say(f"{abroad:,} people of the result live outside Italy and are in no row")


def _kind_of(path: Path | None) -> str:
    """Return the format that a file name asks for."""
    if path is None:
        return "markdown"
    if path.suffix not in _ENDINGS:
        raise click.UsageError(
            f"-o {path}: the ending says no format; use {', '.join(_ENDINGS)}, or give --format"
        )
    return _ENDINGS[path.suffix]
