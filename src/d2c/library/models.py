"""Data models of payloads, handsets, loss sets, services and limits, and the readers of library entries."""

from typing import Annotated, ClassVar, Literal, cast

from pydantic import Field, ValidationInfo, field_validator, model_validator

from d2c.errors import ModelRangeError
from d2c.library.beam import Beam as Beam
from d2c.library.constellation import System, Terminal
from d2c.library.entry import Entry, Kind, read_entry
from d2c.library.entry import Figure as Figure
from d2c.library.limits import Level as Level
from d2c.library.limits import Limit as Limit
from d2c.library.phones import Building, PhoneMix
from d2c.library.service_rule import ServiceRule as ServiceRule
from d2c.library.services import Requirement as Requirement
from d2c.library.services import Service as Service
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
    """Radio payload of a satellite, from the library or from plain numbers, which count as given by the user.

    Parameters
    ----------
    title : str
        What tables and maps call it.
    downlink : mapping
        `frequency_mhz`, `bandwidth_mhz` (occupied), and `eirp_dbw` (over it) or `eirp_density_dbw_mhz`;
        `pfd_cap_dbw_m2_mhz` if the power is backed off to a power flux density at the ground.
    uplink : mapping, optional
        `frequency_mhz`, `bandwidth_mhz` (of one handset's transmission) and `g_over_t_db_k`.
    beam : mapping
        `peak_gain_dbi`, and what shapes the beam: `pattern`, `steering`, `scan_loss_exponent` and the sizes that the
        pattern needs.
    note, based_on : str, optional
        A remark, and in files the entry whose keys this one inherits.

    Raises
    ------
    ScenarioError
        If a key is missing, unknown or wrong, or the gain is above what the pattern can have.

    Examples
    --------
    >>> import d2c
    >>> payload = d2c.Payload(
    ...     title="Mine",
    ...     downlink={"frequency_mhz": 2000, "bandwidth_mhz": 5, "eirp_density_dbw_mhz": 35},
    ...     uplink={"frequency_mhz": 1980, "bandwidth_mhz": 0.36, "g_over_t_db_k": 2},
    ...     beam={"peak_gain_dbi": 35, "scan_loss_exponent": 1.5},
    ... )
    >>> payload.downlink.frequency_mhz
    Figure(value=2000.0, source='given by the user', assumed='')
    >>> budget = d2c.link_budget(payload, altitude_km=600, elevation_deg=45)
    >>> round(float(budget.downlink.c_n_db), 1)
    6.5
    >>> d2c.Payload.from_toml("starlink-d2c").title
    'Starlink Direct to Cell, first generation'
    """

    library_kind: ClassVar[Kind] = "payloads"

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
    """Terminal on the ground, from the library or from plain numbers, which count as given by the user.

    Parameters
    ----------
    title : str
        What tables and maps call it.
    kind : {"handset", "terminal"}
        `handset`: hand-held or as small; `terminal`: with an installed or mounted, pointed antenna.
    tx_power_dbm, tx_gain_dbi : float
        Transmit power and antenna gain.
    rx_gain_dbi, noise_figure_db, antenna_temperature_k : float
        Antenna gain, noise figure and antenna temperature of the receiver.
    note, based_on : str, optional
        A remark, and in files the entry whose keys this one inherits.

    Raises
    ------
    ScenarioError
        If a key is missing, unknown or wrong.

    Examples
    --------
    >>> import d2c
    >>> handset = d2c.Handset(
    ...     title="Mine",
    ...     tx_power_dbm=23,
    ...     tx_gain_dbi=-3,
    ...     rx_gain_dbi=-3,
    ...     noise_figure_db=7,
    ...     antenna_temperature_k=290,
    ... )
    >>> print(handset.to_toml().splitlines()[1])
    tx_power_dbm = 23.0
    """

    library_kind: ClassVar[Kind] = "handsets"

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
    """Losses of a link in addition to free-space loss, from the library or from plain numbers.

    Parameters
    ----------
    title : str
        What tables and maps call it.
    models : sequence of str
        Losses that follow from the geometry: `gases` (ITU-R P.676), `ionospheric-scintillation` and
        `tropospheric-scintillation` (3GPP TR 38.811), `building-entry-traditional` and
        `building-entry-thermally-efficient` (ITU-R P.2109).
    losses : sequence of mapping
        Fixed losses: `name` and `loss_db`; `direction`, `band` or `spread_db` if need be.
    note, based_on : str, optional
        A remark, and in files the entry whose keys this one inherits.

    Raises
    ------
    ScenarioError
        If a key is missing, unknown or wrong.

    Examples
    --------
    >>> import d2c
    >>> losses = d2c.LossSet(title="Mine", losses=[{"name": "body", "loss_db": 4}])
    >>> d2c.link_budget(losses=losses, elevation_deg=90).downlink.lines[-4].name
    'body'
    """

    library_kind: ClassVar[Kind] = "losses"

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
