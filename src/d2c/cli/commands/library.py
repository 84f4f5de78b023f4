"""`d2c library`: list and print entries with units and sources, as files to start from too; check one's own."""

import textwrap
from dataclasses import asdict
from typing import Any

import click

from d2c.cli.console import json_text
from d2c.cli.shared_options import json_option
from d2c.errors import ScenarioError, did_you_mean
from d2c.library.constellation import System
from d2c.library.entry import (
    GIVEN,
    KIND_NAMES,
    Entry,
    Kind,
    entry_names,
    entry_settings,
    entry_toml,
    read_entry,
    sourced_figures,
)
from d2c.library.models import MODELS, Limit, Service
from d2c.library.own_entry import check_entry, kind_of_file
from d2c.library.schema import entry_schema
from d2c.link.pfd import level_unit
from d2c.link.service import required_cn_with_cqi, requirement_text

_WIDTH = 100
# Unit of a figure by the ending of its name, longest ending first
_UNITS = {
    "_dbw_m2_mhz": "dBW/m2/MHz",
    "_dbw_m2": "dBW/m2",
    "_dbw_mhz": "dBW/MHz",
    "_dbw": "dBW",
    "_percent": "%",
    "_octets": "octets",
    "_dbuv_m": "dBuV/m",
    "_db_k": "dB/K",
    "_kbps": "kbit/s",
    "_dbi": "dBi",
    "_dbm": "dBm",
    "_mhz": "MHz",
    "_deg": "deg",
    "_km": "km",
    "_db": "dB",
    "_k": "K",
    "_m": "m",
}


@click.group("library")
def command() -> None:
    """List, show and check constellations, payloads, handsets, loss sets, services, limits and traffic.

    \b
    Examples:
      d2c library list
      d2c library show starlink-d2c
      d2c library show smartphone --toml > mine.toml
      d2c library check mine.toml
    """  # noqa: D301  # click needs the backslash


_KINDS = click.Choice(list(MODELS))


@command.command("list")
@click.argument("kind", type=_KINDS, required=False)
@json_option
def list_entries(kind: Kind | None, as_json: bool) -> None:
    """List the library by kind.

    All kinds or one KIND: constellations with the users they serve, services with their required C/N.

    \b
    Examples:
      d2c library list
      d2c library list services
    """  # noqa: D301  # click needs the backslash
    selected = [kind] if kind else list(MODELS)
    kinds = {kind: {name: _list_entry(kind, name) for name in entry_names(kind)} for kind in selected}
    if as_json:
        click.echo(json_text(kinds))
        return
    width = max(len(name) for entries in kinds.values() for name in entries)
    for kind, entries in kinds.items():
        click.echo(kind)
        for name, entry in entries.items():
            details = "; ".join(
                _need_text(direction, need) for direction, need in entry.get("needs", {}).items()
            )
            details = details or " and ".join(f"{served}s" for served in entry.get("serves", ()))
            click.echo(f"  {name:{width}}  {entry['title']}{f' ({details})' if details else ''}")


@command.command("show")
@click.argument("kind_and_name", nargs=-1, required=True, metavar="[KIND] NAME")
@json_option
@click.option(
    "--toml", "as_toml", is_flag=True, help="Print as TOML: a file to start an entry of one's own from."
)
def show(kind_and_name: tuple[str, ...], as_json: bool, as_toml: bool) -> None:
    """Print an entry with its sources.

    Every figure with its unit and source, and the reason if it is assumed. NAME is one of `d2c library list`, or a
    TOML file; KIND, such as constellations, selects one of several entries with the same name. --toml prints all that
    the entry holds, with what it inherits.

    \b
    Examples:
      d2c library show text
      d2c library show payloads starlink-d2c --json
      d2c library show smartphone --toml > mine.toml
    """  # noqa: D301  # click needs the backslash
    kinds, name = _kinds_with_entry(kind_and_name)
    if (as_json or as_toml) and len(kinds) > 1:
        raise ScenarioError(
            f"'{name}' is a {' and a '.join(KIND_NAMES[kind] for kind in kinds)}; give the kind: d2c library show "
            f"{kinds[0]} {name} {'--json' if as_json else '--toml'}"
        )
    if as_toml:
        click.echo(f"# {KIND_NAMES[kinds[0]]}, from {name}; d2c library check FILE checks a file like this")
        click.echo(entry_toml(read_entry(kinds[0], name, MODELS[kinds[0]])), nl=False)
        return
    for number, kind in enumerate(kinds):
        if number:
            click.echo()
        _print_entry(kind, name, as_json=as_json)


