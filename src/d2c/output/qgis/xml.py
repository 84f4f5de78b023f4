"""XML elements of QGIS styles, metadata and projects."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

VERSION = "3.22.0"  # the oldest QGIS tested; newer versions read older files

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def element(tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    """Return an element; characters not allowed in XML are removed."""
    new = ET.Element(tag, {name: _allowed(value) for name, value in attributes.items()})
    new.text = _allowed(text)
    return new


def child(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    """Append a child to `parent` and return it."""
    new = element(tag, text, **attributes)
    parent.append(new)
    return new


def option_map(parent: ET.Element, values: Mapping[str, str]) -> None:
    """Add the properties of a symbol layer."""
    options = child(parent, "Option", type="Map")
    for name, value in values.items():
        child(options, "Option", type="QString", name=name, value=value)


def document(root: ET.Element) -> str:
    """Return the element as a QGIS document, reproducibly formatted."""
    ET.indent(root, " ")
    return f"<!DOCTYPE qgis>\n{ET.tostring(root, encoding='unicode')}\n"


def _allowed(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
