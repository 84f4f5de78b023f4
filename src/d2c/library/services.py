"""Data model of a service: what each direction of its link requires."""

from typing import ClassVar

from pydantic import model_validator

from d2c.library.entry import Entry, Figure, Kind
from d2c.toml import StrictModel


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


class Service(Entry):
    """A service and its link requirements; without an uplink requirement it uses the downlink only.

    Parameters
    ----------
    title : str
        What tables and maps call it.
    downlink : mapping
        `c_n_db`, the required C/N; or `bit_rate_kbps` (all headers included) and `bandwidth_mhz` (whole resource blocks
        of 180 kHz), from which it follows, with `repetitions` and `block_error_rate` if need be.
    uplink : mapping, optional
        The same for the handset's transmission.
    operator_reported_c_n_db : float, optional
        Required downlink C/N by the rule `operator-reported`.
    note, based_on : str, optional
        A remark, and in files the entry whose keys this one inherits.

    Raises
    ------
    ScenarioError
        If a key is missing, unknown or wrong.

    Examples
    --------
    >>> import d2c
    >>> beacon = d2c.Service(title="Beacon", downlink={"c_n_db": -5})
    >>> d2c.link_budget(services=[beacon], elevation_deg=90).services["beacon"].margin_db.round(1)
    np.float64(27.5)
    """

    library_kind: ClassVar[Kind] = "services"

    downlink: Requirement
    uplink: Requirement | None = None
    operator_reported_c_n_db: Figure | None = None
    """Required downlink C/N by the rule `operator-reported`."""
