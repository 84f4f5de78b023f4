"""Beam footprints of the page at the start of each hour: ellipses on the lattice, and their number over each cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.coverage.network.footprints import BeamFootprints
from d2c.output.web.outlines import LATTICE, Lattice

BEAMS_OVER = "beams_over"
_TURNS = 36_000  # units of an ellipse's direction per full circle

Floats = NDArray[np.float64]


def count_footprints_over(
    frames: Sequence[BeamFootprints], *, longitude_deg: Floats, latitude_deg: Floats
) -> NDArray[np.int64]:
    """Return the number of footprints over each of the G cell centres at each of the F instants, (F, G)."""
    tree = shapely.STRtree(np.asarray(shapely.points(longitude_deg, latitude_deg)))
    counts = np.zeros((len(frames), len(longitude_deg)), np.int64)
    for footprints, count in zip(frames, counts, strict=True):
        _, place = tree.query(np.asarray(shapely.polygons(footprints.footprint)), predicate="contains")
        count += np.bincount(place, minlength=count.size)
    return counts


def beam_arrays(frames: Sequence[BeamFootprints], lattice: Lattice) -> dict[str, NDArray[Any]]:
    """Return the footprints with their centre on the lattice, as ellipses.

    beams.first (F + 1,): index of the first beam of each instant; beams.x, .y, .long, .short: centre and semi-axes
    in lattice units; beams.turn: direction from the x axis towards the y axis, in 0.01 deg; beams.satellite: number
    of the satellite within the instant, from 0.
    """
    parts: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("x", "y", "long", "short", "turn", "satellite")
    }
    first = [0]
    for footprints in frames:
        middle, half, turn = ellipses(_on_lattice(footprints, lattice))
        inside = ((middle >= 0) & (middle <= LATTICE)).all(axis=1)
        _, satellite = np.unique(footprints.satellite, return_inverse=True)
        values_by_part = (
            middle[:, 0],
            middle[:, 1],
            half[:, 0],
            half[:, 1],
            turn * _TURNS / (2 * np.pi),
            satellite,
        )
        for values, name in zip(values_by_part, parts, strict=True):
            parts[name].append(np.rint(values[inside]).astype(np.uint16))
        first.append(first[-1] + int(inside.sum()))
    arrays = {f"beams.{name}": np.concatenate(values) for name, values in parts.items()}
    return {"beams.first": np.array(first, np.uint32), **arrays}


def _on_lattice(footprints: BeamFootprints, lattice: Lattice) -> Floats:
    """Return the corners of the footprints (A, P, 2) in lattice units, x to the east and y to the south."""
    x, y = lattice.square.to_map.transform(footprints.footprint[..., 0], footprints.footprint[..., 1])
    square = lattice.square
    return np.stack([(x - square.left_m) / lattice.unit_m, (square.top_m - y) / lattice.unit_m], axis=-1)


def ellipses(corners: Floats) -> tuple[Floats, Floats, Floats]:
    """Return centres (A, 2), semi-axes (A, 2), major first, and directions (A,) of the major axis in rad, 0 to pi.

    The ellipses match area, centroid and second moments of the polygons (A, P, 2): a cone intersects a plane in an
    ellipse, and the ground below a beam is nearly a plane. Semi-axes are scaled to the polygon's area.
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
