"""Printing of wide tables: as wide as the terminal, without wrapping into a file or pipe."""

from rich.console import Console
from rich.table import Table

_DEFAULT_WIDTH = 200  # characters, where there is no terminal


def print_wide_table(table: Table) -> None:
    """Print a table in the terminal's width, or in 200 characters where there is no terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_DEFAULT_WIDTH)
    console.print(table)
