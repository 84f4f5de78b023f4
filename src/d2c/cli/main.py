"""Entry point of the command `d2c`: loads the subcommand and turns errors into one line and an exit code."""

import atexit
import gc
import importlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from d2c import __version__
from d2c.cli.console import add_verbosity_options, print_detail, printed_notices
from d2c.cli.option_order import sort_options
from d2c.cli.surroundings import drop_output, exit_code

# Threshold of the garbage collector in new objects. Python's default of 700 scans all imported modules and input data
# repeatedly, 0.2 s of `d2c run italy`; arrays, which take most of the memory, are freed by reference counting.
_GC_THRESHOLD = 1_000_000

# Module, and the line for `d2c --help`: a module is imported only when its command runs, for start-up time.
COMMANDS = {
    "run": ("d2c.cli.commands.run", "Compute a coverage map from a scenario."),
    "link": ("d2c.cli.commands.link", "Print an itemised link budget."),
    "map": ("d2c.cli.commands.map", "Draw a map of any column of a result, or of its beams."),
    "passes": ("d2c.cli.commands.passes", "List the satellite passes and service windows of a place."),
    "sky": ("d2c.cli.commands.sky", "List the satellites in view of a place at an instant."),
    "timeline": (
        "d2c.cli.commands.timeline",
        "Plot C/N and elevation of the best server of a place over time.",
    ),
    "explain": ("d2c.cli.commands.explain", "Explain the figures of one cell of a result."),
    "compare": ("d2c.cli.commands.compare", "Compare two results: coverage gained and lost from A to B."),
    "disaster": (
        "d2c.cli.commands.disaster",
        "Compute how long until everybody in an area has sent a message.",
    ),
    "table": ("d2c.cli.commands.table", "Print a result by area."),
    "sensitivity": (
        "d2c.cli.commands.sensitivity",
        "Vary the assumed values one at a time and rank their effect on the results.",
    ),
    "sweep": ("d2c.cli.commands.sweep", "Run a scenario with several values of some of its keys."),
    "tradeoff": ("d2c.cli.commands.tradeoff", "Compare constellations, services and areas side by side."),
    "size": ("d2c.cli.commands.size", "Find the smallest Walker constellation that meets a target."),
    "area": ("d2c.cli.commands.area", "List the built-in areas."),
    "scenario": ("d2c.cli.commands.scenario", "List, show and check scenarios."),
    "library": (
        "d2c.cli.commands.library",
        "List, show and check constellations, payloads, handsets, loss sets, services, limits and traffic.",
    ),
    "elements": ("d2c.cli.commands.elements", "Inspect orbital elements, or download current ones."),
    "doctor": ("d2c.cli.commands.doctor", "Check this installation: versions, elements and a self-test."),
    "verify": ("d2c.cli.commands.verify", "Check d2c against printed tables and other programs."),
}


class LazyGroup(click.Group):
    """A command group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, the most used ones first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        add_verbosity_options(command)
        sort_options(command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, and print help and versions."""
        with _closed_pipe_ends(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        with _closed_pipe_ends(ctx), printed_notices():
            return super().invoke(ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options with the prefix, without importing the commands."""
        matches = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return matches + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@contextmanager
def _closed_pipe_ends(ctx: click.Context) -> Iterator[None]:
    """End without an error where the reader of a pipe, such as `head`, closes it; click would exit with 1."""
    try:
        yield
    except BrokenPipeError:
        drop_output()
        ctx.exit(0)


def _print_versions(ctx: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not ctx.resilient_parsing:
        from importlib.metadata import version  # here for start-up time: no command needs it

        dependencies = ", ".join(
            f"{name} {version(name)}" for name in ("numba", "numpy", "skyfield", "sgp4", "h3")
        )
        click.echo(f"d2c {__version__} ({dependencies})")
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

    Link margin, availability, gaps and waiting time of a direct-to-cell service. `d2c run italy` computes them for
    every cell of a region and writes maps for QGIS and for a browser, a picture and a summary.

    \b
    Examples:
      d2c run italy
      d2c passes Lampedusa
      d2c run --help

    Exit codes: 0 done, 1 failure, 2 wrong input, 3 a check or target is not met, 130 interrupted
    (129, 143 by SIGHUP, SIGTERM).
    """  # noqa: D301  # click needs the backslash
    started = time.perf_counter()

    def report_run_time() -> None:
        run_time_s = time.perf_counter() - started
        print_detail(f"took {run_time_s:.1f} s; version {__version__}, Python in {sys.prefix}")

    click.get_current_context().call_on_close(report_run_time)


add_verbosity_options(d2c)


def main() -> NoReturn:
    """Run the command line: exit 0, 1 failure, 2 usage or input, 3 a check failed, 129, 130, 143 by a signal."""
    gc.set_threshold(_GC_THRESHOLD)
    atexit.register(gc.freeze)  # skips the last collection, 0.1 s
    # before NumPy is loaded: no matrix is large enough for a second thread, which spins for 0.2 s of processor time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # before numba is: a thread of the kernels that waits for the others or for Python spins, 0.9 s of `d2c run italy`
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.exit(exit_code(lambda: d2c.main(standalone_mode=False)))  # the code of click's `Exit`, else None
