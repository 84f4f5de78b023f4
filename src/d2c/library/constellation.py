"""A constellation of the library: its satellites, whom it serves and with which payload."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from d2c.library.entry import Entry, Figure
from d2c.toml import StrictModel

Terminal = Literal["handset", "terminal"]


Range = tuple[float, float]


class ElementSelection(StrictModel):
    """Which of the elements are used; all conditions must hold."""

    name: str | None = None
    """Regular expression that the satellite's name must contain, upper or lower case."""
    norad_id: tuple[int, ...] = ()
    """Catalogue numbers; empty for any."""
    inclination_deg: Range | None = None
    """Lowest and highest inclination."""
    altitude_km: Range | None = None
    """Lowest and highest mean altitude over the equatorial radius."""
    only_d2c: bool = False
    """Only direct-to-cell satellites, known by their names."""

    @model_validator(mode="after")
    def _ranges_ascend(self) -> "ElementSelection":
        for key in ("inclination_deg", "altitude_km"):
            given = getattr(self, key)
            if given is not None and given[0] > given[1]:
                raise ValueError(f"{key} = [{given[0]:g}, {given[1]:g}] must be [lowest, highest]")
        return self


class ShellChoice(StrictModel):
    """One Walker shell of a made constellation."""

    walker: str
    """Walker notation `inclination:satellites/planes/phasing`, such as 53:648/36/1."""
    altitude_km: Annotated[float, Field(ge=150, le=50_000)]
    """Altitude over the equatorial radius."""
    pattern: Literal["delta", "star"] = "delta"
    """`delta` spreads the planes over 360 deg, `star` over 180 deg."""


class SystemShell(StrictModel):
    """One Walker shell of a system."""

    name: str
    satellites: Figure
    planes: Figure
    phasing: Figure
    """Neighbouring planes are this many times 360 deg / satellites out of step."""
    node_span_deg: Figure
    """What the planes' nodes are spread over: 360 deg is the pattern `delta`, 180 deg the pattern `star`."""
    inclination_deg: Figure
    altitude_km: Figure

    @model_validator(mode="after")
    def _is_a_shell(self) -> "SystemShell":
        if self.node_span_deg.value not in (180, 360):
            raise ValueError(f"node_span_deg = {self.node_span_deg.value:g} is neither 360 nor 180")
        for key in ("satellites", "planes", "phasing"):
            if getattr(self, key).value % 1:
                raise ValueError(f"{key} = {getattr(self, key).value:g} is no whole number")
        return self

    @property
    def shell(self) -> ShellChoice:
        """Return the shell as a scenario writes it."""
        numbers = "/".join(f"{figure.value:.0f}" for figure in (self.satellites, self.planes, self.phasing))
        return ShellChoice(
            walker=f"{self.inclination_deg.value:.8g}:{numbers}",
            altitude_km=self.altitude_km.value,
            pattern="star" if self.node_span_deg.value == 180 else "delta",
        )


class PayloadOf(StrictModel):
    """The payload that serves each kind of terminal; none where no radio figures are published."""

    handset: str | None = None
    terminal: str | None = None


class System(Entry):
    """A constellation and whom it serves: an element file or set, Walker shells, or neither (nothing is public)."""

    serves: Annotated[tuple[Terminal, ...], Field(min_length=1)]
    payload: PayloadOf = PayloadOf()
    stand_in: PayloadOf = PayloadOf()
    """Payloads of other figures that a run may take where the system's own are not published."""
    satellites: Figure | None = None
    """How many there are in all."""
    elements: str | None = None
    shells: tuple[SystemShell, ...] = ()
    select: ElementSelection | None = None
    """Which satellites of an element file are the system's."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> "System":
        if self.elements and self.shells:
            raise ValueError("give elements or shells, not both")
        return self
