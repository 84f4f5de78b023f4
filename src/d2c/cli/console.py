"""What a person is told beside the answer, on standard error: less with -q, more with -v."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import click

_LEVEL = f"{__name__}.level"  # in the memory that click shares between a command and its group
_QUIET, _PLAIN, _VERBOSE = -1, 0, 1


def say(text: str) -> None:
    """Tell a person, unless with -q."""
    if not quiet():
        click.echo(f"d2c: {text}", err=True)


def warn(text: str) -> None:
    """Warn a person, unless with -q; results carry their warnings with them."""
    say(f"warning: {text}")


def detail(text: str) -> None:
    """Tell a person who wants to know more, with -v."""
    if verbose():
        click.echo(f"d2c: {text}", err=True)


def quiet() -> bool:
    """Return whether -q was given."""
    return _level() == _QUIET


def verbose() -> bool:
    """Return whether -v was given."""
    return _level() == _VERBOSE


def say_when_compiling(told: Callable[[Callable[[], None]], AbstractContextManager[None]]) -> None:
    """Have this command say so if it has to compile: `told` is coverage's `told_of_compiling`."""
    notice = "compiling the kernels, once after each installation or update (some ten seconds)"
    click.get_current_context().with_resource(told(lambda: say(notice)))


def take_verbosity(command: click.Command) -> click.Command:
    """Return the command, and all commands below it, with -v and -q; they may also stand before its name."""
    if not any(param.name == "quiet" for param in command.params):
        command.params += [
            _flag(
                "-v", "--verbose", _VERBOSE, "Say more: what was read, all that was refused, the time taken."
            ),
            _flag("-q", "--quiet", _QUIET, "Say nothing but errors and what was asked for."),
        ]
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        take_verbosity(below)
    return command


def _flag(short: str, long: str, level: int, words: str) -> click.Option:
    def note(ctx: click.Context, _: click.Parameter, given: bool) -> Any:
        if given:
            ctx.meta[_LEVEL] = level

    return click.Option([short, long], is_flag=True, expose_value=False, callback=note, help=words)


def _level() -> int:
    context = click.get_current_context(silent=True)
    return context.meta.get(_LEVEL, _PLAIN) if context else _PLAIN
