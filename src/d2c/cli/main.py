"""The command `d2c`: finds the subcommand, and turns errors into one line and an exit code."""

import atexit
import gc
import importlib
import os
import sys
import time
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from d2c import __version__
from d2c.cli.console import detail, take_verbosity
from d2c.errors import D2CError, ResultError

FAILURE, BAD_INPUT, INTERRUPTED = 1, 2, 130

# After so many new objects Python looks for cycles of dead ones. With its own 700 it looks through all that was
# imported and read again and again, 0.2 s of `d2c run italy`; arrays, which take the memory, do not wait for that.
_OBJECTS_BETWEEN_LOOKS = 1_000_000

# Module, and the line for `d2c --help`: the modules are imported only when their command runs, for a quick
# start.
COMMANDS = {
    "run": ("d2c.cli.commands.run", "Compute a coverage map from a scenario."),
    "link": ("d2c.cli.commands.link", "Print an itemised link budget."),
    "map": ("d2c.cli.commands.map", "Draw a map of any column of a result, or of its beams."),
    "passes": ("d2c.cli.commands.passes", "Say when satellites serve a place."),
    "sky": ("d2c.cli.commands.sky", "Say which satellites stand over a place."),
    "timeline": ("d2c.cli.commands.timeline", "Follow the best satellite over a place through the day."),
    "explain": ("d2c.cli.commands.explain", "Say why a cell of a result is as it is."),
    "compare": ("d2c.cli.commands.compare", "Compare two results: what B has more or less of than A."),
    "disaster": ("d2c.cli.commands.disaster", "Say how long until everybody in an area has sent a message."),
    "table": ("d2c.cli.commands.table", "Print a result by Italian region, province or municipality."),
    "sensitivity": (
        "d2c.cli.commands.sensitivity",
        "Vary what nobody publishes, one value at a time, and show what decides the answer.",
    ),
    "tradeoff": ("d2c.cli.commands.tradeoff", "Compare constellations, services and areas side by side."),
    "size": ("d2c.cli.commands.size", "Find the smallest Walker constellation that meets a target."),
    "scenario": ("d2c.cli.commands.scenario", "List, show and check scenarios."),
    "library": (
        "d2c.cli.commands.library",
        "List and show constellations, payloads, handsets, loss sets, services, limits and traffic.",
    ),
    "elements": ("d2c.cli.commands.elements", "Inspect orbital elements, or download current ones."),
    "doctor": ("d2c.cli.commands.doctor", "Say whether this installation is fit to work."),
    "verify": ("d2c.cli.commands.verify", "Check d2c against printed tables and other programs."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return take_verbosity(command)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; where the reader of a pipe has left, such as `head`, nothing is wrong."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # of which click would make exit code 1
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin so, without importing the commands."""
        found = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _print_versions(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import version  # not needed by any command, and `--help` shall be quick

        engines = ", ".join(
            f"{name} {version(name)}" for name in ("numba", "numpy", "skyfield", "sgp4", "h3")
        )
        click.echo(f"d2c {__version__} ({engines})")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_versions,
    help="Print the versions.",
)
def d2c() -> None:
    """Satellite link budgets and direct-to-cell coverage.

    Does a direct-to-cell satellite reach a handset, with what margin, and how long is the wait? `d2c run
    italy` answers that for every cell of a region and writes maps for QGIS and for a browser, a picture and a summary.

    \b
    Examples:
      d2c run italy
      d2c passes Lampedusa
      d2c run --help
    """  # noqa: D301  # click wants the character itself
    began = time.perf_counter()

    def end() -> None:
        detail(f"took {time.perf_counter() - began:.1f} s; version {__version__}, Python in {sys.prefix}")

    click.get_current_context().call_on_close(end)


take_verbosity(d2c)


def main() -> NoReturn:
    """Run the command line: exit 0, 1 failure, 2 usage or input, 3 a check failed, 130 interrupted."""
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
    atexit.register(gc.freeze)  # nor look a last time, which takes 0.1 s
    # before NumPy is loaded: no matrix is worth a second thread, which spins for 0.2 s of processor time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = d2c.main(standalone_mode=False)  # of click's `Exit`, which it catches; None at a command's end
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except D2CError as error:
        click.echo(f"d2c: {error}", err=True)
        sys.exit(FAILURE if isinstance(error, ResultError) else BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        click.echo("d2c: interrupted", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(code)
