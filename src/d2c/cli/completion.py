"""Shell completion of scenario, area and trade-off names; click completes commands, options and files."""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

ShellCompletion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def complete_names_or_files(names: Callable[[], Iterable[str]]) -> ShellCompletion:
    """Return a completion by names, and by files where no name has the prefix."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        matches = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
        return matches or [CompletionItem(incomplete, type="file")]

    return complete
