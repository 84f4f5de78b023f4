"""Tables on a terminal; in a file or a pipe their lines are not folded."""

from rich.console import Console
from rich.table import Table

_UNFOLDED = 200  # columns of the table where no terminal limits them


def print_wide(table: Table) -> None:
    """Print a table as wide as the terminal, or as 200 columns where there is none."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_UNFOLDED)
    console.print(table)
