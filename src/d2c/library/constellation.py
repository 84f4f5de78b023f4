"""A constellation of the library: its satellites, whom it serves and with which payload."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from d2c.library.entry import Entry, Figure
from d2c.scenario.model import Constellation, Part, Select, Shell

Terminal = Literal["handset", "terminal"]


class SystemShell(Part):
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
    def shell(self) -> Shell:
        """Return the shell as a scenario writes it."""
        numbers = "/".join(f"{figure.value:.0f}" for figure in (self.satellites, self.planes, self.phasing))
        return Shell(
            walker=f"{self.inclination_deg.value:.8g}:{numbers}",
            altitude_km=self.altitude_km.value,
            pattern="star" if self.node_span_deg.value == 180 else "delta",
        )


class PayloadOf(Part):
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
    select: Select | None = None
    """Which satellites of an element file are the system's."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> "System":
        if self.elements and self.shells:
            raise ValueError("give elements or shells, not both")
        return self

    def flies_in(self, chosen: Constellation) -> bool:
        """Return whether the satellites of a scenario's choice are those of this entry, not the user's own."""
        own_shells = tuple(given.shell for given in self.shells)
        return (chosen.elements, chosen.walker, chosen.shells) == (self.elements, None, own_shells)
