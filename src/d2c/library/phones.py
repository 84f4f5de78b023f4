"""Data model of phones: the postures in which people have them, each with a loss that spreads, and its weight."""

from typing import ClassVar, Literal

from pydantic import model_validator

from d2c.library.entry import Entry, Figure, Kind, read_entry
from d2c.toml import StrictModel

Building = Literal["traditional", "thermally-efficient"]


class Posture(StrictModel):
    """One way of having a phone, with its loss over that of the loss set: a normal distribution, or a building."""

    name: str
    weight: Figure
    """Share of the phones, relative to the sum of all weights."""
    loss_db: Figure | None = None
    """Mean of the loss."""
    spread_db: Figure | None = None
    """Standard deviation of the loss; without it all phones have the mean."""
    building: Building | None = None
    """Indoors, with the entry loss of ITU-R P.2109 over its whole distribution."""

    @model_validator(mode="after")
    def _has_one_loss(self) -> "Posture":
        if (self.loss_db is None) == (self.building is None):
            raise ValueError("state either loss_db or building")
        if self.spread_db and self.building:
            raise ValueError("spread_db goes with loss_db; a building has the spread of ITU-R P.2109")
        if not self.name:
            raise ValueError("a posture needs a name")
        _check("weight", self.weight, 0.0, 1e6)
        _check("loss_db", self.loss_db, -20.0, 100.0)
        _check("spread_db", self.spread_db, 0.0, 30.0)
        return self


class PhoneMix(Entry):
    """Phones of a region by posture."""

    library_kind: ClassVar[Kind] = "phones"

    postures: tuple[Posture, ...]
    phone_loss_db: Figure | None = None
    """Loss of the operating point `measured`, both ways: what brings the levels of these phones to measured ones."""

    @model_validator(mode="after")
    def _has_phones(self) -> "PhoneMix":
        names = [posture.name for posture in self.postures]
        if not sum(posture.weight.value for posture in self.postures) > 0:
            raise ValueError("postures need at least one with a weight above 0")
        if len(set(names)) != len(names):
            raise ValueError("postures must have different names")
        _check("phone_loss_db", self.phone_loss_db, 0.0, 60.0)
        return self


def _check(name: str, figure: Figure | None, lowest: float, highest: float) -> None:
    if figure and not lowest <= figure.value <= highest:
        raise ValueError(f"{name} = {figure.value:g} must be between {lowest:g} and {highest:,g}")


def read_phones(name: str) -> PhoneMix:
    """Read a mix of postures of the library or of a TOML file."""
    return read_entry("phones", name, PhoneMix)
