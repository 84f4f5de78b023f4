"""Data model of a regulatory limit of the power flux density or field strength at the ground."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from d2c.library.entry import Entry, Figure, Kind
from d2c.toml import StrictModel


class Level(StrictModel):
    """Level of a limit at one angle of arrival: PFD in the reference bandwidth, or field strength."""

    elevation_deg: Annotated[float, Field(ge=0, le=90)] | None = None
    """Angle of arrival; without it the level applies at all angles."""
    pfd_dbw_m2: Figure | None = None
    field_strength_dbuv_m: Figure | None = None

    @property
    def name(self) -> str:
        """Return the name of the level in listings."""
        return "levels at " + ("all angles" if self.elevation_deg is None else f"{self.elevation_deg:g} deg")

    @model_validator(mode="after")
    def _is_one_quantity(self) -> "Level":
        if (self.pfd_dbw_m2 is None) == (self.field_strength_dbuv_m is None):
            raise ValueError("a level is either pfd_dbw_m2 or field_strength_dbuv_m")
        return self


class Limit(Entry):
    """Regulatory limit of the PFD or field strength that a satellite system produces at the ground."""

    library_kind: ClassVar[Kind] = "limits"

    applies_to: str
    """Frequency bands and areas to which the limit applies."""
    emission: Literal["in-band", "out-of-band"]
    """Part of the emission that is limited: inside the channel, or outside it."""
    scope: Literal["aggregate", "single"]
    """`aggregate`: the sum of all beams and satellites in view; `single`: one satellite."""
    bandwidth_mhz: Figure | None = None
    """Reference bandwidth; without it the limit applies to the whole emission."""
    levels: tuple[Level, ...]
    """By ascending angle of arrival: linear interpolation between them, constant beyond both ends."""

    @model_validator(mode="after")
    def _levels_ascend(self) -> "Limit":
        if not self.levels:
            raise ValueError("a limit needs at least one level")
        angles = [level.elevation_deg for level in self.levels if level.elevation_deg is not None]
        ascending = angles == sorted(set(angles)) and len(angles) == len(self.levels)
        if len(self.levels) > 1 and not ascending:
            raise ValueError(
                "levels must be given by ascending elevation_deg, or as one level for all angles"
            )
        if len({level.pfd_dbw_m2 is None for level in self.levels}) > 1:
            raise ValueError("levels must all be pfd_dbw_m2 or all field_strength_dbuv_m")
        return self
