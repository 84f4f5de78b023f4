"""Messages and warnings on standard error, filtered by -q (quiet) and -v (verbose); the text of --json."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from d2c.notices import D2CWarning, log
from d2c.printable import printable_lines

_LEVEL = f"{__name__}.level"  # key in `Context.meta`, which click shares between a command and its group
_QUIET, _NORMAL, _VERBOSE = -1, 0, 1


def json_text(content: object) -> str:
    """Return what --json prints."""
    return json.dumps(content, indent=2, ensure_ascii=False)


def print_info(text: str) -> None:
    """Print a message, unless -q was given."""
    if not is_quiet():
        _print_message(text)


def print_warning(text: str) -> None:
    """Print a warning, unless -q was given; results store their warnings as well."""
    print_info(f"warning: {text}")


def print_detail(text: str) -> None:
    """Print a message only if -v was given."""
    if is_verbose():
        _print_message(text)


def _print_message(text: str) -> None:
    with suppress(OSError):  # a command does not fail because nobody can be told how it goes
        click.echo(f"d2c: {printable_lines(text)}", err=True)


@contextmanager
def printed_notices() -> Iterator[None]:
    """Print the warnings of the library, and what it logs: information as messages, the rest with -v."""
    handler, level = _Printer(), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", D2CWarning)
            shown = warnings.showwarning

            def show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
                if issubclass(category, D2CWarning):
                    print_warning(str(message))
                else:
                    shown(message, category, *where, **more)

            warnings.showwarning = show
            yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class _Printer(logging.Handler):
    """Prints what the library logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record by its level."""
        (print_info if record.levelno >= logging.INFO else print_detail)(record.getMessage())


def is_quiet() -> bool:
    """Return whether -q was given."""
    return _level() == _QUIET


def is_verbose() -> bool:
    """Return whether -v was given."""
    return _level() == _VERBOSE


def add_verbosity_options(command: click.Command) -> click.Command:
    """Add -v and -q to a command and all its subcommands, and return it; both may also precede its name."""
    if not any(param.name == "quiet" for param in command.params):
        command.params += [
            _flag("-v", "--verbose", _VERBOSE, "Print more: inputs read, all rejected sets, run time."),
            _flag("-q", "--quiet", _QUIET, "Print only errors and the requested output."),
        ]
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        add_verbosity_options(subcommand)
    return command


def _flag(short: str, long: str, level: int, help_text: str) -> click.Option:
    def set_level(ctx: click.Context, _: click.Parameter, given: bool) -> Any:
        if given:
            ctx.meta[_LEVEL] = level

    return click.Option([short, long], is_flag=True, expose_value=False, callback=set_level, help=help_text)


def _level() -> int:
    context = click.get_current_context(silent=True)
    return context.meta.get(_LEVEL, _NORMAL) if context else _NORMAL
