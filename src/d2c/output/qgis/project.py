"""QGIS project file of a result: styled and grouped layers, set up for the Temporal Controller."""

import io
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
from pyproj import CRS, Transformer

from d2c.output.qgis.style import Style
from d2c.output.qgis.xml import VERSION, child, document, element
from d2c.utc import utc_text

_MARGIN = 0.06  # of the longer side around the area, as on printed maps
_SMALLEST_SPAN_M = 90e3  # a map of one cell still shows its surroundings
_MERCATOR_LATITUDE_DEG = 85.0  # web Mercator ends at 85.06
_BOTTOM_LEFT = 0  # QGIS enumeration of placements
_NAMESPACE = uuid.UUID("5b1e9d0e-3a52-5c1c-9f0b-8d2c00000000")  # fixed, so that ids are reproducible


@dataclass(frozen=True, eq=False, slots=True)
class ProjectLayer:
    """A table of the GeoPackage in one style; `group` is its group name, "" for none.

    Layers with a lower `drawn` are drawn above those with a higher one.
    """

    table: str
    name: str
    style: Style
    drawn: int
    group: str = ""
    checked: bool = False
    expanded: bool = False

    @property
    def id(self) -> str:
        """Return the layer id; QGIS requires a UUID-like ending."""
        return f"{self.table}_{str(uuid.uuid5(_NAMESPACE, f'{self.table}/{self.name}')).replace('-', '_')}"


@dataclass(frozen=True, eq=False, slots=True)
class TemporalFrames:
    """Animation of the Temporal Controller: frames of `step` from `start` to `end`, and the layers it controls."""

    start: np.datetime64
    end: np.datetime64
    step: np.timedelta64
    layers: Sequence[ProjectLayer]


def project_file(
    layers: Sequence[ProjectLayer],
    *,
    data: str,
    bounds: tuple[float, float, float, float],
    title: str,
    description: str,
    licence: str,
    frames: TemporalFrames | None,
) -> bytes:
    """Return a .qgz with the layers in panel order, read from the GeoPackage `data` in the same folder.

    Layers of a group are contiguous and mutually exclusive. `bounds` are west, south, east and north in degrees; the
    map is in web Mercator (EPSG:3857), which every installation opens without a prompt.
    """
    root = element("qgis", projectname=title, version=VERSION)
    child(root, "homePath", path="")
    child(root, "title", title)
    _add_crs(child(root, "projectCrs"), 3857)
    _add_tree(root, layers)
    _add_canvas(root, bounds)
    project_layers = child(root, "projectlayers")
    for layer in layers:
        _add_layer(project_layers, layer, data=data, description=description, licence=licence)
    _add_properties(root, licence=licence, frames=frames)
    metadata = child(root, "projectMetadata")
    child(metadata, "title", title)
    child(metadata, "abstract", description)
    if frames:
        _add_time(root, frames)
    return _zipped("coverage.qgs", document(root))


def metadata_texts(
    parent: ET.Element, *, identifier: str, title: str, description: str, licence: str
) -> None:
    """Add the layer metadata of QGIS to a metadata document or to a layer of a project."""
    for tag, text in (
        ("identifier", identifier),
        ("language", "ENG"),
        ("type", "dataset"),
        ("title", title),
        ("abstract", description),
        ("license", licence),
    ):
        child(parent, tag, text)


def _add_tree(root: ET.Element, layers: Sequence[ProjectLayer]) -> None:
    tree = child(root, "layer-tree-group")
    groups: dict[str, ET.Element] = {}
    for layer in layers:
        parent = tree
        if layer.group:
            if layer.group not in groups:
                groups[layer.group] = child(
                    tree,
                    "layer-tree-group",
                    name=layer.group,
                    checked="Qt::Checked",
                    expanded="1",
                    **{
                        "mutually-exclusive": "1",
                        "mutually-exclusive-child": _first_checked(layers, layer.group),
                    },
                )
            parent = groups[layer.group]
        child(
            parent,
            "layer-tree-layer",
            id=layer.id,
            name=layer.name,
            providerKey="ogr",
            checked="Qt::Checked" if layer.checked else "Qt::Unchecked",
            expanded="1" if layer.expanded else "0",
        )
    # Drawing order differs from the list: clicks and map tips query the layer listed first.
    order = child(tree, "custom-order", enabled="1")
    for layer in sorted(layers, key=lambda layer: layer.drawn):
        child(order, "item", layer.id)


def _first_checked(layers: Sequence[ProjectLayer], group: str) -> str:
    return str([layer.checked for layer in layers if layer.group == group].index(True))


