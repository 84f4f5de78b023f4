"""Options that take several values after one another: `--elevation-deg 25 40 60`."""

from collections.abc import Iterator

import click


class SeveralValues(click.Command):
    """A command without arguments whose `multiple` options take one value or more each time they are given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give each further value its own option, then parse as usual."""
        several = {
            name
            for option in self.params
            if isinstance(option, click.Option) and option.multiple
            for name in option.opts
        }
        return super().parse_args(ctx, list(_spread(args, several)))


def _spread(args: list[str], several: set[str]) -> Iterator[str]:
    option, values = "", 0
    for arg in args:
        if arg.startswith("-") and not _is_number(arg):
            option, values = arg, 0
        elif option in several:
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
