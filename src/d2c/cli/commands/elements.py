"""`d2c elements`: what an element file holds, and polite downloads."""

import json
from typing import Any

import click
import numpy as np

from d2c.orbit import celestrak
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.constellation import Constellation, shells
from d2c.orbit.epoch import element_age_days, start_utc
from d2c.orbit.selection import is_d2c

_MOST_LISTED = 20


@click.group("elements")
def command() -> None:
    """Inspect orbital elements, or download current ones.

    \b
    Examples:
      d2c elements info starlink-d2c-2026-08
      d2c elements update
    """  # noqa: D301  # click wants the character itself


@command.command("info")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(name: str, as_json: bool) -> None:
    """Say what an element set holds.

    Counts, shells, epochs, ages and refused sets. NAME is a file (TLE, 3LE, or OMM as CSV, JSON or XML), a shipped
    set such as starlink-d2c-2026-08, or a downloaded group.

    \b
    Examples:
      d2c elements info starlink-d2c-2026-08
      d2c elements info starlink --json
    """  # noqa: D301  # click wants the character itself
    found = _info(read_elements(find_elements(name)))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo(
        f"{found['source']}: {found['satellites']:,} satellites, {found['d2c']:,} of them direct-to-cell by name; "
        f"{found['duplicates']:,} older duplicates dropped, {len(found['refused']):,} sets refused"
    )
    click.echo(
        f"epochs {found['first_epoch_utc']} to {found['last_epoch_utc']}, median {found['median_epoch_utc']}"
    )
    click.echo(f"median age now {found['median_age_days']:.1f} days")
    click.echo("shells:")
    for shell in found["shells"][:_MOST_LISTED]:
        click.echo(f"  {shell}")
    _say_more(len(found["shells"]))
    if found["refused"]:
        click.echo("refused:")
    for entry in found["refused"][:_MOST_LISTED]:
        click.echo(f"  line {entry['line']}: {entry['name']}: {entry['reason']}")
    _say_more(len(found["refused"]))


@command.command("update")
@click.option("--group", default="starlink", show_default=True, help="CelesTrak's name of the group.")
@click.option("--supplemental", is_flag=True, help="The operator's own data instead of the catalogue's.")
@click.option("--offline", is_flag=True, help="Never touch the network: only say what the cache holds.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def update(group: str, supplemental: bool, offline: bool, as_json: bool) -> None:
    """Download current elements.

    A group's, from CelesTrak into the user's cache: at most one download in two hours, as CelesTrak asks; then
    `d2c run --elements GROUP` uses them.

    \b
    Examples:
      d2c elements update
      d2c elements update --group iridium-NEXT
      d2c elements update --supplemental --offline --json
    """  # noqa: D301  # click wants the character itself
    path = celestrak.update(group, supplemental=supplemental, offline=offline)
    found = _info(read_elements(path))
    if as_json:
        click.echo(json.dumps({"name": path.stem, **found}, indent=2, ensure_ascii=False))
        return
    click.echo(
        f"{path.stem}: {found['satellites']:,} satellites, {found['d2c']:,} of them direct-to-cell by name, "
        f"median epoch {found['median_epoch_utc']}; use it with --elements {path.stem}"
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
        "first_epoch_utc": _to_second(epochs[0]),
        "median_epoch_utc": _to_second(epochs[len(epochs) // 2]),
        "last_epoch_utc": _to_second(epochs[-1]),
        "median_age_days": round(float(np.median(element_age_days(constellation, now))), 3),
        "refused": [{"line": r.line, "name": r.name, "reason": r.reason} for r in constellation.refused],
    }


def _to_second(instant: np.datetime64) -> str:
    return f"{np.datetime_as_string(instant, unit='s')}Z"


def _say_more(count: int) -> None:
    if count > _MOST_LISTED:
        click.echo(f"  ... and {count - _MOST_LISTED} more, all with --json")
