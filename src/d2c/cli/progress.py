"""Progress on standard error: a bar with step rate and remaining time on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from d2c.cli.console import print_info


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} steps/s" if task.speed else "")


_EVERY_S = 15.0  # between two lines


class _ProgressLines:
    """Progress for logs and pipes: a line every 15 s, none for what is done earlier."""

    def __init__(self) -> None:
        """Start the clock."""
        self._started = self._printed = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Print a line if the last one is long ago."""
        now = time.monotonic()
        if now - self._printed >= _EVERY_S and 0 < done < total:
            self._printed = now
            left_s = (now - self._started) * (total - done) / done
            print_info(f"{done:,} of {total:,} steps, some {left_s:,.0f} s left")


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Yield the callback (done, total) in steps that reports progress; nothing is printed with `quiet`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _ProgressLines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet, transient=True) as bar:
        task = bar.add_task("preparing", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, description="steps", completed=done, total=total)

        yield progress
