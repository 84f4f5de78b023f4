"""Features of a vector file of the user: GeoJSON and KML read here, GeoPackage, Shapefile and FlatGeobuf by GDAL.

The content decides the format. GDAL gets a copy of the bytes under a plain name in a folder of its own, so that neither
a name nor a content can make it look elsewhere: not at another file, not at the network.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from d2c.errors import RegionError
from d2c.json_values import NestedTooDeepError, json_values
from d2c.region.kml import kml_features
from d2c.region.reproject import WGS84
from d2c.region.shapefile import shapefile_parts
from d2c.text_files import TextError, decode, read_bytes

FORMATS = "GeoJSON, GeoPackage, Shapefile, FlatGeobuf or KML"
_MAGIC = {b"SQLite format 3\0": ".gpkg", b"\0\0\x27\x0a": ".shp", b"fgb\x03": ".fgb"}


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """Geometries (N,) of a layer, None where a feature has none, their properties (N,), and the coordinate system."""

    name: str
    geometry: NDArray[Any]
    properties: tuple[Mapping[str, Any], ...]
    crs: str | None


def read_layers(path: Path, *, with_properties: bool = False) -> list[Layer]:
    """Return the layers of a vector file; RegionError if it cannot be read or is of another format."""
    try:
        content = read_bytes(path)
        suffix = next((ending for magic, ending in _MAGIC.items() if content.startswith(magic)), None)
        if suffix:
            return list(_gdal_layers(path, content, suffix, with_properties=with_properties))
        return [_text_layer(path.stem, decode(content))]
    except OSError as error:
        raise _unreadable(path, error.strerror) from error
    except (TextError, shapely.GEOSException, NestedTooDeepError) as error:
        raise _unreadable(path, str(error).replace("\n", " ")) from error
    except json.JSONDecodeError as error:
        reason = f"the JSON is cut off or damaged at line {error.lineno}: {error.msg}"
        raise _unreadable(path, reason) from error


def _unreadable(path: Path, reason: str | None) -> RegionError:
    return RegionError(f"{path} cannot be read as a polygon file: {reason}")


def _text_layer(name: str, text: str) -> Layer:
    start = text.lstrip()[:1]
    if start == "<":
        features, crs = kml_features(text), WGS84
    elif start in ("{", "["):
        features, crs = [], WGS84
        for _, value in json_values(text):
            crs = _geojson_crs(value) or crs
            features.extend(_geojson_features(value))
    else:
        raise TextError(f"it is not {FORMATS}")
    return Layer(
        name, np.array([shape for shape, _ in features], object), tuple(row for _, row in features), crs
    )


def _geojson_features(value: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Yield geometry and properties of each feature of a GeoJSON value (RFC 7946)."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "FeatureCollection" and isinstance(value.get("features"), list):
        for feature in value["features"]:
            yield from _geojson_features(feature)
    elif kind == "Feature":
        geometry, properties = value.get("geometry"), value.get("properties")
        shape = shapely.from_geojson(json.dumps(geometry)) if geometry is not None else None
        yield shape, properties if isinstance(properties, dict) else {}
    elif kind in ("Polygon", "MultiPolygon", "GeometryCollection", "Point", "LineString") or kind in (
        "MultiPoint",
        "MultiLineString",
    ):
        yield shapely.from_geojson(json.dumps(value)), {}
    else:
        raise TextError(f"it is JSON without GeoJSON's types; it is not {FORMATS}")


def _geojson_crs(value: Any) -> str | None:
    """Return the coordinate system that a file names as GeoJSON of 2008 did; None without one."""
    crs = value.get("crs") if isinstance(value, dict) else None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else None


def _gdal_layers(path: Path, content: bytes, suffix: str, *, with_properties: bool) -> Iterator[Layer]:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL's warnings; what it returns is validated
        copy = Path(folder) / f"{_plain(path.stem)}{suffix}"
        copy.write_bytes(content)
        for part in shapefile_parts(path) if suffix == ".shp" else ():
            copy.with_suffix(part.suffix).write_bytes(read_bytes(part))
        try:
            for name, geometry_type in pyogrio.list_layers(copy):
                if geometry_type is not None:
                    yield _gdal_layer(copy, name, with_properties=with_properties)
        except pyogrio.errors.CRSError as error:  # before the errors of a layer, of which it is one
            reason = f"its coordinate system (of a Shapefile: the .prj file) is damaged: {_reason(error, copy, path)}"
            raise _unreadable(path, reason) from error
        except (
            pyogrio.errors.DataSourceError,
            pyogrio.errors.DataLayerError,
            pyogrio.errors.FeatureError,
            pyogrio.errors.GeometryError,
            pyogrio.errors.FieldError,
            UnicodeDecodeError,
        ) as error:
            raise _unreadable(path, _reason(error, copy, path)) from error


def _reason(error: Exception, copy: Path, path: Path) -> str:
    """Return what GDAL says, in one line, with the name of the user's file."""
    return str(error).partition(";")[0].replace(str(copy), path.name).replace("\n", " ")


def _gdal_layer(copy: Path, name: str, *, with_properties: bool) -> Layer:
    columns: list[str] | None = None if with_properties else []
    meta, _, wkb, fields = pyogrio.raw.read(copy, layer=name, columns=columns, force_2d=True)
    rows = zip(*fields, strict=True) if fields else ((),) * len(wkb)
    properties = tuple(dict(zip(meta["fields"], row, strict=True)) for row in rows)
    return Layer(name, shapely.from_wkb(wkb), properties, meta["crs"])


def _plain(stem: str) -> str:
    """Return a file name without what GDAL takes for an archive, an address or an option."""
    return "".join(letter if letter.isalnum() else "_" for letter in stem)[:60]
