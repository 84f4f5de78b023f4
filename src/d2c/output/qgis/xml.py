"""The XML that QGIS keeps styles, metadata and projects in: elements with their values as text."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

VERSION = "3.22.0"  # the oldest QGIS that this was tried in; newer ones read what older ones wrote

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def element(tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    """Return an element; characters that XML cannot hold are left out."""
    made = ET.Element(tag, {name: _allowed(value) for name, value in attributes.items()})
    made.text = _allowed(text)
    return made


def child(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    """Return a new last child of `parent`."""
    made = element(tag, text, **attributes)
    parent.append(made)
    return made


def option_map(parent: ET.Element, values: Mapping[str, str]) -> None:
    """Add the properties of a symbol layer."""
    options = child(parent, "Option", type="Map")
    for name, value in values.items():
        child(options, "Option", type="QString", name=name, value=value)


def document(root: ET.Element) -> str:
    """Return the element as a file of QGIS, the same text each time."""
    ET.indent(root, " ")
    return f"<!DOCTYPE qgis>\n{ET.tostring(root, encoding='unicode')}\n"


def _allowed(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
