"""Orbital elements as an object: satellites by name, from a file, a Walker pattern or CelesTrak."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from d2c.errors import ScenarioError
from d2c.orbit import celestrak
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.constellation import Constellation, shells
from d2c.orbit.epoch import element_age_days, start_utc
from d2c.orbit.geostationary import geostationary_constellation
from d2c.orbit.satellite_lookup import find_satellite
from d2c.orbit.selection import is_d2c, select
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.utc import utc_text

if TYPE_CHECKING:
    import pandas as pd

_ELEMENTS, _SELECT = "constellation.elements", "constellation.select"
_WALKER_EPOCH = np.datetime64("2026-01-01T00:00:00", "us")


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Elements:
    """Orbital elements of satellites, known by their names and NORAD numbers.

    Made by `read`, `walker`, `geostationary` or `update`; `select` leaves some of the satellites. Where a function
    takes `elements=`, it takes such an object, or the name that `read` takes.

    Attributes
    ----------
    names : tuple of str
        Name of each satellite.
    source : str
        File, or Walker notation.

    Examples
    --------
    >>> import d2c
    >>> satellites = d2c.Elements.read("starlink-d2c-2026-08")
    >>> satellites
    <d2c.Elements: 639 satellites of starlink-d2c-2026-08.tle>
    >>> satellites.select(inclination_deg=(40, 45)).names[0]
    'D2C 43-01/01 NOMINAL'
    >>> satellites.to_frame().loc["D2C 53-01/01 NOMINAL", "norad_id"]
    np.int64(80001)
    """

    satellites: Constellation = field(repr=False)
    keys: Mapping[str, Any] = field(repr=False)
    """What a scenario says to have these satellites, by key."""

    @classmethod
    def read(cls, name: str | PathLike[str]) -> "Elements":
        """Read a file of elements.

        Parameters
        ----------
        name : str or path
            A TLE, 3LE or OMM file (CSV, JSON, XML, KVN), a shipped set, or a downloaded CelesTrak group; `-` is the
            standard input.

        Raises
        ------
        CatalogueError
            If there is none of this name, or no element set in it can be used.
        """
        path = find_elements(str(name))
        return cls(read_elements(path), _keys(str(name)))

    @classmethod
    def walker(
        cls, notation: str, *, altitude_km: float, pattern: Literal["delta", "star"] = "delta"
    ) -> "Elements":
        """Make the satellites of a Walker shell, on circular orbits without drag.

        Parameters
        ----------
        notation : str
            `inclination:satellites/planes/phasing`, such as `"53:648/36/1"`.
        altitude_km : float
            Altitude above the equatorial radius.
        pattern : {"delta", "star"}
            Nodes over 360 deg, or over 180 deg.

        Raises
        ------
        ScenarioError
            If the notation or the altitude is impossible.

        Examples
        --------
        >>> import d2c
        >>> len(d2c.Elements.walker("53:648/36/1", altitude_km=550))
        648
        """
        shell = parse_walker(notation, altitude_km=altitude_km, pattern=pattern)
        keys = {"walker": notation, "altitude_km": altitude_km, "pattern": pattern}
        return cls(
            walker_constellation([shell], epoch=_WALKER_EPOCH),
            MappingProxyType({f"constellation.{key}": value for key, value in keys.items()}),
        )

    @classmethod
    def geostationary(cls, *longitudes_deg: float) -> "Elements":
        """Make geostationary satellites, one at each longitude.

        Parameters
        ----------
        *longitudes_deg : float
            Longitudes, east positive.

        Raises
        ------
        ScenarioError
            If a longitude is outside -180 to 180, or comes twice.

        Examples
        --------
        >>> import d2c
        >>> d2c.Elements.geostationary(16.4, -5).names
        ('GEO 16.4 E', 'GEO 5 W')
        """
        return cls(
            geostationary_constellation(longitudes_deg, epoch=_WALKER_EPOCH),
            MappingProxyType({"constellation.geo_longitudes_deg": list(longitudes_deg)}),
        )

    @classmethod
    def update(
        cls, group: str = "starlink", *, supplemental: bool = False, offline: bool = False
    ) -> "Elements":
        """Download the current elements of a group from CelesTrak, at most once in two hours.

        Parameters
        ----------
        group : str
            CelesTrak's name of the group.
        supplemental : bool
            Elements from the operator's own data instead of the catalogue's.
        offline : bool
            Use what was downloaded before; no network access.

        Raises
        ------
        CatalogueError
            If the download failed or is not due, or offline if there is none.
        """
        path = celestrak.update(group, supplemental=supplemental, offline=offline)
        return cls(read_elements(path), _keys(path.stem))

    def select(
        self,
        *,
        name: str | None = None,
        norad_id: tuple[int, ...] = (),
        inclination_deg: tuple[float, float] | None = None,
        altitude_km: tuple[float, float] | None = None,
        only_d2c: bool = False,
    ) -> "Elements":
        """Return the satellites that meet every condition.

        Parameters
        ----------
        name : str, optional
            Regular expression to find in the name, whatever its case.
        norad_id : tuple of int
            NORAD numbers; any if empty.
        inclination_deg, altitude_km : (float, float), optional
            Lowest and highest value, both included; the altitude is the mean one.
        only_d2c : bool
            Only the satellites whose names are those of direct-to-cell ones.

        Raises
        ------
        CatalogueError
            If no satellite meets them.
        ScenarioError
            If a condition is invalid, or the satellites are those of a Walker shell.
        """
        chosen = {
            "name": name,
            "norad_id": norad_id,
            "inclination_deg": inclination_deg,
            "altitude_km": altitude_km,
            "only_d2c": only_d2c,
        }
        if _ELEMENTS not in self.keys:
            raise ScenarioError(
                f"{self.source}: select filters elements of a file, not those of a Walker shell"
            )
        satellites = select(self.satellites, **chosen)  # type: ignore[arg-type]
        if any(
            key.startswith(f"{_SELECT}.") for key in self.keys
        ):  # of both selections a scenario takes the numbers
            given: dict[str, Any] = {"norad_id": satellites.norad_id.tolist()}
        else:
            given = {key: value for key, value in chosen.items() if value}
        selected = {f"{_SELECT}.{key}": value for key, value in given.items()}
        return Elements(satellites, MappingProxyType({**_keys(self.keys[_ELEMENTS]), **selected}))

    @property
    def name(self) -> str:
        """Return what `elements=` takes for a file or a downloaded group; the source for a Walker shell."""
        return str(self.keys.get(_ELEMENTS, self.source))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each satellite."""
        return self.satellites.name

    @property
    def source(self) -> str:
        """Return the file or the Walker notation."""
        return self.satellites.source

    def find(self, name_or_id: str) -> int:
        """Return the place in `names` of a satellite, by its NORAD number, its name or a part that no other has."""
        return find_satellite(self.satellites, name_or_id)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each satellite, by name: number, epoch, inclination, mean altitude, perigee and apogee."""
        import pandas as pd  # here for start-up time

        satellites = self.satellites
        return pd.DataFrame(
            {
                "norad_id": satellites.norad_id,
                "epoch_utc": pd.DatetimeIndex(satellites.epoch_utc, tz="UTC"),
                "inclination_deg": satellites.inclination_deg,
                "altitude_km": satellites.altitude_km,
                "perigee_km": satellites.perigee_km,
                "apogee_km": satellites.apogee_km,
            },
            index=pd.Index(satellites.name, name="satellite"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what `d2c elements info` prints: counts, shells, epochs, age today, dropped and rejected sets."""
        satellites = self.satellites
        epochs = np.sort(satellites.epoch_utc)
        now = start_utc("now", satellites)
        return {
            "source": satellites.source,
            "satellites": len(satellites),
            "d2c": sum(map(is_d2c, satellites.name)),
            "duplicates": len(satellites.dropped),
            "shells": [str(shell) for shell in shells(satellites)],
            "first_epoch_utc": utc_text(epochs[0], unit="s"),
            "median_epoch_utc": utc_text(epochs[len(epochs) // 2], unit="s"),
            "last_epoch_utc": utc_text(epochs[-1], unit="s"),
            "median_age_days": round(float(np.median(element_age_days(satellites, now))), 3),
            "dropped": [item.to_dict() for item in satellites.dropped],
            "refused": [item.to_dict() for item in satellites.rejected],
        }

    def __len__(self) -> int:
        """Return the number of satellites."""
        return len(self.satellites)

    def __contains__(self, name: object) -> bool:
        """Return whether a satellite has exactly this name."""
        return name in self.satellites.name

    def __repr__(self) -> str:
        """Return the number of satellites and their source."""
        return f"<d2c.Elements: {len(self)} satellites of {self.source}>"


def _keys(name: str) -> Mapping[str, Any]:
    """Return what a scenario says to have all satellites of a file."""
    return MappingProxyType({_ELEMENTS: name, _SELECT: {}})
