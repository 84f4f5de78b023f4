"""`d2c table`: population, availability, gaps and waits by area, and the cells as a table."""

from pathlib import Path

import click

from d2c.analysis.admin_areas import ADMIN_LEVELS, Table, admin_area_table, people_outside_italy
from d2c.analysis.area_table import cell_table, country_table, polygon_table
from d2c.analysis.table_files import table_bytes, table_json
from d2c.cli.console import print_info, print_warning
from d2c.cli.shared_options import json_option
from d2c.files import write_bytes
from d2c.output.reports.headline import asked_text, headline
from d2c.results.stored import ResultTables, open_result

_ENDINGS = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".md": "markdown"}


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
    stored = open_result(folder)
    for notice in stored.notices:
        print_warning(notice)
    table = _table(stored, by)
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
    if by in ADMIN_LEVELS and (abroad := people_outside_italy(stored, table)):
        print_info(f"{abroad:,} people of the result live outside Italy and are not in the table")


def _table(stored: ResultTables, by: str) -> Table:
    for level in ADMIN_LEVELS:
        if by == level:
            return admin_area_table(stored, level)
    if by == "cell":
        return cell_table(stored)
    return country_table(stored) if by == "country" else polygon_table(stored, Path(by))


def _kind_of(path: Path | None) -> str:
    """Return the format by the ending of a file name."""
    if path is None:
        return "markdown"
    if path.suffix not in _ENDINGS:
        raise click.UsageError(f"-o {path}: unknown file ending; use {', '.join(_ENDINGS)}, or give --format")
    return _ENDINGS[path.suffix]
