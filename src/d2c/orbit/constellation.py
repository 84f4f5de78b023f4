"""Constellation model: SGP4 records of the satellites of a run, and their orbital shells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sgp4.api import Satrec

from d2c.orbit.element_set import (
    EQUATORIAL_RADIUS_KM,
    UNNUMBERED,
    ElementSet,
    RejectedSet,
    semi_major_axis_km,
)
from d2c.printable import printable
from d2c.utc import DAY_US, UNIX_EPOCH_JD

# Both tuned on the Starlinks of 2026-08-22: they separate the shells from satellites raising or lowering their orbit.
_BIN_RATIO = 0.02  # altitude bins are 2 per cent wide: 7 km at 360 km
_FULL_SHARE = 0.01  # a bin is full when it or a neighbour holds this share of its inclination's satellites
Engine = Literal["sgp4", "heyoka"]


@dataclass(frozen=True, eq=False, slots=True)
class Constellation:
    """SGP4 records of the satellites (S,), and the element sets rejected from their source.

    `source` is the file name or the Walker notation. `rejected` (sets that cannot be used) and `dropped` (older or
    repeated sets of a satellite) refer to the whole source, also after a selection. `engine` is the propagator.
    """

    records: tuple[Satrec, ...]
    name: tuple[str, ...]
    norad_id: NDArray[np.int64]
    epoch_utc: NDArray[np.datetime64]
    rejected: tuple[RejectedSet, ...]
    dropped: tuple[RejectedSet, ...]
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
            dropped=self.dropped,
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
    """Build a constellation of the sets, in their order, without the older and the repeated sets of a satellite."""
    norad_id = np.array([s.norad_id for s in sets], dtype=np.int64)
    epoch_utc = epochs_utc([s.record for s in sets])
    dropped = _superseded(sets, epoch_utc)
    kept = np.array([i for i in range(len(sets)) if i not in dropped], dtype=np.intp)
    return Constellation(
        records=tuple(sets[i].record for i in kept),
        name=tuple(printable(sets[i].name) for i in kept),
        norad_id=norad_id[kept],
        epoch_utc=epoch_utc[kept],
        rejected=tuple(map(_shown, rejected)),
        dropped=tuple(_shown(RejectedSet(sets[i].line, sets[i].name, dropped[i])) for i in sorted(dropped)),
        source=source,
    )


def _superseded(sets: Sequence[ElementSet], epoch_utc: NDArray[np.datetime64]) -> dict[int, str]:
    """Return the index and the reason of each set that another of the same satellite replaces.

    A satellite is its NORAD number; number 0 stands for none, so there it is the name. Sets of one epoch with
    different elements are different satellites.
    """
    groups: dict[tuple[int, str], list[int]] = {}
    for i, item in enumerate(sets):
        groups.setdefault((item.norad_id, "" if item.norad_id else item.name), []).append(i)
    dropped = {}
    for (number, name), members in groups.items():
        newest = max(members, key=lambda i: epoch_utc[i])
        unnamed = not number and name == UNNUMBERED
        first: dict[tuple[float, ...], int] = {}
        for i in members if len(members) > 1 else ():
            if epoch_utc[i] < epoch_utc[newest] and not unnamed:
                dropped[i] = f"an older epoch than that of line {sets[newest].line}"
            elif (same := first.setdefault(_elements(sets[i].record), i)) != i:
                dropped[i] = f"the set of line {sets[same].line} again"
    return dropped


def _elements(record: Satrec) -> tuple[float, ...]:
    orbit = (record.inclo, record.nodeo, record.ecco, record.argpo, record.mo, record.no_kozai)
    return (*orbit, record.bstar, record.jdsatepoch, record.jdsatepochF)


def left_out(constellation: Constellation) -> str | None:
    """Return one line about the element sets of the source that are not used, and why; None if all are."""
    parts = []
    for sets, what in ((constellation.rejected, "rejected"), (constellation.dropped, "dropped")):
        if sets:
            first = sets[0]
            where = f"{'the first, ' if len(sets) > 1 else ''}line {first.line} ({first.name})"
            parts.append(
                f"{len(sets):,} element set{'s' if len(sets) > 1 else ''} {what}: {where}: {first.reason}"
            )
    return f"{constellation.source}: {'; '.join(parts)}" if parts else None


def _shown(item: RejectedSet) -> RejectedSet:
    return replace(item, name=printable(item.name), reason=printable(item.reason))


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
