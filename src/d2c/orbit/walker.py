"""Walker delta and star constellations: notation, shells and their satellites."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

import numpy as np

from d2c.errors import ScenarioError
from d2c.orbit.constellation import Constellation, build_constellation
from d2c.orbit.element_set import EQUATORIAL_RADIUS_KM, ElementSet, new_record, semi_major_axis_km

Pattern = Literal["delta", "star"]

_FIRST_NUMBER = 90_001  # 70000 to 99999 are not assigned to satellites (CelesTrak usage policy, 2026)
_MAX_SATELLITES = (
    100_000  # assumed: above every planned constellation; stops a typing error from filling memory
)
_NODES_SPAN_DEG = {"delta": 360.0, "star": 180.0}
_NOTATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*:\s*(\d{1,9})\s*/\s*(\d{1,9})\s*/\s*(\d{1,9})\s*")


@dataclass(frozen=True, slots=True)
class WalkerShell:
    """A Walker shell i:t/p/f: t `satellites` in p `planes`, phase f x 360/t deg between adjacent planes.

    The ascending nodes span 360 deg (delta) or 180 deg (star). `altitude_km` is above the equatorial radius.
    Source: J. G. Walker, "Satellite constellations", J. Brit. Interplanetary Soc. 37 (1984).
    """

    pattern: Pattern
    inclination_deg: float
    satellites: int
    planes: int
    phasing: int
    altitude_km: float

    def __post_init__(self) -> None:
        """Raise ScenarioError for impossible parameters."""
        shell = f"walker '{self.notation}'"
        if self.pattern not in get_args(Pattern):
            raise ScenarioError(f"{shell}: pattern '{self.pattern}' is neither 'delta' nor 'star'")
        if not 0 <= self.inclination_deg <= 180:
            raise ScenarioError(f"{shell}: inclination {self.inclination_deg:g} deg is outside 0 to 180")
        if not 1 <= self.satellites <= _MAX_SATELLITES:
            raise ScenarioError(f"{shell}: {self.satellites} satellites; allowed are 1 to {_MAX_SATELLITES}")
        if self.planes < 1 or self.satellites % self.planes:
            raise ScenarioError(
                f"{shell}: {self.satellites} satellites do not divide into {self.planes} planes;"
                " the notation is inclination:satellites/planes/phasing"
            )
        if not 0 <= self.phasing < self.planes:
            raise ScenarioError(
                f"{shell}: phasing {self.phasing} is outside 0 to {self.planes - 1} (planes - 1)"
            )
        if not (isfinite(self.altitude_km) and self.altitude_km > 0):
            raise ScenarioError(f"{shell}: altitude_km = {self.altitude_km:g} is not above 0")

    @property
    def notation(self) -> str:
        """Return the usual notation, for example "53:648/36/1"."""
        return f"{self.inclination_deg:g}:{self.satellites}/{self.planes}/{self.phasing}"


def parse_walker(notation: str, *, altitude_km: float, pattern: Pattern = "delta") -> WalkerShell:
    """Parse the notation inclination:satellites/planes/phasing, for example "53:648/36/1"."""
    match = _NOTATION.fullmatch(notation)
    if not match:
        raise ScenarioError(
            f"walker '{notation}' is not in the notation inclination:satellites/planes/phasing,"
            " for example 53:648/36/1"
        )
    inclination_deg, satellites, planes, phasing = match.groups()
    return WalkerShell(
        pattern, float(inclination_deg), int(satellites), int(planes), int(phasing), altitude_km
    )


def walker_constellation(shells: Sequence[WalkerShell], *, epoch: np.datetime64) -> Constellation:
    """Generate the satellites of the shells: circular orbits without drag, NORAD numbers from 90001.

    At the epoch the first satellite of a shell is at its ascending node, and that node at right ascension 0.
    """
    sets: list[ElementSet] = []
    for shell in shells:
        sets += _satellites(shell, epoch.astype("datetime64[us]"), first_number=_FIRST_NUMBER + len(sets))
    source = " + ".join(
        f"Walker {shell.pattern} {shell.notation} at {shell.altitude_km:g} km" for shell in shells
    )
    return build_constellation(sets, rejected=(), source=source)


def _satellites(shell: WalkerShell, epoch: np.datetime64, *, first_number: int) -> list[ElementSet]:
    per_plane = shell.satellites // shell.planes
    mean_motion_rev_day = _mean_motion_rev_day(shell, epoch)
    title = f"WALKER {'STAR ' if shell.pattern == 'star' else ''}{shell.notation}"
    sets: list[ElementSet] = []
    for plane in range(shell.planes):
        for slot in range(per_plane):
            number = first_number + len(sets)
            phase_deg = 360 * slot / per_plane + 360 * shell.phasing * plane / shell.satellites
            record = new_record(
                norad_id=number,
                epoch_utc=epoch,
                mean_motion_rev_day=mean_motion_rev_day,
                eccentricity=0.0,
                inclination_deg=shell.inclination_deg,
                raan_deg=_NODES_SPAN_DEG[shell.pattern] * plane / shell.planes,
                argument_of_perigee_deg=0.0,
                mean_anomaly_deg=phase_deg % 360,
                bstar=0.0,
            )
            name = f"{title} P{plane + 1:02d}S{slot + 1:02d}"
            sets.append(ElementSet(line=0, name=name, norad_id=number, record=record))
    return sets


def _mean_motion_rev_day(shell: WalkerShell, epoch: np.datetime64) -> float:
    """Return the Kozai mean motion for which SGP4's semi-major axis matches the shell's altitude."""
    target_km = EQUATORIAL_RADIUS_KM + shell.altitude_km
    mean_motion_rev_day = 16.0
    # Each iteration corrects the residual by Kepler's third law; J2 is a thousandth, so each gains three digits.
    for _ in range(8):
        record = new_record(
            norad_id=0,
            epoch_utc=epoch,
            mean_motion_rev_day=mean_motion_rev_day,
            eccentricity=0.0,
            inclination_deg=shell.inclination_deg,
            raan_deg=0.0,
            argument_of_perigee_deg=0.0,
            mean_anomaly_deg=0.0,
            bstar=0.0,
        )
        mean_motion_rev_day *= (semi_major_axis_km(record) / target_km) ** 1.5
    return mean_motion_rev_day
