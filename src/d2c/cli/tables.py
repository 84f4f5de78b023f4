"""Printing of wide tables: as wide as the terminal, without wrapping into a file or pipe."""

from collections.abc import Iterable, Sequence

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from d2c.printable import printable

_DEFAULT_WIDTH = 200  # characters, where there is no terminal


def print_wide_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int, wrap_first: bool = True
) -> None:
    """Print a table in the terminal's width, or in 200 characters where there is no terminal.

    The first columns are `texts`, to the left; the others are figures, to the right.
    """
    table = Table(box=None, pad_edge=False)
    for k, name in enumerate(header):
        justify: JustifyMethod = "left" if k < texts else "right"
        table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=k == 0 and not wrap_first)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_DEFAULT_WIDTH)
    console.print(table)
