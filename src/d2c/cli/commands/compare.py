"""`d2c compare`: difference of two results as a table, a layer and a map."""

from pathlib import Path

import click

import d2c
from d2c.cli.console import json_text, print_info
from d2c.cli.shared_options import folder_option, json_option


@click.command("compare")
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
@folder_option("Folder for the difference.")
@json_option
def command(before: Path, after: Path, folder: Path | None, as_json: bool) -> None:
    """Compare two results: coverage gained and lost from A to B.

    A and B are folders that `d2c run` wrote; if their grids differ, the finer one is used. With -o the difference is
    written as a layer in all formats, with a map and comparison.json.

    \b
    Examples:
      d2c compare out/italy out/italy-40deg
      d2c compare out/starlink out/walker -o out/difference
    """  # noqa: D301  # click needs the backslash
    change = d2c.compare(before, after)
    if folder:
        change.save(folder)
    click.echo(json_text(change.to_dict()) if as_json else change)
    if folder:
        print_info(f"wrote {folder}")
