"""The order of options in the help of every command."""

import click

_FIRST = ("site", "cell", "scenario")
_ASKED = ("area", "system", "payload", "handset", "losses", "environment", "mix", "service", "elements")
_SPAN = ("min-elevation-deg", "from", "time", "hours", "tz", "set")
_LAST = ("workers", "output", "replace", "format", "json", "csv", "markdown", "ics", "verbose", "quiet")
_RANKS = {name: rank for rank, name in enumerate((*_FIRST, *_ASKED, *_SPAN))}
_OWN = len(_RANKS)
_RANKS |= {name: _OWN + 1 + rank for rank, name in enumerate(_LAST)}


def sort_options(command: click.Command) -> None:
    """Sort the options of a command and of its subcommands: place, question, span, its own, and what it writes."""
    command.params.sort(key=_rank)
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        sort_options(subcommand)


def _rank(parameter: click.Parameter) -> int:
    if not isinstance(parameter, click.Option):
        return -1
    return min((_RANKS[name] for o in parameter.opts if (name := o.lstrip("-")) in _RANKS), default=_OWN)
