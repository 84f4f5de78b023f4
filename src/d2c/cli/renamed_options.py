"""Commands whose options had other names: the old names keep working, with a note."""

from collections.abc import Mapping
from typing import Any

import click

from d2c.cli.console import print_info


class RenamingCommand(click.Command):
    """A command that reads old names of its options as the new ones."""

    def __init__(self, *args: Any, renamed: Mapping[str, str] | None = None, **settings: Any) -> None:
        """Make the command; `renamed`: the new name of an option by its old one."""
        super().__init__(*args, **settings)
        self.renamed = dict(renamed or {})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Replace old names, then parse as usual."""
        return super().parse_args(ctx, [self._new_name(arg) for arg in args])

    def _new_name(self, arg: str) -> str:
        old, equals, value = arg.partition("=")
        if old not in self.renamed:
            return arg
        print_info(f"{old} is now {self.renamed[old]}")
        return f"{self.renamed[old]}{equals}{value}"
