"""Data model of a constellation: satellites (elements or Walker shells), terminals served, and payloads."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from d2c.library.entry import Entry, Figure, Kind
from d2c.toml import StrictModel

Terminal = Literal["handset", "terminal"]
Range = tuple[float, float]
MIN_ALTITUDE_KM, MAX_ALTITUDE_KM = 150, 50_000  # above the equatorial radius
Altitude = Annotated[float, Field(ge=MIN_ALTITUDE_KM, le=MAX_ALTITUDE_KM)]


class ElementSelection(StrictModel):
    """Filter of the orbital elements; a satellite is used if all conditions hold."""

    name: str | None = None
    """Regular expression to find in the satellite's name, case-insensitive."""
    norad_id: tuple[int, ...] = ()
    """NORAD catalogue numbers; empty: any."""
    inclination_deg: Range | None = None
    """Lowest and highest inclination, in degrees."""
    altitude_km: Range | None = None
    """Lowest and highest mean altitude above the equatorial radius, in kilometres."""
    only_d2c: bool = False
    """Only direct-to-cell satellites, recognised by their names."""

    @model_validator(mode="after")
    def _ranges_ascend(self) -> "ElementSelection":
        for key in ("inclination_deg", "altitude_km"):
            limits = getattr(self, key)
            if limits is not None and limits[0] > limits[1]:
                raise ValueError(f"{key} = [{limits[0]:g}, {limits[1]:g}] must be [lowest, highest]")
        return self


class ShellChoice(StrictModel):
    """One Walker shell of a synthetic constellation."""

    walker: str
    """Walker notation `inclination:satellites/planes/phasing`, such as 53:648/36/1."""
    altitude_km: Altitude
    """Altitude above the equatorial radius, in kilometres."""
    pattern: Literal["delta", "star"] = "delta"
    """`delta` spreads the planes over 360 deg, `star` over 180 deg."""
    payload: str | None = None
    """Payload of this shell's satellites; by default that of `[link]`."""


class PayloadByTerminal(StrictModel):
    """Payload for each kind of terminal; none where no radio figures are published."""

    handset: str | None = None
    terminal: str | None = None


class SystemShell(StrictModel):
    """One Walker shell of a library constellation, each parameter with its source."""

    name: str
    satellites: Figure
    planes: Figure
    phasing: Figure
    """Walker phasing f: satellites of adjacent planes are offset by f * 360 deg / satellites."""
    node_span_deg: Figure
    """Range of right ascension over which the nodes are spread: 360 deg (pattern `delta`) or 180 deg (`star`)."""
    inclination_deg: Figure
    altitude_km: Figure
    payload: PayloadByTerminal = PayloadByTerminal()
    """Payload of this shell's satellites, where it is not that of the system."""

    @model_validator(mode="after")
    def _has_valid_numbers(self) -> "SystemShell":
        if self.node_span_deg.value not in (180, 360):
            raise ValueError(f"node_span_deg = {self.node_span_deg.value:g} is not 360 or 180")
        for key in ("satellites", "planes", "phasing"):
            if getattr(self, key).value % 1:
                raise ValueError(f"{key} = {getattr(self, key).value:g} is not a whole number")
        return self

    @property
    def shell(self) -> ShellChoice:
        """Return the shell in the form of scenario files, without its payload, which depends on the terminal."""
        numbers = "/".join(f"{figure.value:.0f}" for figure in (self.satellites, self.planes, self.phasing))
        return ShellChoice(
            walker=f"{self.inclination_deg.value:.8g}:{numbers}",
            altitude_km=self.altitude_km.value,
            pattern="star" if self.node_span_deg.value == 180 else "delta",
        )


class System(Entry):
    """A constellation and the terminals it serves: an element file or set, Walker shells, or neither (not public).

    Parameters
    ----------
    title : str
        What tables and maps call it.
    serves : sequence of {"handset", "terminal"}
        The kinds of terminals that it serves.
    payload : mapping, optional
        Name of the payload for each kind of terminal.
    shells : sequence of mapping, optional
        Walker shells: `name`, `satellites`, `planes`, `phasing`, `node_span_deg` (360, or 180 for a star),
        `inclination_deg`, `altitude_km` and, if it is not that of the constellation, `payload`.
    elements : str, optional
        A file or set of elements, instead of shells; with `select`, some of its satellites.
    satellites : float, optional
        Total number of satellites.
    stand_in : mapping, optional
        Payloads of other systems that may stand for one that is not published.
    note, based_on : str, optional
        A remark, and in files the entry whose keys this one inherits.

    Raises
    ------
    ScenarioError
        If a key is missing, unknown or wrong.

    Examples
    --------
    >>> import d2c
    >>> shell = {"name": "one", "satellites": 240, "planes": 12, "phasing": 1, "node_span_deg": 360,
    ...          "inclination_deg": 53, "altitude_km": 500}
    >>> mine = d2c.Constellation(title="Mine", serves=["handset"], payload={"handset": "starlink-d2c"}, shells=[shell])
    >>> mine.shells[0].satellites
    Figure(value=240.0, source='given by the user', assumed='')
    >>> len(d2c.sky("Roma", set={"constellation.system": mine}).elements)
    240
    """

    library_kind: ClassVar[Kind] = "constellations"

    serves: Annotated[tuple[Terminal, ...], Field(min_length=1)]
    payload: PayloadByTerminal = PayloadByTerminal()
    stand_in: PayloadByTerminal = PayloadByTerminal()
    """Substitute payloads with the figures of other systems, suggested where the system's own are not published."""
    satellites: Figure | None = None
    """Total number of satellites."""
    elements: str | None = None
    shells: tuple[SystemShell, ...] = ()
    select: ElementSelection | None = None
    """Filter of the satellites of this system in an element file."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "System":
        if self.elements and self.shells:
            raise ValueError("give elements or shells, not both")
        return self


Constellation = System
"""What users call it; inside d2c that name is the satellites of orbit/constellation.py."""
