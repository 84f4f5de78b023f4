"""The beams at the start of each hour for the page: ellipses on its lattice, and how many lie over each cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.coverage.network.footprints import BeamFootprints
from d2c.output.web.outlines import LATTICE, Lattice

OVER = "beams_over"
_TURNS = 36_000  # parts of a circle in which an ellipse's direction is told

Floats = NDArray[np.float64]


def beams_over(
    moments: Sequence[BeamFootprints], *, longitude_deg: Floats, latitude_deg: Floats
) -> NDArray[np.int64]:
    """Return over how many of the (G,) places' centres a footprint lies at each of the F instants, (F, G)."""
    tree = shapely.STRtree(np.asarray(shapely.points(longitude_deg, latitude_deg)))
    counts = np.zeros((len(moments), len(longitude_deg)), np.int64)
    for lit, count in zip(moments, counts, strict=True):
        _, place = tree.query(np.asarray(shapely.polygons(lit.footprint)), predicate="contains")
        count += np.bincount(place, minlength=count.size)
    return counts


def beam_arrays(moments: Sequence[BeamFootprints], lattice: Lattice) -> dict[str, NDArray[Any]]:
    """Return the footprints as ellipses, those with their middle on the lattice.

    beams.first (F + 1,): where the beams of an instant begin; beams.x, .y, .long, .short: middle and half axes in
    steps of the lattice; beams.turn: from the x axis towards the y axis, in 0.01 deg; beams.satellite: which of the
    instant's satellites, from 0 on.
    """
    parts: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("x", "y", "long", "short", "turn", "satellite")
    }
    first = [0]
    for lit in moments:
        middle, half, turn = ellipses(_on_lattice(lit, lattice))
        inside = ((middle >= 0) & (middle <= LATTICE)).all(axis=1)
        _, satellite = np.unique(lit.satellite, return_inverse=True)
        found = (middle[:, 0], middle[:, 1], half[:, 0], half[:, 1], turn * _TURNS / (2 * np.pi), satellite)
        for values, name in zip(found, parts, strict=True):
            parts[name].append(np.rint(values[inside]).astype(np.uint16))
        first.append(first[-1] + int(inside.sum()))
    arrays = {f"beams.{name}": np.concatenate(values) for name, values in parts.items()}
    return {"beams.first": np.array(first, np.uint32), **arrays}


def _on_lattice(lit: BeamFootprints, lattice: Lattice) -> Floats:
    """Return the corners of the footprints (A, P, 2) in steps of the lattice, x to the east and y to the south."""
    x, y = lattice.square.to_map.transform(lit.footprint[..., 0], lit.footprint[..., 1])
    square = lattice.square
    return np.stack([(x - square.left_m) / lattice.unit_m, (square.top_m - y) / lattice.unit_m], axis=-1)


def ellipses(corners: Floats) -> tuple[Floats, Floats, Floats]:
    """Return middles (A, 2), half axes (A, 2), the long one first, and directions (A,) of that one in rad, 0 to pi.

    Those whose area, centroid and second moments are the polygons' (A, P, 2): a cone meets a plane in an ellipse, and
    the ground below a beam is nearly one. Half axes are scaled to the polygon's area.
    """
    origin = corners.mean(axis=1, keepdims=True)
    x, y = np.moveaxis(corners - origin, -1, 0)
    x1, y1 = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    cross = x * y1 - x1 * y
    area = cross.sum(axis=1) / 2
    centre = np.stack([((x + x1) * cross).sum(axis=1), ((y + y1) * cross).sum(axis=1)], axis=-1)
    centre /= 6 * area[:, None]
    xx = ((x * x + x * x1 + x1 * x1) * cross).sum(axis=1) / (12 * area) - centre[:, 0] ** 2
    yy = ((y * y + y * y1 + y1 * y1) * cross).sum(axis=1) / (12 * area) - centre[:, 1] ** 2
    xy = ((x * y1 + 2 * x * y + 2 * x1 * y1 + x1 * y) * cross).sum(axis=1) / (24 * area)
    xy -= centre[:, 0] * centre[:, 1]
    apart = np.hypot(xx - yy, 2 * xy)
    half = 2 * np.sqrt(np.maximum(np.stack([xx + yy + apart, xx + yy - apart], axis=-1) / 2, 0.0))
    half *= np.sqrt(np.abs(area) / (np.pi * half.prod(axis=1)))[:, None]
    return origin[:, 0] + centre, half, np.arctan2(2 * xy, xx - yy) / 2 % np.pi
