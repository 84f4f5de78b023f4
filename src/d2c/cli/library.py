"""`d2c library`: payloads, handsets, loss sets, services and limits, every figure with its source."""

import json
import textwrap
from dataclasses import asdict
from typing import Any

import click

from d2c.errors import ScenarioError, did_you_mean
from d2c.link.pfd import level_unit
from d2c.link.service import requirement_need
from d2c.scenario.entry import SINGULAR, Entry, Kind, entry_names, read_entry
from d2c.scenario.systems import MODELS, Limit, Service, figures, settings

_WIDTH = 100
# The endings that names of figures carry, longest first
_UNITS = {
    "_dbw_m2_mhz": "dBW/m2/MHz",
    "_dbw_m2": "dBW/m2",
    "_dbw_mhz": "dBW/MHz",
    "_dbuv_m": "dBuV/m",
    "_db_k": "dB/K",
    "_kbps": "kbit/s",
    "_dbi": "dBi",
    "_dbm": "dBm",
    "_mhz": "MHz",
    "_deg": "deg",
    "_db": "dB",
    "_k": "K",
    "_m": "m",
}


@click.group("library")
def command() -> None:
    """List and show payloads, handsets, loss sets, services and limits."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_entries(as_json: bool) -> None:
    """List the library by kind; services with the C/N that they need."""
    kinds = {kind: {name: _listed(kind, name) for name in entry_names(kind)} for kind in MODELS}
    if as_json:
        click.echo(json.dumps(kinds, indent=2, ensure_ascii=False))
        return
    width = max(len(name) for entries in kinds.values() for name in entries)
    for kind, entries in kinds.items():
        click.echo(kind)
        for name, entry in entries.items():
            needs = "; ".join(_need_text(way, need) for way, need in entry.get("needs", {}).items())
            click.echo(f"  {name:{width}}  {entry['title']}{f' ({needs})' if needs else ''}")


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(name: str, as_json: bool) -> None:
    """Print an entry: every figure with its unit and source, and what is assumed.

    NAME is one that `d2c library list` gives.
    """
    kind = _kind_of(name)
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
        click.echo(f"\n{key} = {', '.join(value) if isinstance(value, list) else value}")
    for figure in found["figures"]:
        _print_figure(figure)


def _listed(kind: Kind, name: str) -> dict[str, Any]:
    entry = read_entry(kind, name, MODELS[kind])
    return {"title": entry.title, **_needs(entry)}


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
            for where, figure in figures(entry)
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


def _kind_of(name: str) -> Kind:
    kinds = {entry: kind for kind in MODELS for entry in entry_names(kind)}
    if name not in kinds:
        raise ScenarioError(f"the library has no '{name}'{did_you_mean(name, kinds)}")
    return kinds[name]
