"""Polygons of a KML file (OGC 12-007r2), which are in longitude and latitude of WGS 84."""

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

import shapely

from d2c.text_files import TextError


def kml_features(text: str) -> list[tuple[Any, Mapping[str, Any]]]:
    """Return each polygon with the name of its placemark; TextError for a text that is not KML."""
    reader = _Reader()
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise TextError(f"the XML is cut off or damaged at line {error.lineno}: {reason}") from None
    return reader.features


class _Reader:
    """Handlers of the parser: rings of the polygon that is open, and the polygons that are done."""

    def __init__(self) -> None:
        self.features: list[tuple[Any, Mapping[str, Any]]] = []
        self._open: list[str] = []
        self._content: list[str] = []
        self._outer: list[list[float]] = []
        self._inner: list[list[list[float]]] = []
        self._name = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._content.append

    def _start(self, tag: str, _: object) -> None:
        local = tag.rpartition(" ")[2]
        if not self._open and local != "kml":
            raise TextError(f"it is XML, but not KML: its root is <{local[:40]}>")
        if local == "Placemark":
            self._name = ""
        elif local == "Polygon":
            self._outer, self._inner = [], []
        self._open.append(local)
        self._content.clear()

    def _end(self, tag: str) -> None:
        local = self._open.pop()
        text = "".join(self._content).strip()
        if local == "name" and self._open[-1:] == ["Placemark"]:
            self._name = text
        elif local == "coordinates" and "outerBoundaryIs" in self._open:
            self._outer = self._ring(text)
        elif local == "coordinates" and "innerBoundaryIs" in self._open:
            self._inner.append(self._ring(text))
        elif local == "Polygon" and self._outer:
            polygon = shapely.Polygon(self._outer, self._inner)
            self.features.append((polygon, {"name": self._name} if self._name else {}))
        self._content.clear()

    def _ring(self, text: str) -> list[list[float]]:
        try:
            ring = [[float(number) for number in corner.split(",")[:2]] for corner in text.split()]
        except ValueError:
            ring = []
        if len(ring) < 3 or any(len(corner) != 2 for corner in ring):
            line = self.parser.CurrentLineNumber
            raise TextError(f"the coordinates before line {line} are no ring of LONGITUDE,LATITUDE pairs")
        return ring
