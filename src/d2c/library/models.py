"""Constellations, payloads, handsets, loss sets, services and limits: every figure with its source."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from d2c.library.constellation import System, Terminal
from d2c.library.entry import Entry, Kind, read_entry
from d2c.library.entry import Figure as Figure
from d2c.library.traffic import Traffic
from d2c.toml import StrictModel


class Downlink(StrictModel):
    """What a payload sends."""

    frequency_mhz: Figure
    bandwidth_mhz: Figure
    """Bandwidth that carries the power and the noise: the occupied part of the channel."""
    eirp_density_dbw_mhz: Figure
    pfd_cap_dbw_m2_mhz: Figure | None = None
    """Power is held back so that the ground sees no more than this."""


class Uplink(StrictModel):
    """What a payload hears."""

    frequency_mhz: Figure
    bandwidth_mhz: Figure
    """Bandwidth of one handset's transmission."""
    g_over_t_db_k: Figure


class Beam(StrictModel):
    """How the payload's gain depends on the direction."""

    peak_gain_dbi: Figure
    steering: Literal["steered", "fixed-nadir"] = "steered"
    """`steered`: the beam is aimed at the cell; `fixed-nadir`: the cell sees the pattern's slope."""
    scan_loss_exponent: Figure | None = None
    """n of the loss 10 n log10 cos(off-nadir) of a steered planar array; none if the source has none."""
    pattern: Literal["isotropic", "aperture", "s1528", "s1528-leo", "s1528-taylor"] = "isotropic"
    """Pattern around the beam's axis; `isotropic` where the source has none."""
    aperture_m: Figure | None = None
    """Diameter, of the patterns `aperture` and `s1528-taylor`."""
    beamwidth_deg: Figure | None = None
    """Full width between the -3 dB points, of the patterns `s1528` and `s1528-leo`."""
    near_side_lobe_db: Figure | None = None
    """Of the pattern `s1528`."""
    side_lobe_ratio_db: Figure | None = None
    """Of the pattern `s1528-taylor`."""
    secondary_lobes: Figure | None = None
    """Of the pattern `s1528-taylor`."""
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
                "a fixed beam needs a pattern; without one every direction would get the peak gain"
            )
        return self


class Payload(Entry):
    """A satellite's radio."""

    downlink: Downlink
    uplink: Uplink | None = None
    beam: Beam


class Handset(Entry):
    """A terminal on the ground."""

    kind: Terminal = "handset"
    """`handset`: held in a hand or no larger; `terminal`: an antenna that is set up or mounted, and aimed."""

    tx_power_dbm: Figure
    tx_gain_dbi: Figure
    rx_gain_dbi: Figure
    noise_figure_db: Figure
    antenna_temperature_k: Figure


class Loss(StrictModel):
    """One named loss that does not depend on the geometry."""

    name: str
    loss_db: Figure
    direction: Literal["both", "downlink", "uplink"] = "both"
    band: Literal["S", "Ka"] | None = None
    """Only in this band of TR 38.811."""


Model = Literal[
    "gases",
    "ionospheric-scintillation",
    "tropospheric-scintillation",
    "tropospheric-scintillation-rounded",  # at the nearest printed elevation, as TR 38.821 takes it
    "building-entry-traditional",
    "building-entry-thermally-efficient",
]


class LossSet(Entry):
    """The losses of a link beside free space."""

    models: tuple[Model, ...] = ("gases",)
    """Losses that follow from geometry and place: gases by ITU-R P.676, scintillation by TR 38.811 6.6.6,
    entry into buildings by ITU-R P.2109 (median)."""
    losses: tuple[Loss, ...] = ()


