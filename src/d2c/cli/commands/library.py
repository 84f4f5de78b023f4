"""`d2c library`: the library by kind, every figure with its source."""

import json
import textwrap
from dataclasses import asdict
from typing import Any

import click

from d2c.errors import ScenarioError, did_you_mean
from d2c.library.constellation import System
from d2c.library.entry import SINGULAR, Entry, Kind, entry_names, read_entry, settings, sourced_figures
from d2c.library.models import MODELS, Limit, Service
from d2c.link.pfd import level_unit
from d2c.link.service import requirement_need

_WIDTH = 100
# The endings that names of figures carry, longest first
_UNITS = {
    "_dbw_m2_mhz": "dBW/m2/MHz",
    "_dbw_m2": "dBW/m2",
    "_dbw_mhz": "dBW/MHz",
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
    """List and show constellations, payloads, handsets, loss sets, services, limits and traffic.

    \b
    Examples:
      d2c library list
      d2c library show starlink-d2c
    """  # noqa: D301  # click wants the character itself


_KINDS = click.Choice(list(MODELS))


@command.command("list")
@click.argument("kind", type=_KINDS, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_entries(kind: Kind | None, as_json: bool) -> None:
    """List the library by kind.

    All of it or one KIND: constellations with whom they serve, services with the C/N that they need.

    \b
    Examples:
      d2c library list
      d2c library list services
    """  # noqa: D301  # click wants the character itself
    asked = [kind] if kind else list(MODELS)
    kinds = {kind: {name: _listed(kind, name) for name in entry_names(kind)} for kind in asked}
    if as_json:
        click.echo(json.dumps(kinds, indent=2, ensure_ascii=False))
        return
    width = max(len(name) for entries in kinds.values() for name in entries)
    for kind, entries in kinds.items():
        click.echo(kind)
        for name, entry in entries.items():
            told = "; ".join(_need_text(way, need) for way, need in entry.get("needs", {}).items())
            told = told or " and ".join(f"{served}s" for served in entry.get("serves", ()))
            click.echo(f"  {name:{width}}  {entry['title']}{f' ({told})' if told else ''}")


@command.command("show")
@click.argument("words", nargs=-1, required=True, metavar="[KIND] NAME")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(words: tuple[str, ...], as_json: bool) -> None:
    """Print an entry with its sources.

    Every figure with its unit and source, and what is assumed. NAME is one that `d2c library list` gives; KIND,
    such as constellations, tells two of one name apart.

    \b
    Examples:
      d2c library show text
      d2c library show payloads starlink-d2c --json
    """  # noqa: D301  # click wants the character itself
    kinds, name = _kinds_of(words)
    if as_json and len(kinds) > 1:
        raise ScenarioError(
            f"'{name}' is a {' and a '.join(SINGULAR[kind] for kind in kinds)}; write which: d2c library show "
            f"{kinds[0]} {name} --json"
        )
    for number, kind in enumerate(kinds):
        if number:
            click.echo()
        _show(kind, name, as_json=as_json)


def _show(kind: Kind, name: str, *, as_json: bool) -> None:
    entry = read_entry(kind, name, MODELS[kind])
    found = _shown(kind, name, entry)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo(f"{name}: {entry.title} ({SINGULAR[kind]})")
    if entry.based_on:
        click.echo(f"based on {entry.based_on}")
    if entry.note:
        click.echo("\n" + textwrap.fill(entry.note.strip(), _WIDTH))
    for way, need in found.get("needs", {}).items():
        origin = "derived from the bit rate" if need["derived"] else "stated"
        click.echo(f"\n{_need_text(way, need)}, {origin}")
    for key, value in found["settings"].items():
        click.echo(f"\n{key} = {', '.join(map(str, value)) if isinstance(value, list) else value}")
    for figure in found["figures"]:
        _print_figure(figure)


def _listed(kind: Kind, name: str) -> dict[str, Any]:
    entry = read_entry(kind, name, MODELS[kind])
    serves = {"serves": list(entry.serves)} if isinstance(entry, System) else {}
    return {"title": entry.title, **serves, **_needs(entry)}


def _shown(kind: Kind, name: str, entry: Entry) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "title": entry.title,
        "note": entry.note.strip(),
        "based_on": entry.based_on,
        **_needs(entry),
        "settings": {where: list(v) if isinstance(v, tuple) else v for where, v in settings(entry)},
        "figures": [
            {"name": where, **figure.model_dump(), "unit": _unit(where, entry)}
            for where, figure in sourced_figures(entry)
        ],
    }


def _needs(entry: Entry) -> dict[str, Any]:
    """Return the C/N that a service needs in each direction, under `needs`; nothing for another entry."""
    if not isinstance(entry, Service):
        return {}
    ways = {"downlink": entry.downlink, "uplink": entry.uplink}
    return {"needs": {way: asdict(requirement_need(asked)) for way, asked in ways.items() if asked}}


def _need_text(way: str, need: dict[str, Any]) -> str:
    return f"{way} C/N {need['c_n_db']:.1f} dB, CQI {need['cqi']}"


def _unit(where: str, entry: Entry) -> str:
    """Return the unit that a key's ending names; none for counts and ratios."""
    if isinstance(entry, Limit) and where.startswith("levels"):
        return level_unit(entry)
    return next((unit for ending, unit in _UNITS.items() if where.endswith(ending)), "")


def _print_figure(figure: dict[str, Any]) -> None:
    click.echo(f"\n{figure['name']} = {figure['value']:g} {figure['unit']}".rstrip())
    for label, text in (("source", figure["source"]), ("ASSUMED", figure["assumed"])):
        if text:
            click.echo(
                textwrap.fill(f"{label}: {text}", _WIDTH, initial_indent="    ", subsequent_indent="        ")
            )


def _kinds_of(words: tuple[str, ...]) -> tuple[list[Kind], str]:
    """Return the kinds that have an entry of the name asked for, and the name."""
    name = words[-1]
    kinds = [kind for kind in MODELS if words[:-1] in ((), (kind,))]
    if not kinds:
        raise ScenarioError(f"write [KIND] NAME; the kinds are {', '.join(MODELS)}")
    having = [kind for kind in kinds if name in entry_names(kind)]
    if not having:
        names = [entry for kind in kinds for entry in entry_names(kind)]
        raise ScenarioError(f"the library has no '{name}'{did_you_mean(name, names)}")
    return having, name
