"""Beam cells of the page with their satellites at the start of each hour, and the hop shares of the ground cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from d2c.coverage.network.beam_service import BeamService
from d2c.output.web.outlines import LATTICE, Lattice
from d2c.region.hexagons import HexagonLattice

HOP_SHARE = "hop_share"
_CORNER_DECIMALS = 2  # of lattice units


@dataclass(frozen=True, eq=False, slots=True)
class HourlyBeams:
    """The beam cells (B,) of a network and who serves them at the start of each hour (F).

    excluded (B,): never served; cell (G,): the beam cell at the centre of each ground cell, -1 outside all.
    """

    cells: HexagonLattice
    excluded: NDArray[np.bool_]
    cell: NDArray[np.int64]
    hours: Sequence[BeamService]


def hop_share(beams: HourlyBeams) -> NDArray[np.float64]:
    """Return the share of time that each ground cell's beam cell gets in each hour, (F, G); 0 without a beam cell."""
    shares = [np.where(beams.cell >= 0, service.share[beams.cell], 0.0) for service in beams.hours]
    return np.array(shares).reshape(len(shares), len(beams.cell))


def beam_arrays(beams: HourlyBeams, lattice: Lattice) -> dict[str, NDArray[Any]]:
    """Return the beam cells with their centre on the lattice (N of B), and their satellites.

    beams.x, beams.y (N,): the centres; beams.excluded (N,): 1 for cells never served; beams.satellite (F * N,): number
    of the satellite within the hour, from 0, the largest of the type for none.
    """
    middle = _on_lattice(beams.cells.longitude_deg, beams.cells.latitude_deg, lattice)
    inside = ((middle >= 0) & (middle <= LATTICE)).all(axis=1)
    satellites = [np.searchsorted(service.serving, service.satellite[inside]) for service in beams.hours]
    serving = max((len(service.serving) for service in beams.hours), default=0)
    kind = np.uint8 if serving < np.iinfo(np.uint8).max else np.uint16
    numbers = [
        np.where(service.satellite[inside] >= 0, satellite, np.iinfo(kind).max).astype(kind)
        for service, satellite in zip(beams.hours, satellites, strict=True)
    ]
    x, y = np.rint(middle[inside]).astype(np.uint16).T
    return {
        "beams.x": x,
        "beams.y": y,
        "beams.excluded": beams.excluded[inside].astype(np.uint8),
        "beams.satellite": np.concatenate(numbers) if numbers else np.zeros(0, kind),
    }


def beam_corners(cells: HexagonLattice, lattice: Lattice) -> list[list[float]]:
    """Return the corners [x, y] of a beam cell from its centre, in lattice units: the median over all cells.

    The shape of the cells changes over the map, by 0.6 % of their radius over the Mediterranean.
    """
    longitude_deg, latitude_deg = shapely.get_coordinates(cells.boundary).reshape(len(cells), -1, 2)[:, :-1].T
    corners = _on_lattice(longitude_deg, latitude_deg, lattice)  # (6, B, 2)
    middle = _on_lattice(cells.longitude_deg, cells.latitude_deg, lattice)
    offsets: list[list[float]] = np.median(corners - middle, axis=1).round(_CORNER_DECIMALS).tolist()
    return offsets


def _on_lattice(
    longitude_deg: NDArray[np.float64], latitude_deg: NDArray[np.float64], lattice: Lattice
) -> NDArray[np.float64]:
    """Return places in lattice units (..., 2), x to the east and y to the south."""
    square = lattice.square
    x, y = square.to_map.transform(longitude_deg, latitude_deg)
    return np.stack([x - square.left_m, square.top_m - y], axis=-1) / lattice.unit_m