def _add_canvas(root: ET.Element, bounds: tuple[float, float, float, float]) -> None:
    extent = _extent_m(bounds)
    canvas = child(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    child(canvas, "units", "meters")
    corners = child(canvas, "extent")
    for tag, metres in zip(("xmin", "ymin", "xmax", "ymax"), extent, strict=True):
        child(corners, tag, f"{metres:.0f}")
    _add_crs(child(canvas, "destinationsrs"), 3857)
    view = child(root, "ProjectViewSettings", UseProjectScales="0")
    west, south, east, north = (f"{metres:.0f}" for metres in extent)
    for tag in (
        "DefaultViewExtent",
        "PresetFullExtent",
    ):  # initial extent, and extent of the button Zoom Full
        _add_crs(child(view, tag, xmin=west, ymin=south, xmax=east, ymax=north), 3857)


def _extent_m(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    to_map = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    latitudes = np.clip([south, north], -_MERCATOR_LATITUDE_DEG, _MERCATOR_LATITUDE_DEG)
    (left, right), (bottom, top) = to_map.transform([west, east], latitudes.tolist())
    margin = max(
        _MARGIN * max(right - left, top - bottom), (_SMALLEST_SPAN_M - max(right - left, top - bottom)) / 2
    )
    return left - margin, bottom - margin, right + margin, top + margin


def _add_layer(parent: ET.Element, layer: ProjectLayer, *, data: str, description: str, licence: str) -> None:
    map_layer = child(
        parent, "maplayer", type="vector", geometry="Polygon", simplifyDrawingHints="1", simplifyLocal="1"
    )
    child(map_layer, "id", layer.id)
    child(map_layer, "datasource", f"./{data}|layername={layer.table}")
    child(map_layer, "layername", layer.name)
    _add_crs(child(map_layer, "srs"), 4326)
    metadata = child(map_layer, "resourceMetadata")
    metadata_texts(
        metadata, identifier=layer.table, title=layer.name, description=description, licence=licence
    )
    child(map_layer, "provider", "ogr", encoding="UTF-8")
    map_layer.extend(layer.style)


def _add_properties(root: ET.Element, *, licence: str, frames: TemporalFrames | None) -> None:
    """Add project settings: relative paths, map decorations, Temporal Controller."""
    settings: dict[str, dict[str, str | int]] = {
        "Paths": {"Absolute": False},
        "SpatialRefSys": {"ProjectionsEnabled": 1},
        "TitleLabel": {
            "Enabled": True,
            "Label": "[% @project_title %]",
            "BackgroundColor": "255,255,255,210",
        },
        "CopyrightLabel": {"Enabled": True, "Label": licence},
        "ScaleBar": {"Enabled": True, "Placement": _BOTTOM_LEFT},
    }
    if frames:
        settings["TitleLabel"]["Label"] = f"[% @project_title {_hour_label_expression(frames.layers)} %]"
        settings["TemporalControllerWidget"] = {
            "NavigationMode": 1,  # animated
            "StartDateTime": utc_text(frames.start, unit="s"),
            "EndDateTime": utc_text(frames.end, unit="s"),
        }
    properties = child(root, "properties")
    for group, entries in settings.items():
        parent = child(properties, group)
        for name, value in entries.items():
            kind = {bool: "bool", int: "int", str: "QString"}[type(value)]
            child(parent, name, str(value).lower() if kind == "bool" else str(value), type=kind)


def _hour_label_expression(layers: Sequence[ProjectLayer]) -> str:
    """Return an expression that appends the current hour to the title while one of these layers is visible.

    With other layers, which show the whole span, the hour would be misleading.
    """
    ids = ", ".join(f"'{layer.id}'" for layer in layers)
    form = "'yyyy-MM-dd HH:mm'"
    return (
        f"|| if(array_length(array_filter(array({ids}), array_contains(@map_layer_ids, @element))) > 0, "
        f"', ' || format_date(@map_start_time, {form}) || ' to ' || format_date(@map_end_time, {form}) || ' UTC', '')"
    )


def _add_time(root: ET.Element, frames: TemporalFrames) -> None:
    seconds = frames.step / np.timedelta64(1, "s")
    unit, unit_s = next(
        (u, s) for u, s in (("h", 3600.0), ("min", 60.0), ("s", 1.0)) if seconds % s == 0 or s == 1
    )
    step = f"{seconds / unit_s:g}"
    settings = child(root, "ProjectTimeSettings", frameRate="2", timeStep=step, timeStepUnit=unit)
    span = child(settings, "TemporalRange")
    child(span, "start", utc_text(frames.start, unit="s"))
    child(span, "end", utc_text(frames.end, unit="s"))


def _add_crs(parent: ET.Element, code: int) -> None:
    system = child(parent, "spatialrefsys")
    child(
        system, "wkt", CRS.from_epsg(code).to_wkt()
    )  # without the WKT QGIS treats the project as unprojected
    child(system, "srid", str(code))
    child(system, "authid", f"EPSG:{code}")


def _zipped(name: str, text: str) -> bytes:
    """Return a zip archive of one file, with a fixed time for equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()
