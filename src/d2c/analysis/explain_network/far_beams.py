"""Interference of beams that are not added one by one: the run's model of them, in float64.

A satellite's beams outside the beam cells are known by places, how many stand for each, and one chance to be alight.
Many beams meet the lobes of the pattern at all phases, of which the means are taken. So they are of the beams here
whose side lobes are low everywhere on the tile of cells that the run takes together.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.beam_levels import BeamLevels, BeamList, antenna_axes, counted
from d2c.coverage.kernels._far_beams import FAR
from d2c.coverage.kernels.network_layout import BeamPattern, HoppingBeams
from d2c.link.budget import RadioLink
from d2c.link.terminal import beam_loss_db, off_axis_loss_db
from d2c.units import from_db

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Over all phases, and both sides of the array: of sin^2, 1/2, and of its square, 3/8
_PEAKED = (3 / 8 / (1 / 2) ** 2) ** 2


class FarBeams(NamedTuple):
    """Sums over the beams of K pairs of a step and a satellite that are not added one by one.

    mean, square, lit2, chance2 (K,): of q C/N, q (C/N)^2, (q C/N)^2 and q^2 C/N, with the chance q to be alight, as
    heard in their own colour.
    """

    mean: Floats
    square: Floats
    lit2: Floats
    chance2: Floats

    def of_pairs(self, pairs: slice) -> "FarBeams":
        """Return those of some of the pairs."""
        return FarBeams(*(values[pairs] for values in self))

    def plus(self, other: "FarBeams") -> "FarBeams":
        """Return the sums over these beams and others."""
        return FarBeams(*(one + more for one, more in zip(self, other, strict=True)))

    def heard(self, part: Floats, part2: Floats) -> "FarBeams":
        """Return the sums of what is heard: a part of C/N, and one of its square."""
        return FarBeams(self.mean * part, self.square * part2, self.lit2 * part2, self.chance2 * part)


@dataclass(frozen=True, eq=False, slots=True)
class Tile:
    """The C neighbouring cells that the run takes together, one of which is explained.

    point_m (P, C, 3): of their points for levels; first: the number of the first cell in the order of the kernel's
    tiles; own: the place of the explained cell among them; near (B,): whether a beam cell is around one of them.
    """

    point_m: Floats
    first: int
    own: int
    near: Flags

    @property
    def middle(self) -> int:
        """Return the place of the cell in the middle, towards which the side lobes of beams elsewhere are taken."""
        return int(self.point_m.shape[1] // 2)

    def points_at(self, number: Ints) -> Floats:
        """Return the points whose turn it is at level steps, by their numbers (K,), (K, C, 3)."""
        points, cells = self.point_m.shape[:2]
        cell = np.arange(cells)
        return np.asarray(self.point_m[(number[:, None] + self.first + cell) % points, cell])


def beams_elsewhere(
    hopping: HoppingBeams,
    beams: BeamList,
    levels: BeamLevels,
    *,
    link: RadioLink,
    pattern: BeamPattern,
    towards_m: Floats,
) -> FarBeams:
    """Return the sums at the place of the levels over beams elsewhere, their side lobes taken towards places (K, 3)."""
    step, serving = beams.step, beams.serving
    first = hopping.far_first[step, serving]
    size = hopping.far_first[step, serving + 1] - first
    pair = np.repeat(np.arange(len(step)), size)
    row, at = step[pair], np.repeat(first, size) + counted(size)
    difference = _cosines(beams.satellite_m, towards_m)[pair] - hopping.far_aim[row, at]
    beam, frequency_hz = link.payload.beam, link.payload.downlink.frequency_mhz.value * 1e6
    # a beam's strength against that of one at full power steered to the place, both with the scan loss there
    strength = hopping.far_strength[row, at] / pattern.density
    if pattern.planar:
        gain = _lobes(_phases(pattern, difference)).prod(axis=1)
    else:
        chord = np.linalg.norm(difference, axis=1)
        off_axis_deg = np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1.0)))
        gain = from_db(
            -off_axis_loss_db(beam, off_axis_deg=np.minimum(off_axis_deg, 90.0), frequency_hz=frequency_hz)
        )
        off_nadir_deg = np.minimum(levels.look.off_nadir_deg, 89.9)
        strength = (
            strength
            * from_db(beam_loss_db(beam, off_nadir_deg=off_nadir_deg, frequency_hz=frequency_hz))[pair]
        )
    c_n = from_db(levels.steered_db)[pair] * strength * gain
    lit = hopping.far_lit[step, serving].astype(np.float64)
    number = lit[pair] * hopping.far_number[row, at]
    mean = _of_pairs(pair, number * c_n, len(step))
    square = _PEAKED * _of_pairs(pair, number * c_n**2, len(step))
    return FarBeams(mean, square, lit * square, lit * mean)


class TileBox(NamedTuple):
    """Phases along and across the array of a planar pattern, as K pairs see the points of a tile.

    least, most (K, 2): over all points; own (K, 2): of the explained cell's.
    """

    least: Floats
    most: Floats
    own: Floats

    @classmethod
    def of(cls, tile: Tile, points_m: Floats, *, satellite_m: Floats, pattern: BeamPattern) -> "TileBox":
        """Return the box of a tile with points (K, C, 3) under satellites (K, 3)."""
        phases = _phases(pattern, _cosines(satellite_m, points_m))
        return cls(phases.min(axis=1), phases.max(axis=1), phases[:, tile.own])

    def distances(self, pair: Ints, phases: Floats) -> Floats:
        """Return how far phases (N, 2) of some pairs are outside the box."""
        return np.maximum(np.maximum(self.least[pair] - phases, phases - self.most[pair]), 0.0)


class BeamsApart(NamedTuple):
    """Which of N beams are far from a tile, (N,), and the sums over them."""

    far: Flags
    sums: FarBeams


def beams_far_from_tile(
    beams: BeamList, levels: BeamLevels, tile: Tile, box: TileBox, *, centre_m: Floats, pattern: BeamPattern
) -> BeamsApart:
    """Return the beams far from a tile; centre_m (B, 3): of the beam cells.

    The mean of their side lobes is taken at the corners of the box, and linearly between them; for the squares, and
    where chances differ, in its middle.
    """
    phases = _phases(pattern, _cosines(beams.satellite_m[beams.pair], centre_m[beams.cell]))
    outside = _lobes(box.distances(beams.pair, phases)).prod(axis=1)
    far = (outside < FAR) & ~tile.near[beams.cell]
    pair, q = beams.pair[far], beams.lit[far]
    part = (box.own - box.least) / np.maximum(box.most - box.least, 1e-9)
    # (side of the box, beam, axis)
    corners = _lobes(phases[far] - np.stack([box.least, box.most])[:, pair])
    gain = (np.stack([1.0 - part, part])[:, pair] * corners).sum(axis=0).prod(axis=1)
    full = from_db(levels.steered_db[pair] - levels.power_loss_db[far])
    middle = full * corners.mean(axis=0).prod(axis=1)
    of_each = q * full * gain, _PEAKED * q * middle**2, _PEAKED * (q * middle) ** 2, q**2 * middle
    return BeamsApart(far, FarBeams(*(_of_pairs(pair, values, len(beams.step)) for values in of_each)))


def _cosines(satellite_m: Floats, place_m: Floats) -> Floats:
    """Return the direction cosines of places (K, ..., 3) along both sides of antennas (K, 3) and their axis."""
    north, east = antenna_axes(satellite_m)
    down = -satellite_m / np.linalg.norm(satellite_m, axis=1)[:, None]
    from_m = satellite_m.reshape(len(satellite_m), *[1] * (place_m.ndim - 2), 3)
    path = place_m - from_m
    path /= np.linalg.norm(path, axis=-1)[..., None]
    return np.asarray(np.einsum("k...x,kax->k...a", path, np.stack([north, east, down], axis=1)))


def _phases(pattern: BeamPattern, cosines: Floats) -> Floats:
    """Return the phases along and across a planar array, (..., 2), of direction cosines (..., 3)."""
    return np.asarray(cosines[..., :2] * np.array([pattern.along, pattern.across]))


def _lobes(difference: Floats) -> Floats:
    """Return the mean gain of a line source's side lobes at a difference of phases."""
    return 1.0 / (1.0 + 2.0 * difference**2)


def _of_pairs(pair: Ints, values: Floats, pairs: int) -> Floats:
    return np.asarray(np.bincount(pair, values, pairs), np.float64)
