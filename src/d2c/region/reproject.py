"""Polygons and lines from one coordinate system to another."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.enums import TransformDirection

WGS84 = "EPSG:4326"


def reproject(shapes: Any, transformer: Transformer, *, inverse: bool = False) -> Any:
    """Return one shape or an array of them with every corner moved; infinite where the system does not reach."""
    direction = TransformDirection.INVERSE if inverse else TransformDirection.FORWARD

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1], direction=direction))

    return shapely.transform(shapes, move)
