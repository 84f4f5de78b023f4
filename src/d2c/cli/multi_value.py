"""Options with several values after one option name: `--elevation-deg 25 40 60`."""

from collections.abc import Iterator

import click

from d2c.cli.renamed_options import RenamingCommand


class MultiValueCommand(RenamingCommand):
    """A command without positional arguments whose `multiple` options take one or more values per occurrence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the option name before each further value, then parse as usual."""
        multi_value_options = {
            name
            for option in self.params
            if isinstance(option, click.Option) and option.multiple
            for name in option.opts
        }
        return super().parse_args(ctx, list(_repeat_option_name(args, multi_value_options)))


def _repeat_option_name(args: list[str], multi_value_options: set[str]) -> Iterator[str]:
    option, values = "", 0
    for arg in args:
        if arg.startswith("-") and not _is_number(arg):
            option, values = arg, 0
        elif option in multi_value_options:
            values += 1
            if values > 1:
                yield option
        yield arg


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
