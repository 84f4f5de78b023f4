"""`d2c elements`: summarise an orbital element file; download current elements within CelesTrak's rate limit."""

import click

import d2c
from d2c.cli.console import json_text
from d2c.cli.shared_options import json_option, tz_option
from d2c.local_time import shown_instant

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
@tz_option
@json_option
def info(name: str, as_json: bool) -> None:
    """Print the contents of an element file.

    Counts, shells, epochs, ages, dropped and rejected element sets. NAME is a file (TLE, 3LE, or OMM as CSV, JSON, XML
    or KVN; `-` is the standard input), a shipped set such as starlink-d2c-2026-08, or a downloaded group.

    \b
    Examples:
      d2c elements info starlink-d2c-2026-08
      d2c elements info starlink --json
    """  # noqa: D301  # click needs the backslash
    report = d2c.Elements.read(name).to_dict()
    if as_json:
        click.echo(json_text(report))
        return
    click.echo(
        f"{report['source']}: {report['satellites']:,} satellites, {report['d2c']:,} of them direct-to-cell by name; "
        f"{report['duplicates']:,} older or repeated sets dropped, {len(report['refused']):,} element sets rejected"
    )
    click.echo(
        "epochs {} to {}, median {}".format(
            *(shown_instant(report[f"{which}_epoch_utc"]) for which in ("first", "last", "median"))
        )
    )
    click.echo(f"median age {report['median_age_days']:.1f} days")
    click.echo("shells:")
    for shell in report["shells"][:_MAX_LISTED]:
        click.echo(f"  {shell}")
    _print_remaining(len(report["shells"]))
    for key, label in (("dropped", "dropped:"), ("refused", "rejected:")):
        if report[key]:
            click.echo(label)
        for entry in report[key][:_MAX_LISTED]:
            click.echo(f"  line {entry['line']}: {entry['name']}: {entry['reason']}")
        _print_remaining(len(report[key]))


@command.command("update")
@click.option("--group", default="starlink", show_default=True, help="CelesTrak's name of the group.")
@click.option(
    "--supplemental",
    is_flag=True,
    help="Supplemental elements from operator data instead of the catalogue's.",
)
@click.option("--offline", is_flag=True, help="No network access: use the cached file only.")
@tz_option
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
    elements = d2c.Elements.update(group, supplemental=supplemental, offline=offline)
    report = elements.to_dict()
    if as_json:
        click.echo(json_text({"name": elements.name, **report}))
        return
    click.echo(
        f"{elements.name}: {report['satellites']:,} satellites, {report['d2c']:,} of them direct-to-cell by name, "
        f"median epoch {shown_instant(report['median_epoch_utc'])}; use it with --elements {elements.name}"
    )


def _print_remaining(count: int) -> None:
    if count > _MAX_LISTED:
        click.echo(f"  ... and {count - _MAX_LISTED} more, all with --json")
