"""What the phones of a cell lose on the way to satellites, exactly, and what float32 may make of it.

A phone's skyline is a table by steps of azimuth, its posture one by steps of the sine of the elevation. The kernels'
float32 takes the neighbouring step where a satellite stands nearer to the edge between two than it can tell; so each
loss is known here with the least and the most of what it may be.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.link.geometry import LookAngles, azimuth_deg
from d2c.link.phones import CellPhones, Phones, cell_phones

Floats = NDArray[np.float64]

# The kernels' azimuth is a polynomial to 1e-5 rad (Abramowitz and Stegun, 4.4.49), of float32 directions; near the
# zenith their rounding, in metres, turns it further.
_AZIMUTH_DEG, _SIDEWAYS_M = 1e-3, 2.0
_SINE = 2e-6  # of the kernels' float32 sine of the elevation


class Directions(NamedTuple):
    """Where satellites stand over a place: elevation_deg, azimuth_deg, slant_range_m, all of one shape."""

    elevation_deg: Floats
    azimuth_deg: Floats
    slant_range_m: Floats


def directions(look: LookAngles, satellite_m: Floats, *, place_m: Floats, up: Floats) -> Directions:
    """Return the directions of satellites (..., 3) that are seen under some look angles."""
    return Directions(
        look.elevation_deg, azimuth_deg(satellite_m, handset_m=place_m, up=up), look.slant_range_m
    )


class PhoneLosses(NamedTuple):
    """Losses of phones (..., K) in dB, over what the link budget counts: exact, and the least and most in float32."""

    exact: Floats
    least: Floats
    most: Floats


@dataclass(frozen=True, eq=False, slots=True)
class PhonesOfCell:
    """The phones of one cell."""

    phones: Phones
    of_cell: CellPhones

    @classmethod
    def at(cls, phones: Phones, position_m: Floats) -> "PhonesOfCell":
        """Return the phones of the cell whose centre is at a position (3,)."""
        variant, turn = cell_phones(position_m[None])
        return cls(phones, CellPhones(int(variant[0]), int(turn[0])))

    def losses(self, towards: Directions) -> PhoneLosses:
        """Return what the phones lose on the way to satellites (...), (..., K)."""
        sine = np.sin(np.radians(towards.elevation_deg))
        flat_m = towards.slant_range_m * np.cos(np.radians(towards.elevation_deg))
        aside_deg = _AZIMUTH_DEG + np.degrees(_SIDEWAYS_M / np.maximum(flat_m, _SIDEWAYS_M))
        exact = self._loss_db(towards.elevation_deg, towards.azimuth_deg)
        around = [
            self._loss_db(_elevation_deg(sine + up * _SINE), towards.azimuth_deg + side * aside_deg)
            for up in (-1, 1)
            for side in (-1, 1)
        ]
        return PhoneLosses(exact, np.minimum.reduce([exact, *around]), np.maximum.reduce([exact, *around]))

    def posture_losses(self, towards: Directions) -> PhoneLosses:
        """Return the same with all satellites in the line of sight, without shadowing."""
        sine = np.sin(np.radians(towards.elevation_deg))
        exact, low, high = (
            self.phones.loss_db(self.of_cell, elevation_deg=elevation_deg, azimuth_deg=0.0, in_sight=True)
            for elevation_deg in (
                towards.elevation_deg,
                _elevation_deg(sine - _SINE),
                _elevation_deg(sine + _SINE),
            )
        )
        return PhoneLosses(exact, np.minimum(low, high), np.maximum(low, high))

    def expected_gain(self, towards: Directions) -> PhoneLosses:
        """Return what phones keep on average of a satellite's power (...), postures aside, as ratios (..., 1)."""
        table = self.phones.expected_gain()
        sine = np.sin(np.radians(towards.elevation_deg))
        exact, low, high = (
            table[np.floor(np.clip(at, 0.0, 1.0) * (len(table) - 1) + 0.5).astype(int)][..., None]
            for at in (sine, sine - _SINE, sine + _SINE)
        )
        return PhoneLosses(exact, np.minimum(low, high), np.maximum(low, high))

    def _loss_db(self, elevation_deg: Floats, azimuth: Floats) -> Floats:
        return self.phones.loss_db(
            self.of_cell, elevation_deg=elevation_deg, azimuth_deg=np.asarray(azimuth) % 360.0
        )


def _elevation_deg(sine: Floats) -> Floats:
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))
