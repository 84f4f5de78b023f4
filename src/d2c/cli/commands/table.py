"""`d2c table`: population, availability, gaps and waits by area, and the cells as a table."""

from pathlib import Path

import click

import d2c
from d2c.api.defaults import ADMIN_LEVELS, FILE_KINDS
from d2c.cli.console import json_text, print_info
from d2c.cli.shared_options import json_option


@click.command("table")
@click.argument("folder", metavar="RESULT_DIR", type=click.Path(path_type=Path))
@click.option(
    "--by",
    metavar="LEVEL|FILE",
    default="region",
    show_default=True,
    help=f"One row per {', '.join((*ADMIN_LEVELS, 'country', 'cell'))}, or per polygon of a file.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(FILE_KINDS.values())),
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
def command(folder: Path, by: str, kind: str | None, path: Path | None, as_json: bool) -> None:
    """Print a result by area.

    RESULT_DIR is a folder that `d2c run` wrote. Population, availability, gaps and waits of each service. Italian
    regions, provinces and municipalities are keyed by ISTAT code so that other tables can be joined, and their means
    are over people; those of countries and of the polygons of a file (by their attribute `name`) are over area.
    docs/columns.md explains the columns.

    \b
    Examples:
      d2c table out/italy
      d2c table out/italy --by province -o provinces.csv
      d2c table out/italy --by parks.geojson -o parks.xlsx
      d2c table out/italy --by cell -o cells.csv
      d2c table out/italy --by municipality --format parquet -o municipalities.parquet
    """  # noqa: D301  # click needs the backslash
    if as_json and (kind or path):
        raise click.UsageError("--json prints to standard output; leave out --format and -o, or --json")
    kind = kind or _kind_of(path)
    if kind in ("parquet", "xlsx") and not path:
        raise click.UsageError(f"--format {kind} is binary; name a file with -o FILE.{kind}")
    if by == "cell" and kind == "markdown" and not as_json:
        raise click.UsageError("cells are too many for a printed table; use -o FILE.csv, .xlsx or .parquet")
    table = d2c.open_result(folder).table(by)
    if as_json:
        click.echo(json_text(table.to_dict()))
    elif path:
        table.save(path, kind=kind)
        print_info(f"wrote {path}")
    else:
        click.echo(table.to_bytes(kind).decode(), nl=False)
    if table.people_elsewhere:
        print_info(
            f"{table.people_elsewhere:,} people of the result live outside Italy and are not in the table"
        )


def _kind_of(path: Path | None) -> str:
    """Return the format by the ending of a file name."""
    if path is None:
        return "markdown"
    if path.suffix not in FILE_KINDS:
        raise click.UsageError(
            f"-o {path}: unknown file ending; use {', '.join(FILE_KINDS)}, or give --format"
        )
    return FILE_KINDS[path.suffix]
