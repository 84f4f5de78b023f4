"""Shell completion of scenario, area and trade-off names; click completes commands, options and files."""

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

ShellCompletion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def complete_names_or_files(names: str, *kind: Any) -> ShellCompletion:
    """Return a completion by names, and by files where no name has the prefix.

    names: the function of `d2c.api.names` that lists them; kind: what it takes.
    """

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from d2c.api import names as shipped  # here for start-up time

        found = getattr(shipped, names)(*kind)
        matches = [CompletionItem(name) for name in found if name.startswith(incomplete)]
        return matches or [CompletionItem(incomplete, type="file")]

    return complete
