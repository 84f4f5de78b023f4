"""Data models of payloads, handsets, loss sets, services and limits, and the readers of library entries."""

from typing import Annotated, Literal, cast

from pydantic import Field, ValidationInfo, field_validator, model_validator

from d2c.errors import ModelRangeError
from d2c.library.beam import Beam as Beam
from d2c.library.constellation import System, Terminal
from d2c.library.entry import Entry, Kind, read_entry
from d2c.library.entry import Figure as Figure
from d2c.library.phones import Building, PhoneMix
from d2c.library.traffic import Traffic
from d2c.propagation.tr38811 import Band
from d2c.toml import StrictModel, missing_key
from d2c.units import to_db


class Downlink(StrictModel):
    """Downlink of a payload."""

    frequency_mhz: Figure
    bandwidth_mhz: Figure
    """Occupied bandwidth of the channel; signal power and noise are taken over it."""
    eirp_density_dbw_mhz: Figure | None = None
    """EIRP in 1 MHz, towards the peak of the beam; either this or eirp_dbw."""
    eirp_dbw: Annotated[Figure | None, Field(validate_default=True)] = None
    """EIRP in the bandwidth, towards the peak of the beam; either this or eirp_density_dbw_mhz."""
    pfd_cap_dbw_m2_mhz: Figure | None = None
    """The transmit power is backed off so that the PFD at the ground does not exceed this cap."""

    @field_validator("eirp_dbw")
    @classmethod
    def _has_one_eirp(cls, eirp: Figure | None, read: ValidationInfo) -> Figure | None:
        """Ask for one of the two; as a check of a key, so that it is named together with other missing ones."""
        density = read.data.get("eirp_density_dbw_mhz", eirp)
        if "eirp_density_dbw_mhz" in read.data and (eirp is None) == (density is None):
            if eirp is None:
                raise missing_key("eirp_density_dbw_mhz or eirp_dbw")
            raise ValueError("give eirp_dbw or eirp_density_dbw_mhz, not both")
        return eirp

    @property
    def eirp_figure(self) -> Figure:
        """Return the EIRP as the entry gives it: over the bandwidth in dBW, or its density in dBW/MHz."""
        figure = self.eirp_dbw or self.eirp_density_dbw_mhz
        assert figure is not None  # checked above
        return figure

    @property
    def density_dbw_mhz(self) -> float:
        """Return the EIRP density; a given EIRP is spread evenly over the bandwidth."""
        spread_db = float(to_db(self.bandwidth_mhz.value)) if self.eirp_dbw else 0.0
        return self.eirp_figure.value - spread_db


class Uplink(StrictModel):
    """Uplink of a payload."""

    frequency_mhz: Figure
    bandwidth_mhz: Figure
    """Bandwidth of one handset transmission."""
    g_over_t_db_k: Figure


class Payload(Entry):
    """Radio payload of a satellite."""

    downlink: Downlink
    uplink: Uplink | None = None
    beam: Beam

    @model_validator(mode="after")
    def _radiates_its_power(self) -> "Payload":
        try:
            self.beam.check_gain(frequency_hz=self.downlink.frequency_mhz.value * 1e6)
        except ModelRangeError as error:
            raise ValueError(str(error)) from error
        return self


class Handset(Entry):
    """Terminal on the ground."""

    kind: Terminal = "handset"
    """`handset`: hand-held or as small; `terminal`: with an installed or mounted, pointed antenna."""
    band: Band | None = None
    """Band of TR 38.811 that the antenna is made for; a payload in another band is refused. Without it: any band."""

    tx_power_dbm: Figure
    tx_gain_dbi: Figure
    rx_gain_dbi: Figure
    noise_figure_db: Figure
    antenna_temperature_k: Figure


class Loss(StrictModel):
    """One named loss, independent of the geometry."""

    name: str
    loss_db: Figure
    spread_db: Figure | None = None
    """Standard deviation over phones of a normal distribution with the mean `loss_db`; for `both` directions."""
    direction: Literal["both", "downlink", "uplink"] = "both"
    band: Band | None = None
    """Applies in this band of TR 38.811 only."""


_BUILDING_ENTRY = "building-entry-"
Model = Literal[
    "gases",
    "ionospheric-scintillation",
    "tropospheric-scintillation",
    "tropospheric-scintillation-rounded",  # at the nearest printed elevation, as in TR 38.821
    "building-entry-traditional",
    "building-entry-thermally-efficient",
]


