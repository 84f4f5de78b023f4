"""Write docs/api.md, the reference of the library, from the docstrings of its public names."""

import doctest
import inspect
import re
from pathlib import Path

import d2c

PAGE = Path(__file__).with_name("api.md")
_HEAD = """\
# Reference of the library

Every name of `import d2c`, from its docstring, by `python docs/build_api.py`; a test runs the examples and fails when
this page is not current. [library.md](library.md) is the guide.
"""
_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
_LISTS = ("Parameters", "Attributes", "Raises", "Warns", "Returns")


def page() -> str:
    """Return the page: functions first, then classes, each in alphabetical order."""
    things = {name: getattr(d2c, name) for name in d2c.__all__ if name != "__version__"}
    functions = [name for name, thing in things.items() if inspect.isfunction(thing)]
    classes = [name for name in things if name not in functions]
    parts = [_HEAD]
    for title, names in (("Functions", functions), ("Classes", classes)):
        parts.append(f"## {title}\n\n{' · '.join(f'[{name}](#{name.lower()})' for name in names)}\n")
        parts += [_entry(name, things[name]) for name in names]
    return "\n".join(parts)


def _entry(name: str, thing: object) -> str:
    lines = [f"### {name}\n"]
    if inspect.isfunction(thing):
        lines.append(f"```\n{_signature(name, thing)}\n```\n")
    lines.append(_markdown(inspect.getdoc(thing) or ""))
    if inspect.isclass(thing):
        lines += [_member(thing, member) for member in _members(thing)]
    return "\n".join(lines)


def _members(thing: type) -> list[str]:
    """Return the public members that d2c itself documents, in the order of the source, inherited ones last."""
    own = [base for base in thing.__mro__ if base.__module__.startswith("d2c.")]
    names = dict.fromkeys(name for base in own for name, member in vars(base).items() if _is_member(member))
    return [name for name in names if not name.startswith("_")]


def _is_member(member: object) -> bool:
    kinds = (property, classmethod, staticmethod)
    return (inspect.isfunction(member) or isinstance(member, kinds)) and bool(inspect.getdoc(member))


def _member(thing: type, name: str) -> str:
    member = inspect.getattr_static(thing, name)
    text = _markdown(inspect.getdoc(member) or "")
    first, _, rest = text.partition("\n")
    shown = f"`.{name}`"
    if not isinstance(member, property):
        function = getattr(thing, name)
        shown = f"`.{_signature(name, function)}`"
    return f"- {shown}: {first}\n" + "".join(f"  {line}".rstrip() + "\n" for line in rest.splitlines())


def _signature(name: str, function: object) -> str:
    """Return a call with its defaults, without types, which the parameters say."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]
    return f"{name}{signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)}"


def _markdown(text: str) -> str:
    """Return a numpydoc docstring as Markdown: bold sections, lists of parameters, fenced examples."""
    opening, *sections = _SECTION.split(text)
    parts = [opening.strip()]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Examples":
            parts.append(f"**{title}**\n\n```pycon\n{_without_blank_marks(body).strip()}\n```")
        elif title in _LISTS:
            parts.append(f"**{title}**\n\n{_items(body)}")
        else:
            parts.append(f"**{title}**: {' '.join(body.split())}")
    return "\n\n".join(parts) + "\n"


def _without_blank_marks(body: str) -> str:
    return body.replace(doctest.BLANKLINE_MARKER, "")


def _items(body: str) -> str:
    """Return the entries of a section, each with its type and its text."""
    items: list[str] = []
    for line in body.strip().splitlines():
        if line.startswith(" "):
            items[-1] += f" {line.strip()}"
        elif line:
            name, colon, kind = line.partition(" : ")
            items.append(f"- `{name}`" + (f" ({kind})" if colon else "") + ":")
    return "\n".join(item.removesuffix(":") if item.endswith("`:") else item for item in items)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
