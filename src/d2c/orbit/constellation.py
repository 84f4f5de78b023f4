"""Constellation model: SGP4 records of the satellites of a run, and their orbital shells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sgp4.api import Satrec

from d2c.orbit.element_set import EQUATORIAL_RADIUS_KM, ElementSet, RejectedSet, semi_major_axis_km
from d2c.utc import DAY_US, UNIX_EPOCH_JD

# Both tuned on the Starlinks of 2026-08-22: they separate the shells from satellites raising or lowering their orbit.
_BIN_RATIO = 0.02  # altitude bins are 2 per cent wide: 7 km at 360 km
_FULL_SHARE = 0.01  # a bin is full when it or a neighbour holds this share of its inclination's satellites
Engine = Literal["sgp4", "heyoka"]


@dataclass(frozen=True, eq=False, slots=True)
class Constellation:
    """SGP4 records of the satellites (S,), and the element sets rejected from their source.

    `source` is the file name or the Walker notation. `rejected` and `duplicates` (older sets of a NORAD number that
    occurs twice) refer to the whole source, also after a selection. `engine` is the propagator.
    """

    records: tuple[Satrec, ...]
    name: tuple[str, ...]
    norad_id: NDArray[np.int64]
    epoch_utc: NDArray[np.datetime64]
    rejected: tuple[RejectedSet, ...]
    duplicates: int
    source: str
    engine: Engine = "sgp4"

    def __post_init__(self) -> None:
        """Check the shapes and lock the arrays."""
        size = (len(self.records),)
        if not (len(self.name), *self.norad_id.shape, *self.epoch_utc.shape) == size * 3:
            raise ValueError("records, name, norad_id and epoch_utc must all have the length S")
        self.norad_id.flags.writeable = False
        self.epoch_utc.flags.writeable = False

    def __len__(self) -> int:
        """Return S, the number of satellites."""
        return len(self.records)

    @property
    def inclination_deg(self) -> NDArray[np.float64]:
        """Return the inclinations (S,)."""
        return np.degrees([record.inclo for record in self.records])

    @property
    def altitude_km(self) -> NDArray[np.float64]:
        """Return the mean altitudes (S,): SGP4's semi-major axis less the equatorial radius."""
        return self._semi_major_axis_km() - EQUATORIAL_RADIUS_KM

    @property
    def perigee_km(self) -> NDArray[np.float64]:
        """Return the perigee altitudes (S,) over the equatorial radius."""
        return self._semi_major_axis_km() * (1 - self._eccentricity()) - EQUATORIAL_RADIUS_KM

    @property
    def apogee_km(self) -> NDArray[np.float64]:
        """Return the apogee altitudes (S,) over the equatorial radius."""
        return self._semi_major_axis_km() * (1 + self._eccentricity()) - EQUATORIAL_RADIUS_KM

    def take(self, index: NDArray[np.intp]) -> "Constellation":
        """Return the satellites at these indices, in this order."""
        return Constellation(
            records=tuple(self.records[i] for i in index),
            name=tuple(self.name[i] for i in index),
            norad_id=self.norad_id[index],
            epoch_utc=self.epoch_utc[index],
            rejected=self.rejected,
            duplicates=self.duplicates,
            source=self.source,
            engine=self.engine,
        )

    def _semi_major_axis_km(self) -> NDArray[np.float64]:
        return np.array([semi_major_axis_km(record) for record in self.records], dtype=np.float64)

    def _eccentricity(self) -> NDArray[np.float64]:
        return np.array([record.ecco for record in self.records], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class OrbitalShell:
    """Satellites of about one inclination (its median) and a range of mean altitudes."""

    inclination_deg: float
    lowest_km: float
    highest_km: float
    count: int

    def __str__(self) -> str:
        """Return for example "311 at 53.2 deg, 356 to 362 km"."""
        altitudes = f"{self.lowest_km:.0f} to {self.highest_km:.0f} km"
        return f"{self.count} at {self.inclination_deg:.1f} deg, {altitudes}"


def build_constellation(
    sets: Sequence[ElementSet], *, rejected: Sequence[RejectedSet], source: str
) -> Constellation:
    """Build a constellation of the sets, in their order; keep the newest epoch of each NORAD number.

    Of equal epochs the last set is kept.
    """
    norad_id = np.array([s.norad_id for s in sets], dtype=np.int64)
    epoch_utc = epochs_utc([s.record for s in sets])
    newest: dict[int, int] = {}
    for i, (number, epoch) in enumerate(
        zip(norad_id.tolist(), epoch_utc.astype(np.int64).tolist(), strict=True)
    ):
        best = newest.get(number)
        if best is None or epoch >= epoch_utc[best].astype(np.int64):
            newest[number] = i
    kept = np.array(sorted(newest.values()), dtype=np.intp)
    return Constellation(
        records=tuple(sets[i].record for i in kept),
        name=tuple(sets[i].name for i in kept),
        norad_id=norad_id[kept],
        epoch_utc=epoch_utc[kept],
        rejected=tuple(rejected),
        duplicates=len(sets) - len(kept),
        source=source,
    )


def epochs_utc(records: Sequence[Satrec]) -> NDArray[np.datetime64]:
    """Return the epochs (S,) of SGP4 records, UTC, to the microsecond."""
    day = np.array([record.jdsatepoch for record in records], dtype=np.float64) - UNIX_EPOCH_JD
    fraction = np.array([record.jdsatepochF for record in records], dtype=np.float64)
    whole_day = np.floor(day)
    fraction += day - whole_day
    microseconds = whole_day.astype(np.int64) * DAY_US + np.rint(fraction * DAY_US).astype(np.int64)
    return microseconds.astype("datetime64[us]")


def shells(constellation: Constellation) -> list[OrbitalShell]:
    """Group the satellites into orbital shells, the largest first; every satellite belongs to one.

    Satellites share a shell when their inclinations round to the same degree and their mean altitudes lie in
    adjacent full bins; satellites raising or lowering their orbit between such bins form a shell of their own.
    """
    inclination_deg, altitude_km = constellation.inclination_deg, constellation.altitude_km
    altitude_bin = np.floor(np.log(np.maximum(altitude_km, 1.0)) / _BIN_RATIO).astype(int)
    result = []
    for degree in np.unique(np.rint(inclination_deg)):
        members = np.flatnonzero(np.rint(inclination_deg) == degree)
        members = members[np.argsort(altitude_km[members], kind="stable")]
        bins = altitude_bin[members]
        dense = np.bincount(bins) >= _FULL_SHARE * len(members)
        full = (dense | np.append(dense[1:], False) | np.insert(dense[:-1], 0, False))[bins]
        ends = np.flatnonzero((full[1:] != full[:-1]) | (full[1:] & (np.diff(bins) > 1))) + 1
        for part in np.split(members, ends):
            lowest, highest = altitude_km[part[0]], altitude_km[part[-1]]
            median = float(np.median(inclination_deg[part]))
            result.append(OrbitalShell(median, float(lowest), float(highest), len(part)))
    return sorted(result, key=lambda shell: (-shell.count, shell.inclination_deg, shell.lowest_km))
