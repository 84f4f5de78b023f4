"""Beam of a payload: its steering, and its gain pattern by name."""

from typing import Any, Literal

from pydantic import model_validator

from d2c.antenna.patterns import (
    circular_aperture_gain_db,
    isotropic_gain_db,
    s1528_gain_dbi,
    s1528_leo_gain_dbi,
    s1528_taylor_gain_db,
)
from d2c.library.entry import Figure
from d2c.toml import StrictModel


class Beam(StrictModel):
    """Gain pattern and steering of the payload's beam."""

    peak_gain_dbi: Figure
    steering: Literal["steered", "fixed-nadir"] = "steered"
    """`steered`: the beam points at the cell; `fixed-nadir`: it points to the nadir, and the cell has off-axis loss."""
    scan_loss_exponent: Figure | None = None
    """n of the loss 10 n log10 cos(off-nadir) of a steered planar array; no scan loss if the source gives none."""
    pattern: Literal["isotropic", "aperture", "s1528", "s1528-leo", "s1528-taylor"] = "isotropic"
    """Gain pattern around the beam axis; `isotropic` if the source gives none."""
    aperture_m: Figure | None = None
    """Antenna diameter, for the patterns `aperture` and `s1528-taylor`."""
    beamwidth_deg: Figure | None = None
    """Full -3 dB beamwidth, for the patterns `s1528` and `s1528-leo`."""
    near_side_lobe_db: Figure | None = None
    """Near side-lobe level, for the pattern `s1528`."""
    side_lobe_ratio_db: Figure | None = None
    """Side-lobe ratio, for the pattern `s1528-taylor`."""
    secondary_lobes: Figure | None = None
    """Number of lobes near the side-lobe ratio, for the pattern `s1528-taylor`."""
    polarisation: Literal["circular", "linear"] = "circular"

    @model_validator(mode="after")
    def _pattern_has_its_figures(self) -> "Beam":
        needed = {
            "isotropic": (),
            "aperture": ("aperture_m",),
            "s1528": ("beamwidth_deg", "near_side_lobe_db"),
            "s1528-leo": ("beamwidth_deg",),
            "s1528-taylor": ("aperture_m", "side_lobe_ratio_db", "secondary_lobes"),
        }[self.pattern]
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"pattern {self.pattern} needs {', '.join(missing)}")
        if self.steering == "fixed-nadir" and self.pattern == "isotropic":
            raise ValueError(
                "a fixed beam needs a pattern; without it the gain would be the peak gain in every direction"
            )
        return self

    def off_axis_gain_db(self, *, off_axis_deg: Any, frequency_hz: float) -> Any:
        """Return the gain of the pattern relative to its peak, same shape as the angle."""
        match self.pattern:
            case "isotropic":
                gain = isotropic_gain_db(off_axis_deg=off_axis_deg)
            case "aperture":
                gain = circular_aperture_gain_db(
                    off_axis_deg=off_axis_deg, diameter_m=_value(self.aperture_m), frequency_hz=frequency_hz
                )
            case "s1528":
                peak = self.peak_gain_dbi.value
                gain = (
                    s1528_gain_dbi(
                        off_axis_deg=off_axis_deg,
                        peak_gain_dbi=peak,
                        beamwidth_deg=_value(self.beamwidth_deg),
                        near_side_lobe_db=_value(self.near_side_lobe_db),
                    )
                    - peak
                )
            case "s1528-leo":
                peak = self.peak_gain_dbi.value
                width = _value(self.beamwidth_deg)
                gain = (
                    s1528_leo_gain_dbi(off_axis_deg=off_axis_deg, peak_gain_dbi=peak, beamwidth_deg=width)
                    - peak
                )
            case "s1528-taylor":
                gain = s1528_taylor_gain_db(
                    off_axis_deg=off_axis_deg,
                    diameter_m=_value(self.aperture_m),
                    frequency_hz=frequency_hz,
                    side_lobe_ratio_db=_value(self.side_lobe_ratio_db),
                    secondary_lobes=int(_value(self.secondary_lobes)),
                )
        return gain


def _value(figure: Figure | None) -> float:
    assert figure is not None  # checked by Beam
    return figure.value