class Requirement(StrictModel):
    """What one direction of a service needs: a C/N that a source states, or a bit rate in a bandwidth."""

    c_n_db: Figure | None = None
    bit_rate_kbps: Figure | None = None
    """With all headers; the C/N follows from the CQI table."""
    bandwidth_mhz: Figure | None = None
    """Bandwidth the service uses, whole resource blocks of 180 kHz."""

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> "Requirement":
        if (self.c_n_db is None) == (self.bit_rate_kbps is None):
            raise ValueError("state either c_n_db or bit_rate_kbps")
        if (self.bit_rate_kbps is None) != (self.bandwidth_mhz is None):
            raise ValueError("bit_rate_kbps and bandwidth_mhz go together")
        return self


class Service(Entry):
    """A service and what it requires of the link; without an uplink it needs the downlink only."""

    downlink: Requirement
    uplink: Requirement | None = None


class Level(StrictModel):
    """A limit at one angle of arrival: as power flux density in the reference bandwidth, or as field strength."""

    elevation_deg: Annotated[float, Field(ge=0, le=90)] | None = None
    """Without one the level holds at all angles."""
    pfd_dbw_m2: Figure | None = None
    field_strength_dbuv_m: Figure | None = None

    @property
    def name(self) -> str:
        """Return what a listing calls the level, of which there may be several."""
        return "levels at " + ("all angles" if self.elevation_deg is None else f"{self.elevation_deg:g} deg")

    @model_validator(mode="after")
    def _is_one_quantity(self) -> "Level":
        if (self.pfd_dbw_m2 is None) == (self.field_strength_dbuv_m is None):
            raise ValueError("a level is either pfd_dbw_m2 or field_strength_dbuv_m")
        return self


class Limit(Entry):
    """What a satellite system may put on the ground."""

    applies_to: str
    """Bands and places."""
    emission: Literal["in-band", "out-of-band"]
    """Which part of the emission is limited: that in the channel, or what leaks out of it."""
    scope: Literal["aggregate", "single"]
    """`aggregate`: the sum of all beams and satellites in view; `single`: one satellite's."""
    bandwidth_mhz: Figure | None = None
    """Reference bandwidth; without one the limit holds for the whole emission."""
    levels: tuple[Level, ...]
    """By rising angle of arrival: straight lines between neighbours, level beyond both ends."""

    @model_validator(mode="after")
    def _levels_make_a_curve(self) -> "Limit":
        if not self.levels:
            raise ValueError("a limit needs at least one level")
        angles = [level.elevation_deg for level in self.levels if level.elevation_deg is not None]
        rising = angles == sorted(set(angles)) and len(angles) == len(self.levels)
        if len(self.levels) > 1 and not rising:
            raise ValueError("levels must be given by rising elevation_deg, or one level for all angles")
        if len({level.pfd_dbw_m2 is None for level in self.levels}) > 1:
            raise ValueError("levels must all be pfd_dbw_m2 or all field_strength_dbuv_m")
        return self


MODELS: dict[Kind, type[Entry]] = {
    "constellations": System,
    "payloads": Payload,
    "handsets": Handset,
    "losses": LossSet,
    "services": Service,
    "limits": Limit,
    "traffic": Traffic,
}


def system(name: str) -> System:
    """Return a constellation of the library, or of a TOML file."""
    return read_entry("constellations", name, System)


def payload(name: str) -> Payload:
    """Return a payload of the library, or of a TOML file."""
    return read_entry("payloads", name, Payload)


def handset(name: str) -> Handset:
    """Return a handset of the library, or of a TOML file."""
    return read_entry("handsets", name, Handset)


def loss_set(name: str) -> LossSet:
    """Return a loss set of the library, or of a TOML file."""
    return read_entry("losses", name, LossSet)


def usual_losses(handset_name: str) -> str:
    """Return the loss set of a handset for which none is named: no hand holds a terminal."""
    return "terminal" if handset(handset_name).kind == "terminal" else "outdoor"


def service(name: str) -> Service:
    """Return a service of the library, or of a TOML file."""
    return read_entry("services", name, Service)


def limit(name: str) -> Limit:
    """Return a limit of the library, or of a TOML file."""
    return read_entry("limits", name, Limit)
