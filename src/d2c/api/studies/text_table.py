"""A table as plain text: the first columns are texts, to the left, the others figures, to the right."""

from collections.abc import Sequence


def text_table(rows: Sequence[Sequence[str]], *, texts: int) -> str:
    """Return rows in aligned columns; the first row is the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k < texts else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
