"""Walker delta shells of a given size, ranked by evenness over all divisions into planes and all phasings.

At a latitude, a Walker shell repeats in two phases: of the nodes modulo 360 deg / planes, and of the slots modulo
360 deg / satellites per plane. A lattice of these phases stands for all times, and the angle to the nearest satellite
over it measures evenness without any propagation (`nearest_satellite_angle_deg`). The phasing matters: 20 planes of 20
at 340 km and 50 deg serve Italy for 96 or for 62 per cent of the time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.orbit.walker import WalkerShell

# Ratios of planes to satellites per plane in quick searches, and the widest in thorough ones with many satellites.
_RATIOS = (1 / 6, 1 / 3, 1 / 2, 1, 2, 3, 6)
_WIDEST_RATIO = 9
_ALL_DIVISIONS = 100  # up to so many satellites every division is tried, one satellite per plane too
_MOST_PHASINGS = 48
_PHASES = 8  # of the lattice, in each dimension


@dataclass(frozen=True, slots=True, order=True)
class WalkerShape:
    """A Walker delta shell without its altitude."""

    inclination_deg: float
    planes: int
    per_plane: int
    phasing: int

    @property
    def satellites(self) -> int:
        """Return the number of satellites."""
        return self.planes * self.per_plane

    @property
    def notation(self) -> str:
        """Return the Walker notation of scenario files, inclination:satellites/planes/phasing."""
        return f"{self.inclination_deg:g}:{self.satellites}/{self.planes}/{self.phasing}"

    def shell(self, altitude_km: float) -> WalkerShell:
        """Return the shell at an altitude over the equatorial radius."""
        return WalkerShell(
            "delta", self.inclination_deg, self.satellites, self.planes, self.phasing, altitude_km
        )

    def doubled(self) -> "WalkerShape":
        """Return the shape with one more satellite between any two of a plane; it contains all satellites of this one.

        The offset between neighbouring planes, phasing x 360 deg / satellites, stays the same modulo whole slots.
        """
        phasing = 2 * self.phasing % self.planes
        return WalkerShape(self.inclination_deg, self.planes, 2 * self.per_plane, phasing)


def quick_shapes(satellites: int, inclination_deg: float) -> list[WalkerShape]:
    """Return shapes of a few divisions into planes, each with all phasings, of this size or slightly less."""
    sizes = {(1, satellites)}
    for ratio in _RATIOS:
        planes = min(max(round((satellites * ratio) ** 0.5), 1), satellites)
        sizes.add((planes, satellites // planes))
    return _with_phasings(sizes, inclination_deg)


def all_shapes(satellites: int, inclination_deg: float) -> list[WalkerShape]:
    """Return shapes of all divisions into planes with all phasings; for many satellites without extreme ratios."""
    divisions = [(p, satellites // p) for p in range(1, satellites + 1) if satellites % p == 0]
    moderate = [
        (p, s) for p, s in divisions if satellites <= _ALL_DIVISIONS or max(p, s) <= _WIDEST_RATIO * min(p, s)
    ]
    return _with_phasings(moderate or divisions[:1], inclination_deg)


def most_even_shapes(
    shapes: Iterable[WalkerShape], *, latitude_deg: Sequence[float], share: float, count: int
) -> list[WalkerShape]:
    """Return the shapes with the smallest angle to the nearest satellite, fewer planes first among equals."""
    ranked = sorted(
        shapes,
        key=lambda s: (
            round(nearest_satellite_angle_deg(s, latitude_deg=latitude_deg, share=share), 6),
            s.planes,
            s,
        ),
    )
    return ranked[:count]


def nearest_satellite_angle_deg(shape: WalkerShape, *, latitude_deg: Sequence[float], share: float) -> float:
    """Return the geocentric angle to the nearest satellite that is not exceeded for this share of time.

    Over all longitudes and these latitudes with equal weight, on a sphere.
    """
    plane = np.repeat(np.arange(shape.planes), shape.per_plane)
    slot = np.tile(np.arange(shape.per_plane), shape.planes)
    steps = (np.arange(_PHASES) + 0.5) / _PHASES
    node = 2 * np.pi * plane / shape.planes
    argument = 2 * np.pi * (slot / shape.per_plane + shape.phasing * plane / shape.satellites)
    argument = argument + 2 * np.pi * steps[:, None] / shape.per_plane
    satellite = _on_sphere(node, argument, np.radians(shape.inclination_deg))  # (phases, S, 3)
    latitude, longitude = np.meshgrid(np.radians(latitude_deg), 2 * np.pi * steps / shape.planes)
    site = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1
    ).reshape(-1, 3)
    nearest = (satellite @ site.T).max(axis=1)
    return float(np.degrees(np.arccos(np.clip(np.quantile(nearest, 1 - share), -1, 1))))


def _on_sphere(
    node: NDArray[np.float64], argument: NDArray[np.float64], inclination: float
) -> NDArray[np.float64]:
    """Return unit vectors (K, S, 3) of satellites at an argument of latitude (K, S) on orbits with nodes (S,)."""
    along, across = np.cos(argument), np.sin(argument) * np.cos(inclination)
    return np.stack(
        [
            np.cos(node) * along - np.sin(node) * across,
            np.sin(node) * along + np.cos(node) * across,
            np.sin(argument) * np.sin(inclination),
        ],
        axis=-1,
    )


def _with_phasings(sizes: Iterable[tuple[int, int]], inclination_deg: float) -> list[WalkerShape]:
    return [
        WalkerShape(inclination_deg, planes, per_plane, int(phasing))
        for planes, per_plane in sorted(sizes)
        for phasing in np.unique(np.linspace(0, planes - 1, min(planes, _MOST_PHASINGS)).round())
    ]