@command.command("check")
@click.argument("kind_and_file", nargs=-1, required=True, metavar="[KIND] FILE")
@json_option
def check(kind_and_file: tuple[str, ...], as_json: bool) -> None:
    """Check an entry of one's own.

    FILE is a TOML file with a payload, a handset or another entry; its keys tell which, unless KIND does. What it names
    is read too. Exit code 2 if anything is wrong; all missing keys are named at once.

    \b
    Examples:
      d2c library check mine.toml
      d2c library check payloads mine.toml --json
    """  # noqa: D301  # click needs the backslash
    kinds, file = _kinds_with_entry(kind_and_file)
    entry = check_entry(kinds[0], file)
    report = _entry_report(kinds[0], file, entry)
    figures = report["figures"]
    counts = {
        "figures": len(figures),
        "given_by_the_user": sum(figure["source"] == GIVEN for figure in figures),
        "assumed": sum(bool(figure["assumed"]) for figure in figures),
    }
    if as_json:
        click.echo(json_text({"file": file, "kind": kinds[0], "title": entry.title, **counts}))
        return
    figures_text = "1 figure" if len(figures) == 1 else f"{len(figures)} figures"
    click.echo(
        f"{file}: valid {KIND_NAMES[kinds[0]]} '{entry.title}'; {figures_text}, "
        f"{counts['given_by_the_user']} given by the user, {counts['assumed']} assumed"
    )


@command.command("schema")
@click.argument("kind", type=_KINDS)
def schema(kind: Kind) -> None:
    """Print the JSON schema of a kind of entry.

    For editors that complete and check TOML files.

    \b
    Example:
      d2c library schema payloads > d2c-payload.json
    """  # noqa: D301  # click needs the backslash
    click.echo(json_text(entry_schema(kind)))


def _print_entry(kind: Kind, name: str, *, as_json: bool) -> None:
    entry = read_entry(kind, name, MODELS[kind])
    entry_report = _entry_report(kind, name, entry)
    if as_json:
        click.echo(json_text(entry_report))
        return
    click.echo(f"{name}: {entry.title} ({KIND_NAMES[kind]})")
    if entry.based_on:
        click.echo(f"based on {entry.based_on}")
    if entry.note:
        click.echo("\n" + textwrap.fill(entry.note.strip(), _WIDTH))
    for direction, need in entry_report.get("needs", {}).items():
        reason = requirement_text(getattr(entry, direction))
        click.echo(
            "\n" + textwrap.fill(f"{_need_text(direction, need)}: {reason}", _WIDTH, subsequent_indent="    ")
        )
    for key, value in entry_report["settings"].items():
        text = f"{key} = {', '.join(map(str, value)) if isinstance(value, list) else value}"
        click.echo("\n" + textwrap.fill(text, _WIDTH, subsequent_indent="        "))
    for figure in entry_report["figures"]:
        _print_figure(figure)


def _list_entry(kind: Kind, name: str) -> dict[str, Any]:
    entry = read_entry(kind, name, MODELS[kind])
    serves = {"serves": list(entry.serves)} if isinstance(entry, System) else {}
    return {"title": entry.title, **serves, **_needs(entry)}


def _entry_report(kind: Kind, name: str, entry: Entry) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "title": entry.title,
        "note": entry.note.strip(),
        "based_on": entry.based_on,
        **_needs(entry),
        "settings": {key: list(v) if isinstance(v, tuple) else v for key, v in entry_settings(entry)},
        "figures": [
            {"name": key, **figure.model_dump(), "unit": _unit(key, entry)}
            for key, figure in sourced_figures(entry)
        ],
    }


def _needs(entry: Entry) -> dict[str, Any]:
    """Return the required C/N of a service in each direction, under `needs`; empty for other entries."""
    if not isinstance(entry, Service):
        return {}
    requirements = {"downlink": entry.downlink, "uplink": entry.uplink}
    needs = {
        direction: asdict(required_cn_with_cqi(requirement))
        for direction, requirement in requirements.items()
        if requirement
    }
    return {"needs": needs}


def _need_text(direction: str, need: dict[str, Any]) -> str:
    return f"{direction} C/N {need['c_n_db']:.1f} dB, CQI {need['cqi']}"


def _unit(key: str, entry: Entry) -> str:
    """Return the unit by the ending of a key; empty for counts and ratios."""
    if isinstance(entry, Limit) and key.startswith("levels"):
        return level_unit(entry)
    return next((unit for ending, unit in _UNITS.items() if key.endswith(ending)), "")


def _print_figure(figure: dict[str, Any]) -> None:
    click.echo(f"\n{figure['name']} = {figure['value']:g} {figure['unit']}".rstrip())
    for label, text in (("source", figure["source"]), ("ASSUMED", figure["assumed"])):
        if text:
            click.echo(
                textwrap.fill(f"{label}: {text}", _WIDTH, initial_indent="    ", subsequent_indent="        ")
            )


def _kinds_with_entry(kind_and_name: tuple[str, ...]) -> tuple[list[Kind], str]:
    """Return the kinds that have an entry of the given name, and the name; of a file, the kind that it is of."""
    name = kind_and_name[-1]
    kinds = [kind for kind in MODELS if kind_and_name[:-1] in ((), (kind,))]
    if not kinds:
        raise ScenarioError(f"write [KIND] NAME; the kinds are {', '.join(MODELS)}")
    matching = [kind for kind in kinds if name in entry_names(kind)]
    if not matching and name.endswith(".toml"):
        return [kinds[0] if kind_and_name[:-1] else kind_of_file(name)], name
    if not matching:
        names = [entry for kind in kinds for entry in entry_names(kind)]
        raise ScenarioError(f"the library has no '{name}'{did_you_mean(name, names)}")
    return matching, name
