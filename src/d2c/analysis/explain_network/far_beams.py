"""Interference of the beams that satellites have elsewhere: the run's model of them, in float64.

A satellite's beams outside the beam cells are known by places, how many stand for each, and one chance to be alight.
Their many beams meet the lobes of the pattern at all phases, of which the means are taken.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.beam_levels import BeamLevels, BeamList, antenna_axes, counted
from d2c.coverage.kernels.network_layout import BeamPattern, HoppingBeams
from d2c.link.budget import RadioLink
from d2c.link.terminal import beam_loss_db, off_axis_loss_db
from d2c.units import from_db

Floats = NDArray[np.float64]

# Over all phases, and both sides of the array: of sin^2, 1/2, and of its square, 3/8
_PEAKED = (3 / 8 / (1 / 2) ** 2) ** 2


class FarBeams(NamedTuple):
    """The beams elsewhere of K pairs of a step and a satellite.

    lit (K,): chance that one is alight; mean, square (K,): sums of q C/N and q (C/N)^2 over all of them, as heard in
    their own colour.
    """

    lit: Floats
    mean: Floats
    square: Floats

    def of_pairs(self, pairs: slice) -> "FarBeams":
        """Return those of some of the pairs."""
        return FarBeams(*(values[pairs] for values in self))


def far_beams(
    hopping: HoppingBeams,
    beams: BeamList,
    levels: BeamLevels,
    *,
    link: RadioLink,
    pattern: BeamPattern,
    towards_m: Floats,
) -> FarBeams:
    """Return the beams elsewhere at the place of the levels, their side lobes taken towards places (K, 3)."""
    step, serving = beams.step, beams.serving
    first = hopping.far_first[step, serving]
    size = hopping.far_first[step, serving + 1] - first
    pair = np.repeat(np.arange(len(step)), size)
    row, at = step[pair], np.repeat(first, size) + counted(size)
    path = towards_m - beams.satellite_m
    path = path / np.linalg.norm(path, axis=1)[:, None]
    north, east = antenna_axes(beams.satellite_m)
    down = -beams.satellite_m / np.linalg.norm(beams.satellite_m, axis=1)[:, None]
    towards = np.stack([np.einsum("kx,kx->k", path, axis) for axis in (north, east, down)], axis=1)
    difference = towards[pair] - hopping.far_aim[row, at]
    beam, frequency_hz = link.payload.beam, link.payload.downlink.frequency_mhz.value * 1e6
    # a beam's strength against that of one at full power steered to the place, both with the scan loss there
    strength = hopping.far_strength[row, at] / pattern.density
    if beam.pattern == "planar-array":
        along, across = pattern.along * difference[:, 0], pattern.across * difference[:, 1]
        gain = 1.0 / ((1.0 + 2.0 * along**2) * (1.0 + 2.0 * across**2))
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
    return FarBeams(
        lit=lit,
        mean=np.asarray(np.bincount(pair, number * c_n, len(step)), np.float64),
        square=np.asarray(_PEAKED * np.bincount(pair, number * c_n**2, len(step)), np.float64),
    )