class LossSet(Entry):
    """Losses of a link in addition to free-space loss."""

    models: tuple[Model, ...] = ("gases",)
    """Losses computed from the geometry and the latitude: gases by ITU-R P.676, scintillation by TR 38.811 6.6.6,
    building entry by ITU-R P.2109: a link budget takes its median, phones its whole distribution."""
    losses: tuple[Loss, ...] = ()

    @property
    def building(self) -> Building | None:
        """Return the building that the phone is in, if any."""
        entry = next((model for model in self.models if model.startswith(_BUILDING_ENTRY)), None)
        return cast(Building, entry.removeprefix(_BUILDING_ENTRY)) if entry else None

    @property
    def spread(self) -> Loss | None:
        """Return the loss that spreads over phones, if any."""
        return next((loss for loss in self.losses if loss.spread_db), None)

    @model_validator(mode="after")
    def _has_one_spread(self) -> "LossSet":
        spread = [loss for loss in self.losses if loss.spread_db]
        if len(spread) + sum(model.startswith(_BUILDING_ENTRY) for model in self.models) > 1:
            raise ValueError("only one loss may spread over phones: a spread_db, or one building")
        if any(loss.direction != "both" for loss in spread):
            raise ValueError("a loss with spread_db must hold in both directions")
        return self


class Requirement(StrictModel):
    """Requirement of one direction of a service: bits in a bandwidth, or a C/N; a stated C/N decides."""

    c_n_db: Figure | None = None
    """Required C/N as its source states it; without it the C/N follows from the bits."""
    bit_rate_kbps: Figure | None = None
    """Bit rate including all headers, on average."""
    bandwidth_mhz: Figure | None = None
    """Bandwidth of the service, in whole resource blocks of 180 kHz."""
    repetitions: Figure | None = None
    """Number of times that each block is sent, for the receiver to combine; 1 by default."""
    block_error_rate: Figure | None = None
    """Share of the blocks lost at the required C/N; by default 0.1, that of the CQI thresholds."""

    @property
    def times_sent(self) -> int:
        """Return how often each block is sent."""
        return int(self.repetitions.value) if self.repetitions else 1

    @model_validator(mode="after")
    def _has_a_requirement(self) -> "Requirement":
        if self.c_n_db is None and self.bit_rate_kbps is None:
            raise ValueError("state bit_rate_kbps and bandwidth_mhz, or c_n_db")
        if (self.bit_rate_kbps is None) != (self.bandwidth_mhz is None):
            raise ValueError("bit_rate_kbps and bandwidth_mhz go together")
        return self

    @model_validator(mode="after")
    def _counts_blocks(self) -> "Requirement":
        if self.bit_rate_kbps is None and (self.repetitions or self.block_error_rate):
            raise ValueError("repetitions and block_error_rate need bit_rate_kbps")
        if self.repetitions and not (self.repetitions.value >= 1 and self.repetitions.value.is_integer()):
            raise ValueError(f"repetitions = {self.repetitions.value:g} must be a whole number from 1 up")
        if self.block_error_rate and not 0 < self.block_error_rate.value < 1:
            raise ValueError(f"block_error_rate = {self.block_error_rate.value:g} must lie between 0 and 1")
        return self


ServiceRule = Literal["bits", "operator-reported"]


class Service(Entry):
    """A service and its link requirements; without an uplink requirement it uses the downlink only."""

    downlink: Requirement
    uplink: Requirement | None = None
    operator_reported_c_n_db: Figure | None = None
    """Required downlink C/N by the rule `operator-reported`."""


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


MODELS: dict[Kind, type[Entry]] = {
    "constellations": System,
    "payloads": Payload,
    "handsets": Handset,
    "phones": PhoneMix,
    "losses": LossSet,
    "services": Service,
    "limits": Limit,
    "traffic": Traffic,
}


def read_system(name: str) -> System:
    """Read a constellation of the library or of a TOML file."""
    return read_entry("constellations", name, System)


def read_payload(name: str) -> Payload:
    """Read a payload of the library or of a TOML file."""
    return read_entry("payloads", name, Payload)


def read_handset(name: str) -> Handset:
    """Read a handset of the library or of a TOML file."""
    return read_entry("handsets", name, Handset)


def read_loss_set(name: str) -> LossSet:
    """Read a loss set of the library or of a TOML file."""
    return read_entry("losses", name, LossSet)


def default_loss_set(handset_name: str) -> str:
    """Return the loss set for a handset if none is given: a terminal has no body loss and no polarisation mismatch."""
    return "terminal" if read_handset(handset_name).kind == "terminal" else "outdoor"


def read_service(name: str) -> Service:
    """Read a service of the library or of a TOML file."""
    return read_entry("services", name, Service)


def read_limit(name: str) -> Limit:
    """Read a limit of the library or of a TOML file."""
    return read_entry("limits", name, Limit)
