"""`d2c elements`: summarise an orbital element file; download current elements within CelesTrak's rate limit."""

from typing import Any

import click
import numpy as np

from d2c.cli.console import json_text
from d2c.cli.shared_options import json_option
from d2c.orbit import celestrak
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.constellation import Constellation, shells
from d2c.orbit.epoch import element_age_days, start_utc
from d2c.orbit.selection import is_d2c
from d2c.utc import utc_text

_MAX_LISTED = 20


@click.group("elements")
def command() -> None:
    """Inspect orbital elements, or download current ones.

    \b
    Examples:
      d2c elements info starlink-d2c-2026-08
      d2c elements update
    """  # noqa: D301  # click needs the backslash


@command.command("info")
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Print the contents of an element file.

    Counts, shells, epochs, ages and rejected element sets. NAME is a file (TLE, 3LE, or OMM as CSV, JSON or XML), a
    shipped set such as starlink-d2c-2026-08, or a downloaded group.

    \b
    Examples:
      d2c elements info starlink-d2c-2026-08
      d2c elements info starlink --json
    """  # noqa: D301  # click needs the backslash
    report = _info(read_elements(find_elements(name)))
    if as_json:
        click.echo(json_text(report))
        return
    click.echo(
        f"{report['source']}: {report['satellites']:,} satellites, {report['d2c']:,} of them direct-to-cell by name; "
        f"{report['duplicates']:,} older duplicates dropped, {len(report['refused']):,} element sets rejected"
    )
    click.echo(
        f"epochs {report['first_epoch_utc']} to {report['last_epoch_utc']}, median {report['median_epoch_utc']}"
    )
    click.echo(f"median age {report['median_age_days']:.1f} days")
    click.echo("shells:")
    for shell in report["shells"][:_MAX_LISTED]:
        click.echo(f"  {shell}")
    _print_remaining(len(report["shells"]))
    if report["refused"]:
        click.echo("rejected:")
    for entry in report["refused"][:_MAX_LISTED]:
        click.echo(f"  line {entry['line']}: {entry['name']}: {entry['reason']}")
    _print_remaining(len(report["refused"]))


@command.command("update")
@click.option("--group", default="starlink", show_default=True, help="CelesTrak's name of the group.")
@click.option(
    "--supplemental",
    is_flag=True,
    help="Supplemental elements from operator data instead of the catalogue's.",
)
@click.option("--offline", is_flag=True, help="No network access: use the cached file only.")
@json_option
def update(group: str, supplemental: bool, offline: bool, as_json: bool) -> None:
    """Download current elements.

    Downloads a group from CelesTrak into the user's cache, at most once in two hours, as CelesTrak requires; use it
    with `d2c run --elements GROUP`.

    \b
    Examples:
      d2c elements update
      d2c elements update --group iridium-NEXT
      d2c elements update --supplemental --offline --json
    """  # noqa: D301  # click needs the backslash
    path = celestrak.update(group, supplemental=supplemental, offline=offline)
    report = _info(read_elements(path))
    if as_json:
        click.echo(json_text({"name": path.stem, **report}))
        return
    click.echo(
        f"{path.stem}: {report['satellites']:,} satellites, {report['d2c']:,} of them direct-to-cell by name, "
        f"median epoch {report['median_epoch_utc']}; use it with --elements {path.stem}"
    )


def _info(constellation: Constellation) -> dict[str, Any]:
    epochs = np.sort(constellation.epoch_utc)
    now = start_utc("now", constellation)
    return {
        "source": constellation.source,
        "satellites": len(constellation),
        "d2c": sum(map(is_d2c, constellation.name)),
        "duplicates": constellation.duplicates,
        "shells": [str(shell) for shell in shells(constellation)],
        "first_epoch_utc": utc_text(epochs[0], unit="s"),
        "median_epoch_utc": utc_text(epochs[len(epochs) // 2], unit="s"),
        "last_epoch_utc": utc_text(epochs[-1], unit="s"),
        "median_age_days": round(float(np.median(element_age_days(constellation, now))), 3),
        "refused": [{"line": r.line, "name": r.name, "reason": r.reason} for r in constellation.rejected],
    }


def _print_remaining(count: int) -> None:
    if count > _MAX_LISTED:
        click.echo(f"  ... and {count - _MAX_LISTED} more, all with --json")
