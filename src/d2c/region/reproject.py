"""Reprojection of geometries between coordinate reference systems."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.enums import TransformDirection

WGS84 = "EPSG:4326"


def reproject(shapes: Any, transformer: Transformer, *, inverse: bool = False) -> Any:
    """Reproject every vertex of a geometry or an array of geometries; infinite outside the domain of the system."""
    direction = TransformDirection.INVERSE if inverse else TransformDirection.FORWARD

    def transform(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1], direction=direction))

    return shapely.transform(shapes, transform)
