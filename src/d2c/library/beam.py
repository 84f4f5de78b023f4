"""Beam of a payload: its steering, its gain pattern by name, and the directivity of that pattern."""

from functools import lru_cache
from typing import Any, Literal

from pydantic import ConfigDict, ValidationInfo, field_validator, model_validator

from d2c.antenna.directivity import planar_array_directivity_dbi, radial_directivity_dbi
from d2c.antenna.patterns import (
    circular_aperture_gain_db,
    isotropic_gain_db,
    s1528_gain_dbi,
    s1528_leo_gain_dbi,
    s1528_taylor_gain_db,
    square_array_gain_db,
)
from d2c.library.entry import Figure
from d2c.toml import StrictModel, missing_key

Pattern = Literal["isotropic", "aperture", "s1528", "s1528-leo", "s1528-taylor", "planar-array"]
# Gain above the pattern's directivity that is no error: half a unit of gains printed to 0.1 dB, and as much for
# apertures and widths printed to 1 %
ROUNDING_DB = 0.1
_NEEDED: dict[Pattern, tuple[str, ...]] = {
    "isotropic": (),
    "aperture": ("aperture_m",),
    "s1528": ("beamwidth_deg", "near_side_lobe_db"),
    "s1528-leo": ("beamwidth_deg",),
    "s1528-taylor": ("aperture_m", "side_lobe_ratio_db", "secondary_lobes"),
    "planar-array": ("length_along_m", "length_across_m", "scan_loss_exponent"),
}
_SIZES = ("aperture_m", "beamwidth_deg", "length_along_m", "length_across_m")
_TO_THE_BACK = ("isotropic", "s1528", "s1528-leo")  # the others radiate forward only


class Beam(StrictModel):
    """Gain pattern and steering of the payload's beam."""

    model_config = ConfigDict(
        validate_default=True
    )  # figures left out are asked for if the pattern needs them

    peak_gain_dbi: Figure
    gain_as_printed: str = ""
    """Why a peak gain above the directivity of the pattern is kept as the source prints it; shown to the user."""
    steering: Literal["steered", "fixed-nadir"] = "steered"
    """`steered`: the beam points at the cell; `fixed-nadir`: it points to the nadir, and the cell has off-axis loss."""
    pattern: Pattern = "isotropic"
    """Gain pattern around the beam axis; `isotropic` if the source gives none."""
    scan_loss_exponent: Figure | None = None
    """n of the loss 10 n log10 cos(off-nadir) of a steered planar array; no scan loss if the source gives none. For the
    pattern `planar-array` the exponent of its elements too; 1, the projected aperture, conserves power."""
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
    length_along_m: Figure | None = None
    """Side of the antenna along the track, for the pattern `planar-array`."""
    length_across_m: Figure | None = None
    """Side of the antenna across the track, for the pattern `planar-array`."""
    polarisation: Literal["circular", "linear"] = "circular"

    @field_validator(*dict.fromkeys(key for keys in _NEEDED.values() for key in keys))
    @classmethod
    def _pattern_has_its_figures(cls, figure: Figure | None, read: ValidationInfo) -> Figure | None:
        """Ask for the figures of the pattern, each as a missing key, so that all that is missing is named together."""
        pattern = read.data.get("pattern", "isotropic")
        if figure is None and read.field_name in _NEEDED[pattern]:
            raise missing_key(f"{read.field_name} (of pattern {pattern})")
        return figure

    @model_validator(mode="after")
    def _figures_are_possible(self) -> "Beam":
        for key in set(_NEEDED[self.pattern]).intersection(_SIZES):
            if _value(getattr(self, key)) <= 0:
                raise ValueError(f"{key} = {_value(getattr(self, key)):g} must be above 0")
        if self.scan_loss_exponent and self.scan_loss_exponent.value < 0:
            raise ValueError(f"scan_loss_exponent = {self.scan_loss_exponent.value:g} must be at least 0")
        if self.steering == "fixed-nadir" and self.pattern == "planar-array":
            raise ValueError(
                "pattern planar-array is that of a steered beam; give steering = 'steered', or for a fixed beam a "
                "pattern by off-axis angle, such as aperture"
            )
        if self.steering == "fixed-nadir" and self.pattern == "isotropic":
            raise ValueError(
                "a fixed beam needs a pattern; without it the gain would be the peak gain in every direction"
            )
        return self

    def off_axis_gain_db(self, *, off_axis_deg: Any, frequency_hz: float) -> Any:
        """Return the gain of the pattern relative to its peak, same shape as the angle.

        That of a planar array depends on more than this angle; here it is the square array of the same area, in a plane
        along a side: enough for half-power angles. ModelRangeError beyond the angles of the pattern.
        """
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
            case "planar-array":
                gain = square_array_gain_db(
                    off_axis_deg=off_axis_deg,
                    area_m2=_value(self.length_along_m) * _value(self.length_across_m),
                    frequency_hz=frequency_hz,
                )
        return gain

    def directivity_dbi(self, *, frequency_hz: float) -> float:
        """Return the gain of the pattern without losses: 4 pi over its integral; a planar array's at broadside."""
        return _directivity_dbi(self, frequency_hz)

    def check_gain(self, *, frequency_hz: float) -> None:
        """Raise ValueError if the peak gain is above the directivity of the pattern, and not as printed."""
        if self.pattern == "isotropic" or self.gain_as_printed:
            return  # `isotropic` is no pattern, but that of a payload whose source gives none
        gain_dbi, directivity_dbi = self.peak_gain_dbi.value, self.directivity_dbi(frequency_hz=frequency_hz)
        if gain_dbi > directivity_dbi + ROUNDING_DB:
            raise ValueError(
                f"[beam] peak_gain_dbi = {gain_dbi:g} dBi is above the {directivity_dbi:.1f} dBi that pattern "
                f"{self.pattern} has at {frequency_hz / 1e6:g} MHz with all the power it radiates; give a larger "
                'aperture or a narrower beam, less gain, or gain_as_printed = "reason" to keep the gain that a source '
                "prints"
            )


@lru_cache
def _directivity_dbi(beam: Beam, frequency_hz: float) -> float:
    if beam.pattern == "planar-array":
        return planar_array_directivity_dbi(
            length_along_m=_value(beam.length_along_m),
            length_across_m=_value(beam.length_across_m),
            frequency_hz=frequency_hz,
            exponent=_value(beam.scan_loss_exponent),
        )
    return radial_directivity_dbi(
        lambda off_axis_deg: beam.off_axis_gain_db(off_axis_deg=off_axis_deg, frequency_hz=frequency_hz),
        reach_deg=180.0 if beam.pattern in _TO_THE_BACK else 90.0,
    )


def _value(figure: Figure | None) -> float:
    assert figure is not None  # checked by Beam
    return figure.value
