"""Tables of a page that stand between marks, which the scripts beside this one write anew."""


def replace_between(text: str, begin: str, end: str, table: str) -> str:
    """Return a page with this table between two marks, in place of what stood there."""
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
